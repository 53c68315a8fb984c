package org.smmulator.web;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The live page and what it is made of, from the jar: nothing comes from elsewhere. */
final class Assets {
  static final String PAGE = "/";
  private static final String CHART_LIBRARY = "/META-INF/resources/webjars/uplot/1.6.30/dist/";
  private static final List<String> STYLES = List.of("page.css", "panels.css");
  private static final List<String> MODULES =
      List.of(
          "atc.js",
          "changes.js",
          "charts.js",
          "curves.js",
          "hand.js",
          "history.js",
          "main.js",
          "pace.js",
          "panels.js",
          "picture.js",
          "streams.js",
          "tables.js",
          "text.js",
          "token.js");

  private final Map<String, Answer> byPath = new HashMap<>();

  Assets() {
    byPath.put(PAGE, Answer.ok("text/html", text("page.html")));
    STYLES.forEach(name -> byPath.put("/live/" + name, Answer.ok("text/css", text(name))));
    MODULES.forEach(name -> byPath.put("/live/" + name, Answer.ok("text/javascript", text(name))));
    byPath.put("/live/uplot.css", Answer.ok("text/css", text(CHART_LIBRARY + "uPlot.min.css")));
    byPath.put(
        "/live/uplot.js", Answer.ok("text/javascript", text(CHART_LIBRARY + "uPlot.esm.js")));
  }

  @Nullable Answer get(String path) {
    return byPath.get(path);
  }

  private static String text(String name) {
    try (InputStream in = Assets.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing from the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
