package org.smmulator.web;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;
import org.smmulator.metrics.Summary;
import org.smmulator.smmu.explain.Question;

/** How long connections last, how many there are, and what each makes the server do. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RawConnectionTest {
  private static final Duration EVER = Duration.ofHours(1);
  private static final Duration SHORT = Duration.ofMillis(200);
  private static final int GREEDY_STREAM = 1;
  private static final String LARGE = "x".repeat(1 << 18);

  private final AtomicInteger greedyAnswers = new AtomicInteger();
  private WebServer server;
  private final RawClients clients = new RawClients(() -> server);

  @BeforeEach
  void start() throws IOException {
    server = start(EVER);
  }

  @AfterEach
  void stop() throws IOException {
    clients.close();
    server.close();
  }

  private WebServer start(Duration patience) throws IOException {
    return WebServer.start(
        "127.0.0.1:0", new FakeWatched(() -> Summary.EMPTY, this::explain), patience);
  }

  private void restart(Duration patience) throws IOException {
    server.close();
    server = start(patience);
  }

  private List<String> explain(Question question) {
    if (question.streamId() == GREEDY_STREAM) {
      greedyAnswers.incrementAndGet();
      return List.of(LARGE);
    }
    return List.of("modest");
  }

  private static String explain(int stream) {
    return "GET /api/explain?stream=" + stream + "&address=0&access=read HTTP/1.1";
  }

  /** One client asks a thousand times and reads nothing, another asks and reads meanwhile. */
  @Test
  void holdsLittleForAClientThatDoesNotRead() throws Exception {
    RawClient greedy = clients.connect();
    int asked = 1000;
    for (int i = 0; i < asked; i++) {
      greedy.ask(explain(GREEDY_STREAM));
    }
    RawClient modest = clients.connect();
    for (int i = 0; i < 2 * asked; i++) {
      modest.ask(explain(2));
      assertThat(modest.reply().body()).isEqualTo("modest\n");
    }
    assertThat(greedyAnswers.get()).as("answers of 256 KiB in 2,000 turns").isBetween(1, 4);

    for (int i = 0; i < asked; i++) {
      assertThat(greedy.reply().body()).hasSize(LARGE.length() + 1);
    }
    assertThat(greedyAnswers).hasValue(asked);
  }

  /** So short that one read brings hundreds. */
  @Test
  void answersEachOfManyRequestsInOnePiece() throws Exception {
    RawClient client = clients.connect();
    int asked = 5000;
    Thread asking =
        new Thread(
            () -> {
              try {
                client.send("GET / HTTP/1.1\r\n\r\n".repeat(asked));
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    asking.start();
    for (int i = 0; i < asked; i++) {
      assertThat(client.reply().status()).as("it names no host").isEqualTo(400);
    }
    asking.join();
  }

  @Test
  void aConnectionThatAsksNothingEnds() throws Exception {
    restart(SHORT);
    assertThat(clients.connect().isAtEnd()).isTrue();
  }

  @Test
  void aConnectionThatStopsInARequestEnds() throws Exception {
    restart(SHORT);
    RawClient client = clients.connect();
    client.send("GET / HTTP/1.1\r\nHost: ");

    assertThat(client.isAtEnd()).isTrue();
  }

  @Test
  void aConnectionThatAsksNoMoreEnds() throws Exception {
    restart(SHORT);
    RawClient client = clients.connect();
    client.ask("GET / HTTP/1.1");
    client.reply();

    assertThat(client.isAtEnd()).isTrue();
  }

  /** It cannot have had a thousand answers of 256 KiB when it is cut off. */
  @Test
  void aConnectionThatDoesNotTakeItsAnswersEnds() throws Exception {
    restart(SHORT);
    RawClient client = clients.connect();
    for (int i = 0; i < 100; i++) {
      client.ask(explain(GREEDY_STREAM));
    }
    while (!isClosedFor(client)) {
      Thread.onSpinWait();
    }
    assertThat(greedyAnswers.get()).isLessThan(100);
  }

  /** Whether the server has let go of the connection: then writing to it fails. */
  private static boolean isClosedFor(RawClient client) {
    try {
      client.send("x");
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  @Test
  void takesSoManyConnectionsAndNoMore() throws Exception {
    for (int i = 0; i < Connections.MOST; i++) {
      RawClient client = clients.connect();
      client.ask("GET /api/summary HTTP/1.1");
      assertThat(client.reply().status()).isEqualTo(200);
    }
    RawClient oneMore = clients.connect();
    assertThat(oneMore.reply().status()).isEqualTo(503);
    assertThat(oneMore.isAtEnd()).isTrue();

    clients.all().get(0).close();
    int status;
    do {
      RawClient next = clients.connect();
      next.ask("GET /api/summary HTTP/1.1");
      status = next.reply().status();
    } while (status == 503); // until the server has seen that one has gone
    assertThat(status).isEqualTo(200);
  }

  /** It would be a means to fill somebody's terminal. */
  @Test
  void saysNothingOfWhatClientsDo() throws Exception {
    ListAppender<ILoggingEvent> said = new ListAppender<>();
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    said.start();
    root.addAppender(said);
    try {
      clients.connect().send("what is this?\r\n\r\n");
      clients.connect().ask("GET /" + "x".repeat(5000) + " HTTP/1.1");
      clients.connect().send("GET / HTTP/1.1\r\nHost: 127.0.0.1:http\r\n\r\n");
      clients.connect().ask("POST / HTTP/1.1", "Content-Length: 99");
      clients.connect().ask("POST / HTTP/1.1", "Transfer-Encoding: chunked", "", "no number");
      clients.connect().send("GET / HTTP/2.0\r\n\r\n");
      for (int i = 0; i < 100; i++) {
        RawClient client = clients.connect();
        client.ask(explain(GREEDY_STREAM));
        client.ask(explain(GREEDY_STREAM));
      }
      for (RawClient client : clients.all()) {
        client.reset();
      }
      assertThat(clients.ask("GET / HTTP/1.1").status()).isEqualTo(200);
      server.close();
    } finally {
      root.detachAppender(said);
    }
    assertThat(said.list).isEmpty();
  }
}
