package org.smmulator.guest.iommu.smmuv3;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.arch.event.EventType;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.PageRequest;
import org.smmulator.guest.iommu.PageRequestHandler;

/** The queues that the SMMU fills: page requests and events. */
final class OutputQueuesTest {
  // PRI record, first word: SSV 63, Last 62, W 61, R 60, X 59, Priv 58, substream 51:32, stream.
  private static final long SSV = 1L << 63;
  private static final long LAST = 1L << 62;
  private static final long WRITE = 1L << 61;
  private static final long READ = 1L << 60;
  private static final long EXEC = 1L << 59;
  private static final long PRIV = 1L << 58;
  private static final long PASID_5 = 5L << 32;

  static LongStream seeds() {
    return DriverBench.seeds(100);
  }

  /** Takes requests, and looks at the queue's index while it does. */
  private static final class Taker implements PageRequestHandler {
    final List<PageRequest> requests = new ArrayList<>();
    final List<Long> consumed = new ArrayList<>();
    int discards;
    private final DriverBench bench;

    Taker(DriverBench bench) {
      this.bench = bench;
    }

    @Override
    public void pageRequest(PageRequest request) {
      bench.sched.execution().yieldPoint();
      requests.add(request);
      consumed.add(bench.smmu.get(0x100cc));
    }

    @Override
    public void discardPartials() {
      discards++;
    }

    List<Integer> groups() {
      return requests.stream().map(PageRequest::group).toList();
    }
  }

  private record Setup(SmmuV3Driver driver, IommuDevice device, Taker taker) {
    static Setup on(DriverBench bench) throws IommuException {
      SmmuV3Driver driver = bench.probe();
      IommuDevice device = bench.device(DriverBench.STREAM);
      driver.attachDefaultDomain(device);
      Taker taker = new Taker(bench);
      driver.setPageRequestHandler(taker);
      bench.takeJournal();
      return new Setup(driver, device, taker);
    }
  }

  @Test
  void decodesPageRequestsAfterGivingTheirSlotsBack() {
    DriverBench.run(
        bench -> {
          Setup setup = Setup.on(bench);
          bench.smmu.pageRequest(SSV | WRITE | PASID_5 | DriverBench.STREAM, 0x7fff_1234_51ffL);
          bench.smmu.pageRequest(LAST | READ | DriverBench.STREAM, 0x3000L | 7);
          bench.smmu.pageRequest(
              SSV | LAST | READ | EXEC | PRIV | PASID_5 | DriverBench.STREAM, 0x4000L);
          setup.driver().flushPageRequests(setup.device());
          IommuDevice device = setup.device();
          assertThat(setup.taker().requests)
              .containsExactly(
                  new PageRequest(
                      device, 5, 0x7fff_1234_5000L, 0x1ff, false, false, true, false, false),
                  new PageRequest(device, -1, 0x3000, 7, true, true, false, false, false),
                  new PageRequest(device, 5, 0x4000, 0, true, true, false, true, true));
          assertThat(setup.taker().consumed).containsExactly(1L, 2L, 3L);
        });
  }

  @Test
  void swallowsStopMarkers() {
    DriverBench.run(
        bench -> {
          Setup setup = Setup.on(bench);
          bench.smmu.pageRequest(SSV | LAST | PASID_5 | DriverBench.STREAM, 0);
          bench.smmu.pageRequest(LAST | DriverBench.STREAM, 3);
          setup.driver().flushPageRequests(setup.device());
          assertThat(setup.taker().groups()).containsExactly(3);
          assertThat(bench.takeJournal()).isEmpty();
        });
  }

  @Test
  void answersFailureOnceForAGroupThatNobodyTakes() {
    DriverBench.run(
        bench -> {
          SmmuV3Driver driver = bench.probe();
          IommuDevice device = bench.device(DriverBench.STREAM);
          driver.attachDefaultDomain(device);
          bench.takeJournal();
          bench.smmu.pageRequest(SSV | READ | PASID_5 | DriverBench.STREAM, 9);
          bench.smmu.pageRequest(SSV | READ | LAST | PASID_5 | DriverBench.STREAM, 9);
          driver.flushPageRequests(device);
          driver.setPageRequestHandler(new Taker(bench));
          bench.smmu.pageRequest(LAST | READ | DriverBench.OTHER_STREAM, 4);
          driver.flushPageRequests(device);
          bench.sched.sleep(1);
          assertThat(bench.takeJournal())
              .containsExactly(
                  "PRI_RESP sid=208 ssid=5 group=9 code=0", "PRI_RESP sid=210 group=4 code=0");
        });
  }

