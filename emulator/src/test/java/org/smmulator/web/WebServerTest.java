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
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.counter.Counts;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.metrics.StreamsTable;
import org.smmulator.metrics.Summaries;
import org.smmulator.metrics.Summary;
import org.smmulator.metrics.SummaryJson;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.pcie.FunctionCounter;
import org.smmulator.smmu.explain.Question;

class WebServerTest {
  private static final ProcessTable PROCESSES =
      new ProcessTable(
          List.of(
              new ProcessTable.Row(
                  "alice", "running", 5, 7, "0x7fff00000000", 64, List.of("small (00:04.0, live)")),
              new ProcessTable.Row("bob", "running", null, 8, "0x7ffe00000000", 1, List.of())),
          List.of(new ProcessTable.Quarantined(3, List.of("large (00:05.0)"), "is stubborn")),
          List.of());

  private final AtomicReference<Summary> summary = new AtomicReference<>(Summary.EMPTY);
  private volatile boolean busy;
  private WebServer server;

  @BeforeEach
  void start() throws IOException {
    server =
        WebServer.start("127.0.0.1:0", new FakeWatched(this::summary, this::explain, PROCESSES));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Summary summary() {
    requireIdle();
    return Objects.requireNonNull(summary.get());
  }

  private void requireIdle() {
    if (busy) {
      throw new IllegalStateException("the machine is busy; ask again");
    }
  }

  /** The question itself. */
  private List<String> explain(Question question) {
    requireIdle();
    return List.of(question.toString(), "second line");
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
    assertThat(get("/metrics").body())
        .contains("smmulator_devices{machine=\"fake\"} 0.0")
        .doesNotContain("00:04.0");

    summary.set(Summaries.failed());
    HttpResponse<String> response = get("/metrics");
    List<String> metrics = response.body().lines().toList();

    assertThat(response.headers().firstValue("content-type"))
        .hasValue("text/plain; version=0.0.4; charset=utf-8");
    String small = "{device=\"00:04.0\",machine=\"fake\",model=\"dma\",name=\"small\"";
    assertThat(metrics)
        .contains(
            "# TYPE smmulator_atc_lookups_total counter",
            "# HELP smmulator_atc_lookups_total ATC lookups, as the device reports [lookups]",
            "smmulator_atc_lookups_total" + small + "} 1234567.0",
            "smmulator_device_reported_page_requests_total" + small + "} 157.0",
            "# TYPE smmulator_device_translations_held gauge",
            "smmulator_device_translations_held" + small + "} 101.0",
            "smmulator_device_violations_total"
                + small.replace("04", "05").replace("small", "large")
                + "} "
                + (200.0 + FunctionCounter.VIOLATIONS.slot()),
            "smmulator_smmu_cache_evictions_total{cache=\"walk_cache\",machine=\"fake\"} 323.0",
            "smmulator_smmu_commands_total{machine=\"fake\",opcode=\"ATC_INV\"} 308.0",
            "smmulator_smmu_commands_total{machine=\"fake\",opcode=\"CFGI_CD\"} 0.0",
            "smmulator_smmu_events_total{machine=\"fake\",type=\"F_TRANSLATION\"} 309.0",
            "smmulator_violations_total{kind=\"stale_accesses\",machine=\"fake\"} 1.0",
            "# TYPE smmulator_translation_request_latency_seconds histogram",
            "smmulator_translation_request_latency_seconds_bucket" + small + ",le=\"1.024E-6\"} 1")
        .noneMatch(line -> line.startsWith("smmulator_atc_lookups_total{device=\"00:05.0\""));
  }

  @Test
  void metersFollowTheDeviceThatHadANameAndAnIdLast() throws Exception {
    Summary good = Summaries.passed();
    DeviceCounters gone = detached(good.devices().get(0), 4);
    DeviceCounters goneLater = detached(gone, 5);
    DeviceCounters other = good.devices().get(1);
    DeviceCounters back =
        new DeviceCounters(
            other.id(),
            other.name(),
            "dma",
            true,
            null,
            other.counted(),
            other.reported(),
            List.of(),
            List.of(),
            Map.of());
    // Those attached come first, then those gone, the latest last.
    summary.set(
        new Summary(
            List.of(back, gone, other, goneLater),
            good.links(),
            good.rulesBroken(),
            good.vfioUser(),
            good.smmu(),
            good.driver(),
            good.mm(),
            good.notifierCalls(),
            good.sva(),
            good.verdict(),
            good.steps()));

    String small = "{device=\"00:04.0\",machine=\"fake\",model=\"dma\",name=\"small\"}";
    String large = "{device=\"00:05.0\",machine=\"fake\",model=\"dma\",name=\"large\"}";
    assertThat(get("/metrics").body().lines())
        .contains(
            "smmulator_device_page_requests_total" + small + " 5.0",
            "smmulator_device_attached" + small + " 0.0",
            "smmulator_device_attached" + large + " 1.0");
  }

  private static DeviceCounters detached(DeviceCounters device, long pageRequests) {
    return new DeviceCounters(
        device.id(),
        device.name(),
        device.model(),
        false,
        null,
        Counts.of(FunctionCounter.class, row -> pageRequests),
        device.reported(),
        List.of(),
        List.of(),
        Map.of());
  }

  @Test
  void servesTheProcessesAsJson() throws Exception {
    HttpResponse<String> response = get("/api/processes");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type"))
        .hasValue("application/json; charset=utf-8");
    assertThat(ProcessTable.read(response.body())).isEqualTo(PROCESSES);
  }

  @Test
  void servesTheStreamsAsJson() throws Exception {
    HttpResponse<String> response = get("/api/streams");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(StreamsTable.read(response.body())).isEqualTo(StreamsTable.EMPTY);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "stream=0x20&address=4096&access=read | 32, -1, 4096, UNTRANSLATED, false, false, false",
        "stream=00:04.0&pasid=0xfffff&address=0x10&access=write&privileged=true | 32, 1048575, 16,"
            + " UNTRANSLATED, true, true, false",
        "stream=4294967295&address=0xffffffffffffffff&access=execute&kind=ats&privileged=false |"
            + " -1, -1, -1, TRANSLATION_REQUEST, false, false, true",
        "kind=translated&access=read&address=0X1F&stream=0&pasid=0 | 0, 0, 31, TRANSLATED, false,"
            + " false, false",
        "device=small&process=alice&page=32&access=write | 32, 5, 140733193519104, UNTRANSLATED,"
            + " true, false, false",
        "device=00:04.0&pasid=9&address=1&access=read | 32, 9, 1, UNTRANSLATED, false, false, false"
      })
  void explainsWhatTheParametersAskFor(String query, String question) throws Exception {
    summary.set(Summaries.passed());
    HttpResponse<String> response = get("/api/explain?" + query);

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type")).hasValue("text/plain; charset=utf-8");
    assertThat(response.body().replaceAll("[a-zA-Z]+=", ""))
        .isEqualTo("Question[" + question + "]\nsecond line\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "address=0&access=read | stream is missing; give stream=..",
        "stream=1&access=read | address is missing; give address=..",
        "stream=1&address=0 | access is missing; give access=..",
        "stream=0x100000000&address=0&access=read | stream: '0x100000000' is not a number from 0 to"
            + " 0xffffffff; use one such as 0x20 or 32",
        "stream=00:44.0&address=0&access=read | stream: '00:44.0' is not a PCI id; use one such as"
            + " 00:04.0, or a number",
        "stream=1&pasid=0x100000&address=0&access=read | pasid: '0x100000' is not a number from 0"
            + " to 0xfffff; use one such as 0x20 or 32",
        "stream=1&address=-1&access=read | address: '-1' is not a number from 0 to"
            + " 0xffffffffffffffff; use one such as 0x20 or 32",
        "stream=1&address=0x&access=read | address: '0x' is not a number from 0 to"
            + " 0xffffffffffffffff; use one such as 0x20 or 32",
        "stream=1&address=0&access=fly%0A | access: 'fly?' is not possible; use read or write or"
            + " execute",
        "stream=1&address=0&access=read&kind=x | kind: 'x' is not possible; use untranslated or"
            + " translated or ats",
        "stream=1&address=0&access=read&privileged | privileged: '' is not possible; use true or"
            + " false",
        "stream=1&stream=2&address=0&access=read | stream: given more than once; give one",
        "stream=1&address=0&access=read&colour=red | 'colour': no such parameter; there are stream,"
            + " device, pasid, process, address, page, access, privileged, kind",
        "device=small&stream=1&address=0&access=read | device and stream say the same thing; give one"
            + " of them",
        "device=x%0A&address=0&access=read | device: nothing attached is called 'x?'; there are"
            + " small",
        "device=large&address=0&access=read | device: nothing attached is called 'large'; there are"
            + " small",
        "device=small&process=carol&page=0&access=read | process: nothing in the guest is called"
            + " 'carol'; there are alice, bob",
        "device=small&process=bob&page=0&access=read | process: no device is bound to 'bob', so that"
            + " it has no PASID",
        "device=small&process=alice&page=64&access=read | page: '64' is not a number from 0 to 0x3f;"
            + " use one such as 0x20 or 32",
        "device=small&pasid=5&page=1&access=read | page counts in a process's buffer; give"
            + " process=..",
        "device=small&process=alice&pasid=5&page=1&access=read | process and pasid say the same thing;"
            + " give one of them",
      })
  void aWrongQuestionIsAnsweredWithOneSentence(String query, String sentence) throws Exception {
    summary.set(Summaries.passed());
    HttpResponse<String> response = get("/api/explain?" + query);

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).isEqualTo(sentence + "\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/api/summary", "/metrics", "/api/explain?stream=9&address=0&access=read"})
  void aMachineThatDoesNotAnswerIsUnavailableForAReason(String path) throws Exception {
    busy = true;
    HttpResponse<String> response = get(path);

    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.headers().firstValue("content-type")).hasValue("text/plain; charset=utf-8");
    assertThat(response.body()).isEqualTo("the machine is busy; ask again\n");

    busy = false;
    assertThat(get(path).statusCode()).isEqualTo(200);
  }

  @Test
  void servesAPageThatNeedsNothingFromElsewhere() throws Exception {
    HttpResponse<String> response = get("/");

    assertThat(response.headers().firstValue("content-security-policy").orElseThrow())
        .startsWith("default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'")
        .doesNotContain("unsafe");
    assertThat(response.body()).doesNotContain("https://", "http://", "<style", " style=");
    Deque<String> toRead = new ArrayDeque<>(references(response.body(), "/"));
    Set<String> read = new TreeSet<>();
    while (!toRead.isEmpty()) {
      String path = toRead.remove();
      if (read.add(path)) {
        HttpResponse<String> part = get(path);
        assertThat(part.statusCode()).as(path).isEqualTo(200);
        assertThat(part.headers().firstValue("content-type").orElseThrow())
            .as(path)
            .startsWith(path.endsWith(".css") ? "text/css" : "text/javascript");
        toRead.addAll(references(part.body(), "/live/"));
      }
    }
    assertThat(read).contains("/live/main.js", "/live/uplot.js", "/live/panels.css");
  }

  /** What a page or module names as a part of it. */
  private static List<String> references(String text, String folder) {
    return Pattern.compile(
            "(?:src=|stylesheet\" href=|from )[\"']\\./?([^\"']+)|\"(/live/[^\"]+)\"")
        .matcher(text)
        .results()
        .map(found -> found.group(1) == null ? found.group(2) : folder + found.group(1))
        .toList();
  }

  @Test
  void knowsNoOtherPath() throws Exception {
    assertThat(get("/etc/passwd").statusCode()).isEqualTo(404);
  }

  @Test
  void saysWhichPortIsInUse() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      assertThatThrownBy(() -> WebServer.start(address, new FakeWatched()))
          .isInstanceOf(IOException.class)
          .hasMessage("http.listen: " + address + " cannot be used: Address already in use");
    }
  }
}
