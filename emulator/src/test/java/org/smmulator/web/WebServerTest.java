package org.smmulator.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.smmulator.metrics.AtcSummary;
import org.smmulator.metrics.DeviceSummary;
import org.smmulator.metrics.Latencies;
import org.smmulator.metrics.Summaries;
import org.smmulator.metrics.Summary;
import org.smmulator.metrics.SummaryJson;

class WebServerTest {
  private final AtomicReference<Summary> summary = new AtomicReference<>(Summary.EMPTY);
  private WebServer server;

  @BeforeEach
  void start() throws IOException {
    server = WebServer.start("127.0.0.1:0", summary::get);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    URI uri = URI.create("http://" + server.address() + path);
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void servesTheSummaryAsJson() throws Exception {
    summary.set(Summaries.failed());
    HttpResponse<String> response = get("/api/summary");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type"))
        .hasValue("application/json; charset=utf-8");
    assertThat(SummaryJson.read(response.body())).isEqualTo(Summaries.failed());
  }

  @Test
  void servesMetersOfDevicesThatCameAfterTheStart() throws Exception {
    assertThat(get("/metrics").body()).contains("smmulator_devices 0.0").doesNotContain("00:04.0");

    summary.set(Summaries.failed());
    List<String> metrics = get("/metrics").body().lines().toList();

    assertThat(metrics)
        .contains(
            "# TYPE smmulator_atc_lookups_total counter",
            "# HELP smmulator_atc_lookups_total ATC lookups [lookups]",
            "smmulator_atc_lookups_total{device=\"00:04.0\",model=\"dma\"} 1234567.0",
            "smmulator_atc_lookups_total{device=\"00:05.0\",model=\"dma\"} NaN",
            "smmulator_accesses_translated_total{device=\"00:05.0\",model=\"dma\"} 208.0",
            "smmulator_smmu_tlb_lookups_total 301.0",
            "smmulator_smmu_commands_total{kind=\"ATC_INV\"} 308.0",
            "smmulator_sva_notifier_calls_total{kind=\"invalidateRange\"} 403.0",
            "smmulator_sva_pasids_live 405.0",
            "smmulator_verdict_stale_accesses_total 1.0",
            "smmulator_checked_packets_total 905.0",
            "smmulator_translation_request_latency_seconds{device=\"00:04.0\",model=\"dma\","
                + "quantile=\"0.99\"} 1.234E-5");
  }

  @Test
  void metersFollowTheDeviceThatHadAnIdLast() throws Exception {
    Summary good = Summaries.passed();
    DeviceSummary gone = good.devices().get(0);
    DeviceSummary back =
        new DeviceSummary(
            gone.id(),
            "back",
            "dma",
            AtcSummary.UNKNOWN,
            5L,
            null,
            null,
            null,
            null,
            null,
            null,
            Latencies.UNKNOWN);
    summary.set(new Summary(List.of(gone, back), good.smmu(), good.sva(), good.verdict()));

    assertThat(get("/metrics").body().lines())
        .contains("smmulator_page_requests_total{device=\"00:04.0\",model=\"dma\"} 5.0");
  }

  @Test
  void servesAPageThatNeedsNothingFromElsewhere() throws Exception {
    HttpResponse<String> response = get("/");

    assertThat(response.headers().firstValue("content-security-policy").orElseThrow())
        .startsWith("default-src 'none'");
    assertThat(response.body())
        .contains("/api/summary", "<svg")
        .doesNotContain(" src=", "<link", "@import", "https://");
    assertThat(response.body().replace("http://www.w3.org/2000/svg", "")).doesNotContain("http://");
  }

  @Test
  void knowsNoOtherPath() throws Exception {
    assertThat(get("/etc/passwd").statusCode()).isEqualTo(404);
  }

  @Test
  void saysWhichPortIsInUse() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      assertThatThrownBy(() -> WebServer.start(address, summary::get))
          .isInstanceOf(IOException.class)
          .hasMessage("http.listen: " + address + " cannot be used: Address already in use");
    }
  }
}
