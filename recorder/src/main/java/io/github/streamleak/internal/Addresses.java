package io.github.streamleak.internal;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How an address reads, and whether two texts mean the same one.
 *
 * <p>Java writes one address in several ways: a subchannel has {@code localhost/127.0.0.1:50051}
 * where its transport has {@code /127.0.0.1:50051}. Here both are {@code 127.0.0.1:50051}.
 */
public final class Addresses {

  /** Between the addresses of a subchannel that has several. */
  public static final String AND = ", ";

  private static final Pattern AS_JAVA_WRITES_IT = Pattern.compile("[^/]*/([^/]+:\\d+)");

  private static final Pattern HOST_AND_PORT = Pattern.compile("(.+):(\\d+)");

  private Addresses() {}

  /**
   * Returns {@code host:port}, the host as a number if it is resolved; of an address that is not
   * one of the internet, what it says itself.
   */
  public static String text(SocketAddress address) {
    if (!(address instanceof InetSocketAddress inet)) {
      return Texts.oneLine(address.toString());
    }
    InetAddress resolved = inet.getAddress();
    String host = resolved == null ? inet.getHostString() : resolved.getHostAddress();
    return canonical(Texts.oneLine(inBrackets(host) + ":" + inet.getPort()));
  }

  private static String inBrackets(String host) {
    return host.indexOf(':') < 0 ? host : "[" + host + "]";
  }

  /**
   * Returns whether {@code asked} means one of the addresses in {@code recorded}. It may be written
   * as Java writes it, and {@code localhost} is every loopback address.
   */
  public static boolean isAmong(String recorded, String asked) {
    if (recorded.equals(asked)) {
      return true;
    }
    String wanted = canonical(asked);
    for (String one : recorded.split(AND, -1)) {
      if (one.equals(wanted) || isLoopback(one, wanted)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isLoopback(String recorded, String asked) {
    Matcher is = HOST_AND_PORT.matcher(recorded);
    Matcher wanted = HOST_AND_PORT.matcher(asked);
    return is.matches()
        && wanted.matches()
        && wanted.group(1).equals("localhost")
        && wanted.group(2).equals(is.group(2))
        && (is.group(1).startsWith("127.") || is.group(1).equals("[::1]"));
  }

  private static String canonical(String address) {
    Matcher written = AS_JAVA_WRITES_IT.matcher(address);
    String text = written.matches() ? written.group(1) : address;
    return text.startsWith("[") ? shortened(text) : text;
  }

  /** Returns an address of IPv6 with its first run of zeros left out. */
  private static String shortened(String text) {
    int end = text.indexOf(']');
    if (end < 0 || text.contains("::")) {
      return text;
    }
    String host = text.substring(1, end).replaceFirst("(^|:)(0(:|$)){2,}", "::");
    return "[" + host + text.substring(end);
  }
}
