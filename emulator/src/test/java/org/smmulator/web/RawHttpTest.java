package org.smmulator.web;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import org.smmulator.metrics.Summary;
import org.smmulator.smmu.explain.Question;

/** What no ordinary client sends, on raw sockets. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RawHttpTest {
  private static final Duration EVER = Duration.ofHours(1);
  private static final Duration SHORT = Duration.ofMillis(200);
  private static final int GREEDY_STREAM = 1;
  private static final String LARGE = "x".repeat(1 << 18);

  private final AtomicInteger greedyAnswers = new AtomicInteger();
  private final List<Client> clients = new ArrayList<>();
  private WebServer server;

  @BeforeEach
  void start() throws IOException {
    server = start(EVER);
  }

  @AfterEach
  void stop() throws IOException {
    for (Client client : clients) {
      client.socket.close();
    }
    server.close();
  }

  private WebServer start(Duration patience) throws IOException {
    return WebServer.start("127.0.0.1:0", () -> Summary.EMPTY, this::explain, patience);
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

  private int port() {
    return Integer.parseInt(server.address().substring(server.address().lastIndexOf(':') + 1));
  }

  /** One answer: status line and headers in lower case, and the body. */
  private record Reply(String head, String body) {
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

  private final class Client {
    private final Socket socket = new Socket();
    private final DataInputStream in;

    Client() throws IOException {
      socket.setReceiveBufferSize(1 << 16);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port()));
      in = new DataInputStream(socket.getInputStream());
      clients.add(this);
    }

    void send(String bytes) throws IOException {
      socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
    }

    /** A request with the headers given, and the right Host. */
    void ask(String line, String... headers) throws IOException {
      StringBuilder request = new StringBuilder(line).append("\r\nHost: ").append(server.address());
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

    boolean isAtEnd() {
      try {
        return in.read() < 0;
      } catch (IOException e) {
        return true; // it was reset
      }
    }
  }

  private Reply ask(String line, String... headers) throws IOException {
    Client client = new Client();
    client.ask(line, headers);
    return client.reply();
  }

  /** The Host header in full; PORT stands for the server's. */
  private Reply askAs(String hosts) throws IOException {
    Client client = new Client();
    client.send("GET /api/summary HTTP/1.1\r\n" + hosts.replace("PORT", "" + port()) + "\r\n\r\n");
    return client.reply();
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1:PORT", "localhost:PORT", "LocalHost:PORT", "[::1]:PORT"})
  void answersUnderTheNamesOfTheLoopback(String host) throws Exception {
    assertThat(askAs("Host: " + host).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "evil.example:PORT",
        "localhost.evil.example:PORT",
        "127.0.0.1.evil.example:PORT",
        "127.0.0.1",
        "localhost",
        "127.0.0.1:1",
        "192.168.0.7:PORT",
        "[::2]:PORT",
        "127.0.0.1,127.0.0.1:PORT",
        ":PORT",
        ""
      })
  void answersUnderNoOtherName(String host) throws Exception {
    Reply reply = askAs("Host: " + host);

    assertThat(reply.status()).isEqualTo(403);
    assertThat(reply.body())
        .startsWith("Host '" + host.replace("PORT", "" + port()))
        .endsWith("' is not this server; use http://127.0.0.1:" + port() + "\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "user@127.0.0.1:PORT",
        "127.0.0.1:PORT@evil.example:PORT",
        "http://127.0.0.1:PORT",
        "127.0.0.1/",
        "127.0.0.1 evil.example",
        "[::1",
        "[::1:PORT",
        "[]:PORT",
        "::1",
        "127.0.0.1:http",
        "127.0.0.1:-1"
      })
  void aHostThatIsNoneIsABadRequest(String host) throws Exception {
    assertThat(askAs("Host: " + host).status()).isEqualTo(400);
  }

  @Test
  void judgesALongHostInLittleSpace() throws Exception {
    assertThat(askAs("Host: " + "x".repeat(8000)).status()).isEqualTo(403);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Accept: text/html", "Host: 127.0.0.1:PORT\r\nHost: evil.example:PORT"})
  void needsOneName(String hosts) throws Exception {
    assertThat(askAs(hosts).status()).isEqualTo(400);
  }

  @ParameterizedTest
  @CsvSource({
    "http://127.0.0.1:PORT/api/summary, 127.0.0.1:PORT, 200",
    "HTTP://LOCALHOST:PORT, 127.0.0.1:PORT, 200",
    "http://127.0.0.1:PORT/api/summary, evil.example, 200",
    "http://127.0.0.1:PORT/nowhere, 127.0.0.1:PORT, 404",
    "http://evil.example/api/summary, 127.0.0.1:PORT, 403",
    "http://user@127.0.0.1:PORT/api/summary, 127.0.0.1:PORT, 403",
    "http:///api/summary, 127.0.0.1:PORT, 403",
    "https://127.0.0.1:PORT/api/summary, 127.0.0.1:PORT, 404"
  })
  void anAddressInFullNamesTheHost(String address, String host, int status) throws Exception {
    String request = "GET " + address + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    Client client = new Client();
    client.send(request.replace("PORT", "" + port()));

    assertThat(client.reply().status()).isEqualTo(status);
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://127.0.0.1:PORT", "http://localhost:PORT"})
  void answersItsOwnPage(String origin) throws Exception {
    String own = "Origin: " + origin.replace("PORT", "" + port());
    assertThat(ask("GET /api/summary HTTP/1.1", own).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "http://evil.example",
        "http://evil.example:PORT",
        "https://127.0.0.1:PORT",
        "http://127.0.0.1:1",
        "file://"
      })
  void answersNoPageFromElsewhere(String origin) throws Exception {
    String other = "Origin: " + origin.replace("PORT", "" + port());
    Reply reply = ask("GET /api/summary HTTP/1.1", other);

    assertThat(reply.status()).isEqualTo(403);
    assertThat(reply.body()).startsWith("Origin '");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/metrics", "/api/summary"})
  void headAnswersAsGetWithoutABody(String path) throws Exception {
    Reply get = ask("GET " + path + " HTTP/1.1");
    Client client = new Client();
    client.ask("HEAD " + path + " HTTP/1.1");
    client.ask("GET /nowhere HTTP/1.1");

    assertThat(get.body()).isNotEmpty();
    assertThat(client.head().head()).isEqualTo(get.head());
    assertThat(client.reply().status()).as("what follows is the next answer").isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"})
  void nothingCanBeChanged(String method) throws Exception {
    Client client = new Client();
    client.ask(method + " /api/summary HTTP/1.1", "Content-Length: 5");
    client.send("hello");
    Reply reply = client.reply();

    assertThat(reply.status()).isEqualTo(405);
    assertThat(reply.header("allow")).isEqualTo("get, head");
    client.ask("GET /api/summary HTTP/1.1");
    assertThat(client.reply().status()).as("the connection lives").isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET /etc/passwd", "HEAD /metrics/", "POST /api", "GET //", "GET *"})
  void knowsNoOtherPath(String request) throws Exception {
    Client client = new Client();
    client.ask(request + " HTTP/1.1");

    assertThat(client.head().status()).isEqualTo(404);
  }

  @ParameterizedTest
  @CsvSource({
    "Content-Length: 65536, 405",
    "Content-Length: 65537, 413",
    "Content-Length: 9223372036854775807, 413",
    "Content-Length: 99999999999999999999, 400",
    "Content-Length: -1, 400",
    "Content-Length: x, 400",
    "Transfer-Encoding: chunked, 411",
    "Transfer-Encoding: gzip, 400"
  })
  void readsNoLargeBody(String header, int status) throws Exception {
    Client client = new Client();
    client.ask("POST / HTTP/1.1", header);

    assertThat(client.reply().status()).isEqualTo(status);
    if (status != 405) {
      assertThat(client.isAtEnd()).isTrue();
    }
  }

  @Test
  void aBodyIsNoRequest() throws Exception {
    Client client = new Client();
    for (int i = 0; i < 2; i++) {
      client.ask("POST / HTTP/1.1", "Content-Length: 40000");
      client.send("GET / HTTP/1.1\r\n".repeat(2500));
      assertThat(client.reply().status()).as("request %d", i).isEqualTo(405);
    }
  }

  @Test
  void refusesWhatIsNotHttp() throws Exception {
    Client client = new Client();
    client.send("what is this?\r\n\r\n");
    assertThat(client.reply().status()).isEqualTo(400);
    assertThat(client.isAtEnd()).isTrue();

    assertThat(ask("GET /" + "x".repeat(5000) + " HTTP/1.1").status()).isEqualTo(414);
    assertThat(ask("GET / HTTP/1.1", "X: " + "x".repeat(9000)).status()).isEqualTo(431);
  }

  @Test
  void takesARequestInSmallPieces() throws Exception {
    Client client = new Client();
    client.socket.setTcpNoDelay(true);
    for (char c : ("GET / HTTP/1.1\r\nHost: " + server.address() + "\r\n\r\n").toCharArray()) {
      client.send(String.valueOf(c));
    }
    assertThat(client.reply().status()).isEqualTo(200);
  }

  @Test
  void anAnswerIsNotTakenForSomethingElse() throws Exception {
    Reply reply = ask("GET / HTTP/1.1");

    assertThat(reply.header("x-content-type-options")).isEqualTo("nosniff");
    assertThat(reply.header("content-security-policy"))
        .contains("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'");
    assertThat(reply.header("cross-origin-resource-policy")).isEqualTo("same-origin");
    assertThat(reply.header("cache-control")).isEqualTo("no-store");
  }

  @Test
  void anOldClientIsAnsweredAndLeft() throws Exception {
    Client client = new Client();
    client.ask("GET /api/summary HTTP/1.0");

    assertThat(client.reply().status()).isEqualTo(200);
    assertThat(client.isAtEnd()).isTrue();
  }

  /** One client asks a thousand times and reads nothing, another asks and reads meanwhile. */
  @Test
  void holdsLittleForAClientThatDoesNotRead() throws Exception {
    Client greedy = new Client();
    int asked = 1000;
    for (int i = 0; i < asked; i++) {
      greedy.ask(explain(GREEDY_STREAM));
    }
    Client modest = new Client();
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
    Client client = new Client();
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
    assertThat(new Client().isAtEnd()).isTrue();
  }

  @Test
  void aConnectionThatStopsInARequestEnds() throws Exception {
    restart(SHORT);
    Client client = new Client();
    client.send("GET / HTTP/1.1\r\nHost: ");

    assertThat(client.isAtEnd()).isTrue();
  }

  @Test
  void aConnectionThatAsksNoMoreEnds() throws Exception {
    restart(SHORT);
    Client client = new Client();
    client.ask("GET / HTTP/1.1");
    client.reply();

    assertThat(client.isAtEnd()).isTrue();
  }

  /** It cannot have had a thousand answers of 256 KiB when it is cut off. */
  @Test
  void aConnectionThatDoesNotTakeItsAnswersEnds() throws Exception {
    restart(SHORT);
    Client client = new Client();
    for (int i = 0; i < 100; i++) {
      client.ask(explain(GREEDY_STREAM));
    }
    while (!isClosedFor(client)) {
      Thread.onSpinWait();
    }
    assertThat(greedyAnswers.get()).isLessThan(100);
  }

  /** Whether the server has let go of the connection: then writing to it fails. */
  private static boolean isClosedFor(Client client) {
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
      Client client = new Client();
      client.ask("GET /api/summary HTTP/1.1");
      assertThat(client.reply().status()).isEqualTo(200);
    }
    Client oneMore = new Client();
    assertThat(oneMore.reply().status()).isEqualTo(503);
    assertThat(oneMore.isAtEnd()).isTrue();

    clients.get(0).socket.close();
    int status;
    do {
      Client next = new Client();
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
      new Client().send("what is this?\r\n\r\n");
      new Client().ask("GET /" + "x".repeat(5000) + " HTTP/1.1");
      askAs("Host: 127.0.0.1:http");
      new Client().ask("POST / HTTP/1.1", "Content-Length: 99");
      new Client().ask("POST / HTTP/1.1", "Transfer-Encoding: chunked", "", "no number");
      new Client().send("GET / HTTP/2.0\r\n\r\n");
      for (int i = 0; i < 100; i++) {
        Client client = new Client();
        client.ask(explain(GREEDY_STREAM));
        client.ask(explain(GREEDY_STREAM));
      }
      for (Client client : clients) {
        client.socket.setSoLinger(true, 0);
        client.socket.close();
      }
      assertThat(ask("GET / HTTP/1.1").status()).isEqualTo(200);
      server.close();
    } finally {
      root.detachAppender(said);
    }
    assertThat(said.list).isEmpty();
  }
}
