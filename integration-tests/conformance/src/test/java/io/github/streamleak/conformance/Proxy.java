package io.github.streamleak.conformance;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A socket between client and server that can be cut, and that can refuse streams as a server does
 * that has no room: RST_STREAM with REFUSED_STREAM, which gRPC answers with a transparent retry.
 */
final class Proxy implements AutoCloseable {

  private static final int PREFACE = 24;
  private static final int FRAME_HEADER = 9;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int REFUSED_STREAM = 7;

  private final ServerSocket listening;
  private final InetSocketAddress backend;
  private final AtomicInteger toRefuse = new AtomicInteger();
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();

  Proxy(InetSocketAddress backend) {
    this.backend = backend;
    try {
      listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start("accept", this::accept);
  }

  InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), listening.getLocalPort());
  }

  /** Refuses the next {@code streams} streams. The server sees them and must not answer. */
  void refuse(int streams) {
    toRefuse.set(streams);
  }

  /** Breaks off every connection. */
  void cut() {
    for (Socket socket : sockets) {
      try {
        socket.close();
      } catch (IOException e) {
        // Closed is closed.
      }
    }
  }

  @Override
  public void close() {
    try {
      listening.close();
    } catch (IOException e) {
      // Closed is closed.
    }
    cut();
  }

  private interface Work {
    void run() throws IOException;
  }

  private void start(String name, Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException e) {
                // Cut, by us or by one of the ends: the other one is to know.
                if (!name.equals("accept")) {
                  cut();
                }
              }
            },
            "grid-proxy-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() throws IOException {
    while (true) {
      Socket client = listening.accept();
      Socket server = new Socket(backend.getAddress(), backend.getPort());
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      sockets.add(client);
      sockets.add(server);
      DataInputStream fromClient = new DataInputStream(client.getInputStream());
      DataInputStream fromServer = new DataInputStream(server.getInputStream());
      OutputStream toClient = client.getOutputStream();
      OutputStream toServer = server.getOutputStream();
      start(
          "up",
          () -> {
            toServer.write(fromClient.readNBytes(PREFACE));
            while (true) {
              byte[] frame = frame(fromClient);
              toServer.write(frame);
              if (frame[3] == HEADERS && toRefuse.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
                byte[] refusal = new byte[FRAME_HEADER + 4];
                refusal[2] = 4;
                refusal[3] = RST_STREAM;
                System.arraycopy(frame, 5, refusal, 5, 4);
                refusal[FRAME_HEADER + 3] = REFUSED_STREAM;
                write(toClient, refusal);
              }
            }
          });
      start(
          "down",
          () -> {
            while (true) {
              write(toClient, frame(fromServer));
            }
          });
    }
  }

  private static void write(OutputStream to, byte[] frame) throws IOException {
    synchronized (to) {
      to.write(frame);
    }
  }

  private static byte[] frame(DataInputStream in) throws IOException {
    byte[] header = new byte[FRAME_HEADER];
    in.readFully(header);
    int length = (header[0] & 0xff) << 16 | (header[1] & 0xff) << 8 | (header[2] & 0xff);
    byte[] frame = Arrays.copyOf(header, FRAME_HEADER + length);
    in.readFully(frame, FRAME_HEADER, length);
    return frame;
  }
}
