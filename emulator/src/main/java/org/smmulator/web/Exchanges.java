package org.smmulator.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.handler.codec.http.HttpHeaderNames;
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
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src"
          + " 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final String host;
  private final InetAddress listening;
  private final Pages pages;
  private @Nullable Requests requests;

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
    return send(response, requests(request).answer(request));
  }

  /** The port of the server, which is taken when it is bound, is that of its first request. */
  private Requests requests(HttpServerRequest request) {
    if (requests == null) {
      int port = Objects.requireNonNull(request.hostAddress()).getPort();
      requests = new Requests(new Authorities(host, new InetSocketAddress(listening, port)), pages);
    }
    return requests;
  }

  private static Mono<Void> send(HttpServerResponse response, Answer answer) {
    byte[] body = answer.body().getBytes(UTF_8);
    response
        .status(answer.status())
        .header(HttpHeaderNames.CONTENT_TYPE, answer.type() + "; charset=utf-8")
        .header(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(body.length))
        .header(HttpHeaderNames.CACHE_CONTROL, "no-store")
        .header(HttpHeaderNames.CONTENT_SECURITY_POLICY, POLICY)
        .header("X-Content-Type-Options", "nosniff")
        .header("Referrer-Policy", "no-referrer")
        .header("Cross-Origin-Resource-Policy", "same-origin");
    if (answer.status().equals(HttpResponseStatus.METHOD_NOT_ALLOWED)) {
      response.header(HttpHeaderNames.ALLOW, "GET, HEAD");
    }
    if (LAST.contains(answer.status())) {
      response.keepAlive(false);
    }
    return response.sendByteArray(Mono.just(body)).then();
  }
}
