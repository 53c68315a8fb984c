package org.smmulator.qemu;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/** A socket at which a program answers lines as QEMU does, for one client. */
final class SocketOfLines {
  private SocketOfLines() {}

  static CompletableFuture<Void> serve(
      Path socket, String greeting, List<String> asked, UnaryOperator<String> answers)
      throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    return CompletableFuture.runAsync(
        () -> {
          try (server;
              SocketChannel client = server.accept();
              BufferedReader in =
                  new BufferedReader(
                      new InputStreamReader(Channels.newInputStream(client), US_ASCII))) {
            send(client, greeting);
            for (String line = in.readLine(); line != null; line = in.readLine()) {
              asked.add(line);
              send(client, answers.apply(line));
            }
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        task -> new Thread(task).start()); // the common pool may have one thread for all
  }

  private static void send(SocketChannel client, String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(US_ASCII));
    while (bytes.hasRemaining()) {
      int unused = client.write(bytes);
    }
  }
}
