package org.smmulator.web;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.smmulator.metrics.Summary;

/** What clients can make the server hold who ask and ask and take no answer. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HeldMemoryTest {
  private static final int CLIENTS = 100;
  private static final int REQUESTS = 20_000;
  private static final int TURNS = 400;
  private static final String ANSWER = "x".repeat(1 << 16);
  private static final long MOST_HEAP = 64L << 20;
  private static final long MOST_ANSWERS = CLIENTS * (1L << 20);

  private final AtomicInteger answers = new AtomicInteger();
  private final List<SocketChannel> clients = new ArrayList<>();
  private final List<ByteBuffer> unsent = new ArrayList<>();

  @AfterEach
  void close() throws IOException {
    for (SocketChannel client : clients) {
      client.close();
    }
  }

  private List<String> explain() {
    answers.incrementAndGet();
    return List.of(ANSWER);
  }

  private void connect(String server) throws IOException {
    SocketChannel client = SocketChannel.open();
    clients.add(client);
    client.setOption(StandardSocketOptions.SO_SNDBUF, 1 << 16);
    client.setOption(StandardSocketOptions.SO_RCVBUF, 1 << 16);
    int port = Integer.parseInt(server.substring(server.lastIndexOf(':') + 1));
    client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    client.configureBlocking(false);
    String request =
        "GET /api/explain?stream=1&address=0&access=read HTTP/1.1\r\nHost: " + server + "\r\n\r\n";
    unsent.add(ByteBuffer.wrap(request.repeat(REQUESTS).getBytes(US_ASCII)));
  }

  /** In use after a collection, on the heap and beside it. */
  private static long held() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory()
        - runtime.freeMemory()
        + Math.max(0, PlatformDependent.usedDirectMemory());
  }

  /** As much as the server takes; between two turns of the clients it answers somebody else. */
  private void askAndAsk(String server) throws Exception {
    URI page = URI.create("http://" + server + "/");
    HttpClient modest = HttpClient.newHttpClient();
    for (int turn = 0; turn < TURNS; turn++) {
      for (int i = 0; i < CLIENTS; i++) {
        clients.get(i).write(unsent.get(i));
      }
      HttpResponse<Void> answer =
          modest.send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.discarding());
      assertThat(answer.statusCode()).isEqualTo(200);
    }
  }

  @Test
  void aHundredClientsThatPipelineAndNeverReadMakeItHoldLittle() throws Exception {
    try (WebServer server =
        WebServer.start("127.0.0.1:0", () -> Summary.EMPTY, question -> explain())) {
      for (int i = 0; i < CLIENTS; i++) {
        connect(server.address());
      }
      long before = held();
      askAndAsk(server.address());
      long grown = held() - before;
      long sent = unsent.stream().mapToLong(ByteBuffer::position).sum();
      System.out.printf(
          "%d clients pipelined %d KiB of requests and had %d answers of %d KiB made;"
              + " the server holds %d KiB more%n",
          CLIENTS, sent >> 10, answers.get(), ANSWER.length() >> 10, grown >> 10);

      assertThat(grown).isLessThan(MOST_HEAP);
      assertThat((long) answers.get() * ANSWER.length())
          .as("bytes that the server and the kernel hold")
          .isBetween((long) CLIENTS * ANSWER.length(), MOST_ANSWERS);
    }
  }
}
