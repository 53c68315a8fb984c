package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.metrics.PrometheusText;

/** More processes than labels, one after the other, and what {@code /metrics} says of each. */
class PasidMetersTest {
  private static final int PROCESSES = 18;
  private static final Pattern LINE = Pattern.compile("(smmulator_\\w+)\\{(.*)\\} ([0-9.E]+)");

  @TempDir private Path folder;

  private static String yaml() {
    StringBuilder yaml =
        new StringBuilder(
            """
            machine: {name: many, ramMiB: 64}
            devices:
              - {id: '00:04.0', model: dma, name: small, atc: 4x2, queues: 9}
              - {id: '00:05.0', model: dma, name: other, atc: 4x2, queues: 9}
            scenario:
              steps:
            """);
    for (int i = 0; i < PROCESSES; i++) {
      yaml.append(
          """
              - process: {name: p%1$d, pages: 8}
              - bind: {process: p%1$d, devices: ['%3$s']}
              - dma: {processes: [p%1$d], devices: ['%3$s'], operations: %2$d, pages: 8, bytes: 64}
              - munmap: {process: p%1$d, page: 0, pages: 4, remap: true}
          """
              .formatted(i, 10 + i, i % 2 == 0 ? "00:04.0" : "00:05.0"));
    }
    return yaml.toString();
  }

  private String metrics() throws Exception {
    return PrometheusText.write("many", Machines.simulate(folder, yaml(), 1).summary());
  }

  @Test
  void eachProcessHasItsLabelUntilTheyAreUsedUpAndNothingIsLost() throws Exception {
    String text = metrics();
    Map<String, Double> requests = byProcess(text, "smmulator_pasid_translation_requests_total");
    assertThat(requests).hasSize(16 + 2).containsKeys("1 p0", "16 p15", "other ", "none ");
    assertThat(requests.keySet()).noneMatch(label -> label.contains("p16"));
    assertThat(sum(requests))
        .isEqualTo(ofDevice(text, "smmulator_device_translation_requests_total"));
    assertThat(sum(byProcess(text, "smmulator_pasid_page_requests_total")))
        .isEqualTo(ofDevice(text, "smmulator_device_page_requests_total"));
    assertThat(sum(byProcess(text, "smmulator_pasid_invalidations_sent_total")))
        .isEqualTo(ofDevice(text, "smmulator_device_invalidations_sent_total"))
        .isPositive();
    Map<String, Double> dropped = byProcess(text, "smmulator_pasid_entries_dropped_total");
    assertThat(dropped.get("1 p0")).as("by the munmap").isBetween(1.0, 8.0);
    assertThat(dropped.get("other ")).isPositive();
  }

  private static Map<String, Double> byProcess(String text, String meter) {
    Map<String, Double> values = new TreeMap<>();
    for (Matcher line : lines(text, meter)) {
      values.merge(
          label(line.group(2), "pasid") + " " + label(line.group(2), "process"),
          Double.valueOf(line.group(3)),
          Double::sum);
    }
    return values;
  }

  private static List<Matcher> lines(String text, String meter) {
    return text.lines()
        .map(LINE::matcher)
        .filter(line -> line.matches() && line.group(1).equals(meter))
        .toList();
  }

  private static String label(String labels, String name) {
    Matcher label = Pattern.compile("(?:^|,)" + name + "=\"([^\"]*)\"").matcher(labels);
    assertThat(label.find()).as("%s in %s", name, labels).isTrue();
    return label.group(1);
  }

  private static double ofDevice(String text, String meter) {
    return lines(text, meter).stream().mapToDouble(l -> Double.parseDouble(l.group(3))).sum();
  }

  private static double sum(Map<String, Double> values) {
    return values.values().stream().mapToDouble(v -> v).sum();
  }
}
