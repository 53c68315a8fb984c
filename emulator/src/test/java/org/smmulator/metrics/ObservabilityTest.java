package org.smmulator.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.config.Configs;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** What {@code configs/observability} asks for is what machines tell, in a form that is taken. */
class ObservabilityTest {
  private static final Path FOLDER = Configs.folder().resolve("observability");
  private static final Pattern METER = Pattern.compile("(smmulator_\\w+)(\\{[^}]*})?");
  private static final Pattern LABEL = Pattern.compile("(\\w+)\\s*=");
  private static final Pattern SHOWN_LABEL = Pattern.compile("\\{\\{(?: *\\$labels\\.)?(\\w+) *}}");

  @TempDir private Path folder;

  /** Labels by the names under which Prometheus keeps a meter's numbers. */
  private static Map<String, Set<String>> labelsByName() {
    Map<String, Set<String>> labels = new HashMap<>();
    MetersTest.meters()
        .forEach(
            meter -> {
              Set<String> all = new HashSet<>(meter.labels());
              all.add("machine");
              if (meter.type() == Meter.Type.HISTOGRAM) {
                labels.put(meter.fullName() + "_sum", all);
                labels.put(meter.fullName() + "_count", all);
                Set<String> withBound = new HashSet<>(all);
                withBound.add("le");
                labels.put(meter.fullName() + "_bucket", withBound);
              } else {
                labels.put(meter.fullName(), all);
              }
            });
    return labels;
  }

  private static JsonNode load(String file) {
    return new YAMLMapper().readTree(FOLDER.resolve(file));
  }

  /** Every text of a document. */
  private static List<String> texts(JsonNode node) {
    List<String> texts = new ArrayList<>();
    if (node.isString()) {
      texts.add(node.stringValue());
    }
    node.forEach(child -> texts.addAll(texts(child)));
    return texts;
  }

  @ParameterizedTest
  @ValueSource(strings = {"alerts.yaml", "dashboard.json"})
  void everyMeterAndLabelExists(String file) {
    Map<String, Set<String>> labelsByName = labelsByName();
    int meters = 0;
    for (String text : texts(load(file))) {
      Matcher meter = METER.matcher(text);
      while (meter.find()) {
        meters++;
        assertThat(labelsByName).as(text).containsKey(meter.group(1));
        String braces = meter.group(2) == null ? "" : meter.group(2);
        Matcher label = LABEL.matcher(braces);
        while (label.find()) {
          assertThat(labelsByName.get(meter.group(1))).as(text).contains(label.group(1));
        }
      }
    }
    assertThat(meters).isGreaterThan(5);
  }

  @Test
  void legendsAndMessagesNameLabelsThatTheirMetersHave() {
    int checked = 0;
    for (JsonNode panel : load("dashboard.json").path("panels")) {
      for (JsonNode target : panel.path("targets")) {
        checked += legend(target.path("expr").stringValue(), target.path("legendFormat"));
      }
    }
    for (JsonNode group : load("alerts.yaml").path("groups")) {
      for (JsonNode rule : group.path("rules")) {
        checked +=
            legend(rule.path("expr").stringValue(), rule.path("annotations").path("summary"));
      }
    }
    assertThat(checked).isGreaterThan(10);
  }

  private static int legend(String expression, JsonNode legend) {
    Set<String> labels = new HashSet<>();
    Matcher meter = METER.matcher(expression);
    while (meter.find()) {
      labels.addAll(labelsByName().getOrDefault(meter.group(1), Set.of()));
    }
    int checked = 0;
    Matcher named = SHOWN_LABEL.matcher(legend.stringValue());
    while (named.find()) {
      assertThat(labels).as(expression).contains(named.group(1));
      checked++;
    }
    return checked;
  }

  @Test
  void thePrometheusConfigurationLoadsTheRulesAndAsksWhereMachinesListen() {
    JsonNode config = load("prometheus.yaml");
    for (JsonNode rules : config.path("rule_files")) {
      assertThat(FOLDER.resolve(rules.stringValue())).isRegularFile();
    }
    JsonNode targets = config.at("/scrape_configs/0/static_configs/0/targets");
    assertThat(texts(targets)).containsExactly("127.0.0.1:9464");
  }

  @Test
  void prometheusItselfTakesTheMetricsOfAMachine() throws Exception {
    String promtool = promtool();
    Path metrics = folder.resolve("metrics");
    Files.writeString(metrics, PrometheusText.write("quickstart", Summaries.failed()));
    Ended check = run(metrics, promtool, "check", "metrics");
    assertThat(check.output()).isEmpty();
    assertThat(check.code()).isZero();
  }

  @Test
  void prometheusItselfTakesTheConfigurationAndTheRules() throws Exception {
    String promtool = promtool();
    Path file = FOLDER.resolve("prometheus.yaml");
    Ended check = run(Path.of("/dev/null"), promtool, "check", "config", file.toString());
    assertThat(check.output()).contains("SUCCESS: 4 rules found");
    assertThat(check.code()).isZero();
  }

  private record Ended(int code, String output) {}

  private Ended run(Path in, String... command) throws IOException, InterruptedException {
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(command)
            .redirectInput(in.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Ended(process.exitValue(), Files.readString(output));
  }

  /** Prometheus' own checker, wherever commands are found. */
  private static String promtool() {
    List<Path> found =
        Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
            .map(place -> Path.of(place, "promtool"))
            .filter(Files::isExecutable)
            .toList();
    assumeTrue(
        !found.isEmpty(), "no promtool in PATH; it is in Debian's package prometheus, see .ci/run");
    return found.get(0).toString();
  }
}