  /** The queue has eight entries; the overflow may come while they are being taken or before. */
  @ParameterizedTest
  @MethodSource("seeds")
  void acknowledgesAnOverflowAndGoesOnTakingRequests(long seed) {
    DriverBench.run(
        seed,
        bench -> {
          Setup setup = Setup.on(bench);
          int sent = 0;
          int lost = 0;
          while (sent < 40) {
            if (!bench.smmu.pageRequest(LAST | READ | DriverBench.STREAM, sent)) {
              lost++;
            }
            sent++;
            bench.sched.execution().yieldPoint();
          }
          bench.sched.sleep(1);
          assertThat(setup.taker().requests).hasSize(sent - lost);
          assertThat(setup.taker().discards > 0).isEqualTo(lost > 0);
          assertThat(bench.smmu.get(0x100c8)).isEqualTo(bench.smmu.get(0x100cc));
          assertThat(bench.smmu.pageRequest(LAST | READ | DriverBench.STREAM, 99)).isTrue();
          setup.driver().flushPageRequests(setup.device());
          assertThat(setup.taker().groups()).endsWith(99);
        });
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void knowsOfARequestUntilTheHandlerHasIt(long seed) {
    DriverBench.run(
        seed,
        bench -> {
          Setup setup = Setup.on(bench);
          bench.smmu.pageRequest(SSV | LAST | READ | (6L << 32) | DriverBench.STREAM, 1);
          bench.smmu.pageRequest(SSV | LAST | READ | PASID_5 | DriverBench.STREAM, 2);
          boolean held = setup.driver().hasPageRequestsFor(setup.device(), 5);
          assertThat(held || setup.taker().groups().contains(2)).isTrue();
          setup.driver().flushPageRequests(setup.device());
          assertThat(setup.taker().groups()).containsExactly(1, 2);
          assertThat(setup.driver().hasPageRequestsFor(setup.device(), 5)).isFalse();
        });
  }

  @Test
  void endsAFlushAlthoughRequestsKeepComing() {
    DriverBench.run(
        bench -> {
          Setup setup = Setup.on(bench);
          int[] sent = {0};
          bench.sched.spawn(
              "busy device",
              () -> {
                while (true) {
                  if (bench.smmu.pageRequest(LAST | READ | DriverBench.STREAM, sent[0] & 0x1ff)) {
                    sent[0]++;
                  }
                  bench.sched.execution().yieldPoint();
                }
              });
          bench.sched.sleep(0);
          while (sent[0] < 5) {
            bench.sched.execution().yieldPoint();
          }
          int before = sent[0];
          setup.driver().flushPageRequests(setup.device());
          assertThat(setup.taker().requests).hasSizeGreaterThanOrEqualTo(before);
        });
  }

  @Test
  void decodesCountsAndHandsOnEvents() {
    DriverBench.run(
        bench -> {
          Setup setup = Setup.on(bench);
          List<IommuEvent> events = new ArrayList<>();
          setup.driver().setEventListener(events::add);
          // F_TRANSLATION, SSV, PASID 0xabcde; RnW (bit 99)
          bench.smmu.event(0x0000_0208_abcd_e810L, 1L << 35, 0x7fff_0000_1234L, 0);
          // C_BAD_SUBSTREAMID has no SSV
          bench.smmu.event(0x0000_0208_0000_7008L, 0, 0, 0);
          // F_STE_FETCH of a stream without device
          bench.smmu.event(0x0000_0999_0000_0003L, 0, 0, 0x4000_2340L);
          // a number of an implementation
          bench.smmu.event(0x0000_0208_0000_00e5L, 0, 0, 0);
          bench.sched.sleep(1);
          assertThat(events)
              .containsExactly(
                  new IommuEvent(
                      0x10,
                      EventType.F_TRANSLATION,
                      0x208,
                      setup.device(),
                      0xabcde,
                      0x7fff_0000_1234L,
                      true,
                      0),
                  new IommuEvent(
                      0x08, EventType.C_BAD_SUBSTREAMID, 0x208, setup.device(), 7, 0, false, 0),
                  new IommuEvent(
                      0x03, EventType.F_STE_FETCH, 0x999, null, -1, 0, false, 0x4000_2340L),
                  new IommuEvent(0xe5, null, 0x208, setup.device(), -1, 0, false, 0));
          assertThat(setup.driver().eventCount(EventType.F_TRANSLATION)).isEqualTo(1);
        });
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void goesOnAfterEventsWereLost(long seed) {
    DriverBench.run(
        seed,
        bench -> {
          Setup setup = Setup.on(bench);
          for (int lap = 0; lap < 3; lap++) {
            // The queue has eight entries.
            for (int i = 0; i < 20; i++) {
              bench.smmu.event(0x0000_0208_0000_000aL, 0, 0, 0);
            }
            bench.sched.sleep(1);
            assertThat(bench.smmu.get(0x100a8)).isEqualTo(bench.smmu.get(0x100ac));
          }
          assertThat(setup.driver().eventCount(EventType.C_BAD_CD)).isBetween(24L, 60L);
        });
  }

  /** Sends until a queue has overflowed so many times, each of them acknowledged. */
  private static void overflow(DriverBench bench, int prod, int times, Runnable send) {
    int overflows = 0;
    for (int sent = 0; sent < 1000 && overflows < times; sent++) {
      long before = bench.smmu.get(prod);
      send.run();
      if (((before ^ bench.smmu.get(prod)) >>> 31 & 1) != 0) {
        overflows++;
        bench.sched.sleep(1);
      }
    }
  }

  @Test
  void countsEventsAndTheOverflowsOfEachQueue() {
    DriverBench.run(
        bench -> {
          Setup setup = Setup.on(bench);
          List<IommuEvent> events = new ArrayList<>();
          setup.driver().setEventListener(events::add);
          overflow(bench, 0x100a8, 3, () -> bench.smmu.event(0x0000_0208_0000_000aL, 0, 0, 0));
          overflow(
              bench, 0x100c8, 5, () -> bench.smmu.pageRequest(LAST | READ | DriverBench.STREAM, 1));
          assertThat(events).as("the queue has eight entries").hasSizeGreaterThanOrEqualTo(8);
          assertThat(setup.driver().statistics())
              .hasToString(
                  "[EVENTS_TAKEN %d, EVENT_QUEUE_OVERFLOWS 3, PAGE_REQUEST_QUEUE_OVERFLOWS 5]"
                      .formatted(events.size()));
        });
  }
}
