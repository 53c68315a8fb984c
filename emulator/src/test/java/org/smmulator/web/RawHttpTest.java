package org.smmulator.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What no ordinary client asks, on raw sockets. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RawHttpTest {
  private WebServer server;
  private final RawClients clients = new RawClients(() -> server);

  @BeforeEach
  void start() throws IOException {
    server = WebServer.start("127.0.0.1:0", new FakeWatched());
  }

  @AfterEach
  void stop() throws IOException {
    clients.close();
    server.close();
  }

  /** The Host header in full; PORT stands for the server's. */
  private RawClient.Reply askAs(String hosts) throws IOException {
    RawClient client = clients.connect();
    client.send(
        "GET /api/summary HTTP/1.1\r\n"
            + hosts.replace("PORT", "" + RawClient.port(server.address()))
            + "\r\n\r\n");
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
    RawClient.Reply reply = askAs("Host: " + host);

    assertThat(reply.status()).isEqualTo(403);
    assertThat(reply.body())
        .startsWith("Host '" + host.replace("PORT", "" + RawClient.port(server.address())))
        .endsWith(
            "' is not this server; use http://127.0.0.1:"
                + RawClient.port(server.address())
                + "\n");
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
    RawClient client = clients.connect();
    client.send(request.replace("PORT", "" + RawClient.port(server.address())));

    assertThat(client.reply().status()).isEqualTo(status);
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://127.0.0.1:PORT", "http://localhost:PORT"})
  void answersItsOwnPage(String origin) throws Exception {
    String own = "Origin: " + origin.replace("PORT", "" + RawClient.port(server.address()));
    assertThat(clients.ask("GET /api/summary HTTP/1.1", own).status()).isEqualTo(200);
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
    String other = "Origin: " + origin.replace("PORT", "" + RawClient.port(server.address()));
    RawClient.Reply reply = clients.ask("GET /api/summary HTTP/1.1", other);

    assertThat(reply.status()).isEqualTo(403);
    assertThat(reply.body()).startsWith("Origin '");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/metrics", "/api/summary"})
  void headAnswersAsGetWithoutABody(String path) throws Exception {
    RawClient.Reply get = clients.ask("GET " + path + " HTTP/1.1");
    RawClient client = clients.connect();
    client.ask("HEAD " + path + " HTTP/1.1");
    client.ask("GET /nowhere HTTP/1.1");

    assertThat(get.body()).isNotEmpty();
    assertThat(client.head().head()).isEqualTo(get.head());
    assertThat(client.reply().status()).as("what follows is the next answer").isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"})
  void nothingCanBeChanged(String method) throws Exception {
    RawClient client = clients.connect();
    client.ask(method + " /api/summary HTTP/1.1", "Content-Length: 5");
    client.send("hello");
    RawClient.Reply reply = client.reply();

    assertThat(reply.status()).isEqualTo(405);
    assertThat(reply.header("allow")).isEqualTo("get, head");
    client.ask("GET /api/summary HTTP/1.1");
    assertThat(client.reply().status()).as("the connection lives").isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET /etc/passwd", "HEAD /metrics/", "POST /api", "GET //", "GET *"})
  void knowsNoOtherPath(String request) throws Exception {
    RawClient client = clients.connect();
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
    RawClient client = clients.connect();
    client.ask("POST / HTTP/1.1", header);

    assertThat(client.reply().status()).isEqualTo(status);
    if (status != 405) {
      assertThat(client.isAtEnd()).isTrue();
    }
  }

  @Test
  void aBodyIsNoRequest() throws Exception {
    RawClient client = clients.connect();
    for (int i = 0; i < 2; i++) {
      client.ask("POST / HTTP/1.1", "Content-Length: 40000");
      client.send("GET / HTTP/1.1\r\n".repeat(2500));
      assertThat(client.reply().status()).as("request %d", i).isEqualTo(405);
    }
  }

  @Test
  void refusesWhatIsNotHttp() throws Exception {
    RawClient client = clients.connect();
    client.send("what is this?\r\n\r\n");
    assertThat(client.reply().status()).isEqualTo(400);
    assertThat(client.isAtEnd()).isTrue();

    assertThat(clients.ask("GET /" + "x".repeat(60_000) + " HTTP/1.1").status()).isEqualTo(404);
    assertThat(clients.ask("GET /" + "x".repeat(66_000) + " HTTP/1.1").status()).isEqualTo(414);
    assertThat(clients.ask("GET / HTTP/1.1", "X: " + "x".repeat(9000)).status()).isEqualTo(431);
  }

  @Test
  void takesARequestInSmallPieces() throws Exception {
    RawClient client = clients.connect();
    for (char c : ("GET / HTTP/1.1\r\nHost: " + server.address() + "\r\n\r\n").toCharArray()) {
      client.send(String.valueOf(c));
    }
    assertThat(client.reply().status()).isEqualTo(200);
  }

  @Test
  void anAnswerIsNotTakenForSomethingElse() throws Exception {
    RawClient.Reply reply = clients.ask("GET / HTTP/1.1");

    assertThat(reply.header("x-content-type-options")).isEqualTo("nosniff");
    assertThat(reply.header("content-security-policy"))
        .contains("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'");
    assertThat(reply.header("cross-origin-resource-policy")).isEqualTo("same-origin");
    assertThat(reply.header("cache-control")).isEqualTo("no-store");
  }

  @Test
  void anOldClientIsAnsweredAndLeft() throws Exception {
    RawClient client = clients.connect();
    client.ask("GET /api/summary HTTP/1.0");

    assertThat(client.reply().status()).isEqualTo(200);
    assertThat(client.isAtEnd()).isTrue();
  }
}
