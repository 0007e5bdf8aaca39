package io.github.streamleak.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;

final class AddressesTest {

  private static InetSocketAddress of(String name, int... bytes) throws UnknownHostException {
    byte[] ip = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      ip[i] = (byte) bytes[i];
    }
    return new InetSocketAddress(
        name.isEmpty() ? InetAddress.getByAddress(ip) : InetAddress.getByAddress(name, ip), 50051);
  }

  private static final int[] LOOPBACK_6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

  @Test
  void addressIsHostAndPortTest() throws UnknownHostException {
    assertThat(Addresses.text(of("", 127, 0, 0, 1))).isEqualTo("127.0.0.1:50051");
    assertThat(Addresses.text(of("localhost", 127, 0, 0, 1))).isEqualTo("127.0.0.1:50051");
    assertThat(Addresses.text(of("", LOOPBACK_6))).isEqualTo("[::1]:50051");
    assertThat(Addresses.text(of("", 0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5)))
        .isEqualTo("[2001:db8:1::5]:50051");
    assertThat(Addresses.text(InetSocketAddress.createUnresolved("prices.test", 443)))
        .isEqualTo("prices.test:443");
  }

  @Test
  void addressOfAnotherKindSaysWhatItIsTest() {
    SocketAddress own =
        new SocketAddress() {
          @Override
          public String toString() {
            return "/a/path\n";
          }
        };
    assertThat(Addresses.text(own)).isEqualTo("/a/path\\n");
    assertThat(Addresses.isAmong("/a/path:1", "/a/path:1")).isTrue();
  }

  @Test
  void sameAddressIsKnownHoweverItIsWrittenTest() throws UnknownHostException {
    String four = Addresses.text(of("localhost", 127, 0, 0, 1));
    assertThat(Addresses.isAmong(four, "127.0.0.1:50051")).isTrue();
    assertThat(Addresses.isAmong(four, "localhost:50051")).isTrue();
    assertThat(Addresses.isAmong(four, of("localhost", 127, 0, 0, 1).toString())).isTrue();
    String six = Addresses.text(of("", LOOPBACK_6));
    assertThat(Addresses.isAmong(six, "[::1]:50051")).isTrue();
    assertThat(Addresses.isAmong(six, "localhost:50051")).isTrue();
    assertThat(Addresses.isAmong(six, of("", LOOPBACK_6).toString())).isTrue();
    assertThat(Addresses.isAmong("10.0.0.1:1, 10.0.0.2:2", "10.0.0.2:2")).isTrue();
  }

  @Test
  void anotherAddressIsNotTakenForItTest() {
    assertThat(Addresses.isAmong("127.0.0.1:50051", "127.0.0.1:5005")).isFalse();
    assertThat(Addresses.isAmong("127.0.0.1:50051", "127.0.0.1")).isFalse();
    assertThat(Addresses.isAmong("10.0.0.1:50051", "localhost:50051")).isFalse();
    assertThat(Addresses.isAmong("127.0.0.1:50051", "localhost:50052")).isFalse();
    assertThat(Addresses.isAmong("127.0.0.1:50051", "")).isFalse();
  }
}
