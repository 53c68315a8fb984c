package org.smmulator.qemu;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** One of QEMU's protocols of lines on a UNIX socket: its monitor's (QMP), or that of qtest. */
record SocketLines(String name, SocketChannel channel, BufferedReader in) implements AutoCloseable {
  static SocketLines connect(Path socket) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      channel.close();
      throw new IOException(socket + " does not answer (" + e.getMessage() + ")", e);
    }
    return new SocketLines(
        socket.toString(),
        channel,
        new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), US_ASCII)));
  }

  /** The monitor, which has greeted and takes commands. */
  static SocketLines monitor(Path socket) throws IOException {
    SocketLines monitor = connect(socket);
    try {
      monitor.skip("{\"QMP\"");
      String unused = monitor.command("{\"execute\": \"qmp_capabilities\"}");
      return monitor;
    } catch (IOException e) {
      monitor.close();
      throw e;
    }
  }

  /** Has the monitor do something; what it returns. */
  String command(String line) throws IOException {
    return ask(line, "{\"return\"");
  }

  /** Sends a line; the answer, which must begin so. */
  String ask(String line, String answer) throws IOException {
    send(line);
    return skip(answer);
  }

  /** Sends a line. */
  void send(String line) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(US_ASCII));
    while (bytes.hasRemaining()) {
      int unused = channel.write(bytes);
    }
  }

  /** The next line that begins so; of others, only those that tell news may come before it. */
  private String skip(String answer) throws IOException {
    String line = next();
    while (isNews(line)) {
      line = next();
    }
    if (!line.startsWith(answer)) {
      throw new IOException(name + " answers '" + line + "'");
    }
    return line;
  }

  /** The next line of any kind. */
  String next() throws IOException {
    String line = in.readLine();
    if (line == null) {
      throw new IOException(name + " was closed; QEMU has ended");
    }
    return line;
  }

  private static boolean isNews(String line) {
    return line.startsWith("{\"timestamp\"") || line.startsWith("IRQ ");
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
