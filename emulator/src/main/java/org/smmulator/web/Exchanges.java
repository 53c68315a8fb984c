package org.smmulator.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/**
 * A request and its answer: what is read, and what every answer says beside its body. Used on the
 * server's one thread.
 */
final class Exchanges
    implements BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> {

  /** Where the next request begins is not worth finding out. */
  private static final Set<HttpResponseStatus> LAST =
      Set.of(HttpResponseStatus.LENGTH_REQUIRED, HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE);

  private static final String POLICY =
      "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri"
          + " 'none'; form-action 'none'; frame-ancestors 'none'";

  /** Of all answers that clients have not taken, as long as they are; one may always go. */
  static final long MOST_HELD_BYTES = 32L << 20;

  private final String host;
  private final InetAddress listening;
  private final Pages pages;
  private final PageStreams streams = new PageStreams();
  private @Nullable Requests requests;
  private long heldBytes;

  /**
   * @param host as http.listen says it
   * @param listening what that is
   */
  Exchanges(String host, InetAddress listening, Pages pages) {
    this.host = host;
    this.listening = listening;
    this.pages = pages;
  }

  /** Says at once what it says to the head; of a body that comes behind it nothing is kept. */
  @Override
  public Publisher<Void> apply(HttpServerRequest request, HttpServerResponse response) {
    Answer answer = requests(request).answer(request);
    if (!answer.equals(Answer.STREAM)) {
      return send(response, answer);
    }
    if (streams.isFull()) {
      return send(
          response, Answer.plain(HttpResponseStatus.SERVICE_UNAVAILABLE, PageStreams.TOO_MANY));
    }
    head(response, answer);
    return request.method().equals(HttpMethod.HEAD)
        ? response.send()
        : streams.tell(response, pages.news());
  }

  /** The port of the server, which is taken when it is bound, is that of its first request. */
  private Requests requests(HttpServerRequest request) {
    if (requests == null) {
      int port = Objects.requireNonNull(request.hostAddress()).getPort();
      requests = new Requests(new Authorities(host, new InetSocketAddress(listening, port)), pages);
    }
    return requests;
  }

  private Mono<Void> send(HttpServerResponse response, Answer answer) {
    byte[] body = answer.body().getBytes(UTF_8);
    if (heldBytes > 0 && heldBytes + body.length > MOST_HELD_BYTES) {
      Answer busy =
          Answer.plain(
              HttpResponseStatus.SERVICE_UNAVAILABLE,
              "others have not taken their answers yet; ask again");
      return send(response, busy, busy.body().getBytes(UTF_8));
    }
    return send(response, answer, body);
  }

  private Mono<Void> send(HttpServerResponse response, Answer answer, byte[] body) {
    head(response, answer).header(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(body.length));
    if (answer.status().equals(HttpResponseStatus.METHOD_NOT_ALLOWED)) {
      response.header(HttpHeaderNames.ALLOW, "GET, HEAD");
    }
    if (LAST.contains(answer.status())) {
      response.keepAlive(false);
    }
    heldBytes += body.length;
    return response
        .sendByteArray(Mono.just(body))
        .then()
        .doFinally(taken -> heldBytes -= body.length);
  }

  private static HttpServerResponse head(HttpServerResponse response, Answer answer) {
    return response
        .status(answer.status())
        .header(HttpHeaderNames.CONTENT_TYPE, answer.type() + "; charset=utf-8")
        .header(HttpHeaderNames.CACHE_CONTROL, "no-store")
        .header(HttpHeaderNames.CONTENT_SECURITY_POLICY, POLICY)
        .header("X-Content-Type-Options", "nosniff")
        .header("Referrer-Policy", "no-referrer")
        .header("Cross-Origin-Resource-Policy", "same-origin");
  }
}
