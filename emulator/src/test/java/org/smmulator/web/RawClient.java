package org.smmulator.web;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A client that says on its socket whatever a test says. */
final class RawClient implements AutoCloseable {
  /** One answer: status line and headers in lower case, and the body. */
  record Reply(String head, String body) {
    int status() {
      return Integer.parseInt(head.split(" ", -1)[1]);
    }

    @Nullable String header(String name) {
      return head.lines()
          .filter(line -> line.startsWith(name + ": "))
          .map(line -> line.substring(name.length() + 2))
          .findFirst()
          .orElse(null);
    }
  }

  private final String server;
  private final Socket socket = new Socket();
  private final DataInputStream in;

  /**
   * @param server its address, as {@link WebServer#address} says it
   */
  RawClient(String server) throws IOException {
    this.server = server;
    socket.setReceiveBufferSize(1 << 16);
    socket.setTcpNoDelay(true);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port(server)));
    in = new DataInputStream(socket.getInputStream());
  }

  static int port(String server) {
    return Integer.parseInt(server.substring(server.lastIndexOf(':') + 1));
  }

  void send(String bytes) throws IOException {
    socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
  }

  /** A request with the headers given, and the right Host. */
  void ask(String line, String... headers) throws IOException {
    StringBuilder request = new StringBuilder(line).append("\r\nHost: ").append(server);
    for (String header : headers) {
      request.append("\r\n").append(header);
    }
    send(request.append("\r\n\r\n").toString());
  }

  Reply head() throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) in.readUnsignedByte());
    }
    String text = head.toString().toLowerCase(Locale.ROOT).replace("\r\n", "\n");
    return new Reply(text, "");
  }

  Reply reply() throws IOException {
    Reply head = head();
    byte[] body = new byte[Integer.parseInt(String.valueOf(head.header("content-length")))];
    in.readFully(body);
    return new Reply(head.head(), new String(body, ISO_8859_1));
  }

  /** What comes, up to a text. */
  String until(String text) throws IOException {
    StringBuilder read = new StringBuilder();
    while (read.indexOf(text) < 0) {
      read.append((char) in.readUnsignedByte());
    }
    return read.toString();
  }

  boolean isAtEnd() {
    try {
      return in.read() < 0;
    } catch (IOException e) {
      return true; // it was reset
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  /** Ends the connection without a farewell, and without what is still to be read. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }
}
