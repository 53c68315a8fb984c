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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.smmulator.metrics.Summary;
import org.smmulator.smmu.explain.Question;

/**
 * What clients can make the server hold who ask and ask and take no answer. They begin while it is
 * busy, so that it finds a full buffer of each.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HeldMemoryTest {
  private static final int CLIENTS = 100;
  private static final int REQUESTS = 20_000;
  private static final int TURNS = 400;
  private static final String ANSWER = "x".repeat(1 << 16);
  private static final long MOST_HEAP = 64L << 20;
  private static final long MOST_ANSWERS = CLIENTS * (1L << 20);

  private static final int GREEDY_STREAM = 1;
  private static final int BUSY_STREAM = 2;

  private final CountDownLatch busy = new CountDownLatch(1);
  private final CountDownLatch begun = new CountDownLatch(1);
  private final HttpClient modest = HttpClient.newHttpClient();
  private final AtomicInteger answers = new AtomicInteger();
  private final List<SocketChannel> clients = new ArrayList<>();
  private final List<ByteBuffer> unsent = new ArrayList<>();

  @AfterEach
  void close() throws IOException {
    for (SocketChannel client : clients) {
      client.close();
    }
  }

  private List<String> explain(Question question) {
    if (question.streamId() == BUSY_STREAM) {
      busy.countDown();
      await(begun);
      return List.of();
    }
    answers.incrementAndGet();
    return List.of(ANSWER);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String explain(int stream) {
    return "/api/explain?stream=" + stream + "&address=0&access=read";
  }

  private void connect(String server) throws IOException {
    SocketChannel client = SocketChannel.open();
    clients.add(client);
    client.setOption(StandardSocketOptions.SO_SNDBUF, 1 << 16);
    client.setOption(StandardSocketOptions.SO_RCVBUF, 1 << 16);
    int port = Integer.parseInt(server.substring(server.lastIndexOf(':') + 1));
    client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    for (int i = 0; i < 3; i++) {
      post(client, server);
    }
    client.configureBlocking(false);
  }

  /** A large body: a server that learns how much to read at once reads more from now on. */
  private static void post(SocketChannel client, String server) throws IOException {
    String head = "POST / HTTP/1.1\r\nHost: " + server + "\r\nContent-Length: 65536\r\n\r\n";
    ByteBuffer request = ByteBuffer.wrap((head + "x".repeat(1 << 16)).getBytes(US_ASCII));
    while (request.hasRemaining()) {
      client.write(request);
    }
    ByteBuffer answer = ByteBuffer.allocate(1 << 12);
    while (!new String(answer.array(), US_ASCII).contains("use GET or HEAD\n")) {
      assertThat(client.read(answer)).isPositive();
    }
  }

  /** In use after a collection, on the heap and beside it. */
  private static long held() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory()
        - runtime.freeMemory()
        + Math.max(0, PlatformDependent.usedDirectMemory());
  }

  private int ask(String server, String path) throws Exception {
    URI address = URI.create("http://" + server + path);
    return modest
        .send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  private void pipeline() throws IOException {
    for (int i = 0; i < CLIENTS; i++) {
      clients.get(i).write(unsent.get(i));
    }
  }

  private void pipelineWhileItIsBusy(String server) throws Exception {
    URI address = URI.create("http://" + server + explain(BUSY_STREAM));
    CompletableFuture<HttpResponse<Void>> answered =
        modest.sendAsync(
            HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.discarding());
    await(busy);
    pipeline();
    begun.countDown();
    assertThat(answered.get().statusCode()).isEqualTo(200);
  }

  @Test
  void aHundredClientsThatPipelineAndNeverReadMakeItHoldLittle() throws Exception {
    try (WebServer server =
        WebServer.start("127.0.0.1:0", new FakeWatched(() -> Summary.EMPTY, this::explain))) {
      assertThat(ask(server.address(), "/")).isEqualTo(200);
      String request =
          "GET " + explain(GREEDY_STREAM) + " HTTP/1.1\r\nHost: " + server.address() + "\r\n\r\n";
      String more = "GET / HTTP/1.1\r\n\r\n".repeat(REQUESTS);
      ByteBuffer requests = ByteBuffer.wrap((request.repeat(100) + more).getBytes(US_ASCII));
      for (int i = 0; i < CLIENTS; i++) {
        unsent.add(requests.duplicate());
        connect(server.address());
      }
      long before = held();
      pipelineWhileItIsBusy(server.address());
      for (int turn = 0; turn < TURNS; turn++) {
        assertThat(ask(server.address(), "/")).as("it serves others").isEqualTo(200);
        pipeline();
      }
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
