package org.smmulator.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The list of meters: its page is written with {@code -Dsmmulator.writeMetrics=true}. */
class MetersTest {
  private static final Path PAGE = folder().resolve("METRICS.md");

  private static Path folder() {
    Path here = Path.of("").toAbsolutePath();
    return here.endsWith("emulator") ? here : here.resolve("emulator");
  }

  static Stream<Meter> meters() {
    return Meters.PARTS.values().stream().flatMap(List::stream);
  }

  @Test
  void thePageAgreesWithTheList() throws IOException {
    String written = MetersDocument.markdown();
    if (Boolean.getBoolean("smmulator.writeMetrics")) {
      Files.writeString(PAGE, written);
    }
    assertThat(Files.readString(PAGE))
        .as("emulator/METRICS.md; see the comment of this test")
        .isEqualTo(written);
  }

  @Test
  void noTwoMetersHaveOneName() {
    assertThat(meters().map(Meter::fullName)).doesNotHaveDuplicates().hasSizeGreaterThan(80);
  }

  @Test
  void everyMeterOfTheListIsServed() {
    List<String> served =
        PrometheusText.write("m", Summaries.passed())
            .lines()
            .filter(line -> line.startsWith("# TYPE "))
            .map(line -> line.split(" ", -1)[2])
            .toList();
    assertThat(served)
        .containsExactlyInAnyOrderElementsOf(
            meters()
                .map(Meter::fullName)
                .filter(name -> !name.equals("smmulator_page_request_latency_seconds"))
                .toList());
  }

  @Test
  void histogramsSumUpAndHaveAtMostTwentyBuckets() {
    List<String> lines =
        PrometheusText.write("m", Summaries.passed())
            .lines()
            .filter(line -> line.startsWith("smmulator_translation_request_latency_seconds_"))
            .toList();
    String labels = "device=\"00:04.0\",machine=\"m\",model=\"dma\",name=\"small\"";
    String bucket = "smmulator_translation_request_latency_seconds_bucket{" + labels + ",le=\"";
    assertThat(lines)
        .hasSizeBetween(10, 22)
        .startsWith(bucket + "1.024E-6\"} 1", bucket + "2.048E-6\"} 1")
        .contains(bucket + "1.6384E-5\"} 2", bucket + "8.192E-6\"} 1")
        .endsWith(
            bucket + "+Inf\"} 3",
            "smmulator_translation_request_latency_seconds_count{" + labels + "} 3",
            "smmulator_translation_request_latency_seconds_sum{" + labels + "} 20.0");
  }

  @Test
  void aPasidIsALabelWithItsProcess() {
    assertThat(PrometheusText.write("m", Summaries.passed()).lines())
        .contains(
            "smmulator_pasid_translation_requests_total{device=\"00:04.0\",machine=\"m\","
                + "model=\"dma\",name=\"small\",pasid=\"1\",process=\"alice\"} 950.0",
            "smmulator_pasid_entries_dropped_total{device=\"00:04.0\",machine=\"m\","
                + "model=\"dma\",name=\"small\",pasid=\"none\",process=\"\"} 963.0")
        .noneMatch(
            line ->
                line.startsWith("smmulator_pasid_entries_dropped_total")
                    && line.contains("process=\"bob\""));
  }

  @Test
  void namesOfMachinesAndDevicesCannotBreakTheFormat() {
    assertThat(PrometheusText.write("a\"b\\c\nd{}", Summaries.passed()))
        .contains("smmulator_devices{machine=\"a\\\"b\\\\c\\nd{}\"} 1.0\n");
  }
}
