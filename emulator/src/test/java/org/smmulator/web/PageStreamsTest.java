package org.smmulator.web;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.smmulator.counter.Counts;
import org.smmulator.history.Watch;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.metrics.Summaries;
import org.smmulator.metrics.Summary;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.pcie.FunctionCounter;
import org.smmulator.record.Recorder;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PageStreamsTest {
  private final AtomicLong now = new AtomicLong();
  private volatile Supplier<Summary> news = Summaries::passed;
  private final Watch watch = new Watch(Recorder.OFF);
  private @Nullable WebServer server;
  private final RawClients clients = new RawClients(() -> requireNonNull(server));

  private void start(Duration patience) throws IOException {
    server =
        WebServer.start(
            "127.0.0.1:0",
            new FakeWatched(
                () -> news.get(), question -> List.of(), ProcessTable.EMPTY, watch, null),
            patience);
    watch.begin(new Watch.Machine(() -> news.get(), now::incrementAndGet, null));
  }

  @AfterEach
  void stop() throws IOException {
    watch.close();
    clients.close();
    requireNonNull(server).close();
  }

  private RawClient listen() throws IOException {
    RawClient client = clients.connect();
    client.ask("GET /api/stream HTTP/1.1");
    return client;
  }

  @Test
  void tellsOfEachSampleForAsLongAsTheClientStays() throws IOException {
    start(Duration.ofSeconds(30));
    RawClient client = listen();
    RawClient.Reply head = client.head();

    assertThat(head.status()).isEqualTo(200);
    assertThat(head.header("content-type")).isEqualTo("text/event-stream");
    assertThat(client.until("\"samples\":[{")).contains("data: {\"state\":\"real\"");
    assertThat(client.until("\"whole\":false")).contains("data: ");
  }

  @Test
  void thirtyTwoListenAndTheNextIsToldSo() throws IOException {
    start(Duration.ofSeconds(30));
    for (int i = 0; i < PageStreams.MOST; i++) {
      assertThat(listen().head().status()).isEqualTo(200);
    }
    RawClient.Reply refused = clients.ask("GET /api/stream HTTP/1.1");
    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.body()).isEqualTo(PageStreams.TOO_MANY + "\n");

    clients.all().get(0).close();
    int status;
    do {
      RawClient next = listen();
      status = next.head().status();
      if (status != 200) {
        next.close();
      }
    } while (status != 200);
  }

  @Test
  void headOfAStreamIsItsHeadAlone() throws IOException {
    start(Duration.ofSeconds(30));
    RawClient client = clients.connect();
    client.ask("HEAD /api/stream HTTP/1.1");
    assertThat(client.head().status()).isEqualTo(200);
    client.ask("GET /api/step HTTP/1.1");
    assertThat(client.reply().status()).isEqualTo(200);
  }

  /** Of many devices there is more news than the kernel takes for one who never reads. */
  @Test
  void whoTakesNothingIsDroppedAndHoldsNobodyUp() throws IOException {
    start(Duration.ofSeconds(1));
    AtomicLong turns = new AtomicLong();
    news = () -> manyDevices(turns.incrementAndGet());
    for (int i = 0; i < PageStreams.MOST; i++) {
      assertThat(listen().head().status()).isEqualTo(200);
    }
    assertThat(clients.ask("GET /api/step HTTP/1.1").status()).isEqualTo(200);
    int status;
    do {
      RawClient next = listen();
      status = next.head().status();
      next.close();
    } while (status != 200);
  }

  private static Summary manyDevices(long count) {
    DeviceCounters device = Summaries.passed().devices().get(0);
    List<DeviceCounters> devices =
        IntStream.range(0, 200)
            .mapToObj(
                i ->
                    new DeviceCounters(
                        "device " + i,
                        device.name(),
                        device.model(),
                        true,
                        null,
                        Counts.of(FunctionCounter.class, row -> count),
                        device.reported(),
                        List.of(),
                        List.of(),
                        Map.of()))
            .toList();
    return Summary.EMPTY.with(devices);
  }
}
