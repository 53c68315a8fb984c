package org.smmulator.web;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.metrics.PrometheusText;
import org.smmulator.metrics.SummaryJson;
import org.smmulator.query.AtcQuery;
import org.smmulator.query.ExplainQuery;
import org.smmulator.query.Parameters;
import org.smmulator.smmu.explain.Question;

/** The answers, each by its path. */
final class Pages {
  private static final Logger LOG = LoggerFactory.getLogger(Pages.class);
  private static final List<String> PATHS =
      List.of("/", "/metrics", "/api/summary", "/api/processes", "/api/atc", "/api/explain");

  private final WatchedMachine machine;
  private final String livePage = resource("page.html");

  Pages(WatchedMachine machine) {
    this.machine = machine;
  }

  /** All of them, in words. */
  String paths() {
    int last = PATHS.size() - 1;
    return String.join(", ", PATHS.subList(0, last)) + " and " + PATHS.get(last);
  }

  boolean has(String path) {
    return PATHS.contains(path);
  }

  /**
   * Answers, whatever happens.
   *
   * @param path one that is there
   * @param uri the path with its parameters
   */
  Answer get(String path, String uri) {
    try {
      return switch (path) {
        case "/" -> Answer.ok("text/html", livePage);
        case "/metrics" -> Answer.ok(PrometheusText.CONTENT_TYPE, metrics());
        case "/api/summary" -> Answer.ok("application/json", SummaryJson.write(machine.summary()));
        case "/api/processes" -> Answer.ok("application/json", machine.processes().json());
        case "/api/atc" -> Answer.ok("application/json", atc(uri));
        default -> Answer.ok("text/plain", explain(uri));
      };
    } catch (IllegalArgumentException e) {
      return Answer.plain(HttpResponseStatus.BAD_REQUEST, String.valueOf(e.getMessage()));
    } catch (IllegalStateException e) {
      return Answer.plain(HttpResponseStatus.SERVICE_UNAVAILABLE, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      LOG.error("cannot answer {}", path, e);
      return Answer.plain(
          HttpResponseStatus.INTERNAL_SERVER_ERROR, "internal error; the machine's log has it");
    }
  }

  private String metrics() {
    return PrometheusText.write(machine.name(), machine.summary());
  }

  private String atc(String uri) {
    return AtcQuery.answer(parameters(uri), machine, machine::atc).json();
  }

  private String explain(String uri) {
    Question question = ExplainQuery.question(parameters(uri), machine);
    return String.join("\n", machine.explain(question)) + "\n";
  }

  private static Parameters parameters(String uri) {
    return new Parameters(new QueryStringDecoder(uri).parameters(), "%s=..");
  }

  private static String resource(String name) {
    try (InputStream in = Pages.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing from the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
