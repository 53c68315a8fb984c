package org.smmulator.web;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import org.smmulator.metrics.Summary;
import org.smmulator.metrics.SummaryJson;
import org.smmulator.metrics.SummaryMeters;
import org.smmulator.smmu.probe.Question;
import reactor.core.publisher.Mono;
import reactor.netty.ChannelBindException;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.http.server.HttpServerRoutes;
import reactor.netty.resources.LoopResources;

/**
 * Serves one machine's summary: {@code /metrics}, {@code /api/summary} and the page at {@code /};
 * explains its translations under {@code /api/explain}. Runs on two threads of its own, so that a
 * slow reader never holds up the machine.
 */
public final class WebServer implements AutoCloseable {
  private static final String POLICY =
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src"
          + " 'self'";
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final DisposableServer server;
  private final LoopResources loops;

  private WebServer(DisposableServer server, LoopResources loops) {
    this.server = server;
    this.loops = loops;
  }

  /**
   * Starts to serve.
   *
   * @param address HOST:PORT; port 0 takes a free one
   * @param source the summary of now
   * @param explanations lines that explain a translation; both throw an {@link
   *     IllegalStateException} that says why when the machine does not answer
   * @throws IOException if it cannot listen there; the message is a sentence
   */
  public static WebServer start(
      String address, Supplier<Summary> source, Function<Question, List<String>> explanations)
      throws IOException {
    int colon = address.lastIndexOf(':');
    String host = address.substring(0, colon).replaceAll("[\\[\\]]", "");
    int port = Integer.parseInt(address.substring(colon + 1));
    LoopResources loops = LoopResources.create("smmulator-http", 1, 1, true);
    try {
      DisposableServer server =
          HttpServer.create()
              .runOn(loops, false)
              .option(ChannelOption.SO_REUSEADDR, true)
              .bindAddress(() -> new InetSocketAddress(host, port))
              .route(routes -> new Routes(source, explanations).addTo(routes))
              .bindNow(PATIENCE);
      return new WebServer(server, loops);
    } catch (ChannelBindException | IllegalStateException e) {
      loops.dispose();
      throw new IOException("http.listen: " + address + " cannot be used: " + reason(e), e);
    }
  }

  private static String reason(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }

  /** Where it listens, as HOST:PORT with the real port. */
  public String address() {
    InetSocketAddress address = (InetSocketAddress) server.address();
    String host = address.getAddress().getHostAddress();
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
  }

  @Override
  public void close() {
    server.disposeNow(PATIENCE);
    loops.disposeLater(Duration.ZERO, PATIENCE).block(PATIENCE);
  }

  /** The four answers. */
  private static final class Routes {
    private final Supplier<Summary> source;
    private final Function<Question, List<String>> explanations;
    private final SummaryMeters meters;
    private final PrometheusMeterRegistry registry =
        new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    Routes(Supplier<Summary> source, Function<Question, List<String>> explanations) {
      this.source = source;
      this.explanations = explanations;
      meters = new SummaryMeters(source);
      meters.bindTo(registry);
    }

    void addTo(HttpServerRoutes routes) {
      String page = resource("page.html");
      routes
          .get("/metrics", (in, out) -> answer(out, "text/plain; version=0.0.4", this::scrape))
          .get("/api/summary", (in, out) -> answer(out, "application/json", this::json))
          .get("/api/explain", (in, out) -> explain(in.uri(), out))
          .get("/", (in, out) -> text(out, "text/html", page));
    }

    private String scrape() {
      meters.refresh(registry);
      return registry.scrape();
    }

    private String json() {
      return SummaryJson.write(source.get());
    }

    /** What the machine says, or 503 and why it says nothing. */
    private static Publisher<Void> answer(
        HttpServerResponse out, String type, Supplier<String> body) {
      String text;
      try {
        text = body.get();
      } catch (IllegalStateException e) {
        return unavailable(out, e);
      }
      return text(out, type, text);
    }

    private static Publisher<Void> unavailable(HttpServerResponse out, IllegalStateException why) {
      out.status(HttpResponseStatus.SERVICE_UNAVAILABLE);
      return text(out, "text/plain", why.getMessage() + "\n");
    }

    private Publisher<Void> explain(String uri, HttpServerResponse out) {
      List<String> lines;
      try {
        lines = explanations.apply(ExplainQuery.question(uri));
      } catch (IllegalArgumentException e) {
        out.status(HttpResponseStatus.BAD_REQUEST);
        lines = List.of(String.valueOf(e.getMessage()));
      } catch (IllegalStateException e) {
        return unavailable(out, e);
      }
      return text(out, "text/plain", String.join("\n", lines) + "\n");
    }

    private static Publisher<Void> text(HttpServerResponse out, String type, String body) {
      return out.header(HttpHeaderNames.CONTENT_TYPE, type + "; charset=utf-8")
          .header(HttpHeaderNames.CACHE_CONTROL, "no-store")
          .header(HttpHeaderNames.CONTENT_SECURITY_POLICY, POLICY)
          .sendString(Mono.just(body));
    }

    private static String resource(String name) {
      try (InputStream in = WebServer.class.getResourceAsStream(name)) {
        if (in == null) {
          throw new IllegalStateException(name + " is missing from the jar");
        }
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
