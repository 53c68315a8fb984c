package org.smmulator.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.device.DeviceBench.PASID;
import static org.smmulator.device.DeviceBench.RW;
import static org.smmulator.device.DeviceBench.VA;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.smmulator.bus.tlp.PageResponseCode;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.bus.wire.LatencyHistogram;
import org.smmulator.bus.wire.WorkingSetCurve;
import org.smmulator.counter.Counts;
import org.smmulator.device.fake.Packet;

/** A device with an ATC of two entries, of which every counter has a number of its own. */
class DeviceCounterTest {
  private static final int MAPPED = 10;
  private static final int MAPPED_ON_REQUEST = 3;
  private static final int NEVER_MAPPED = 2;

  private final DeviceBench bench;

  DeviceCounterTest() throws Exception {
    bench = DeviceBench.withAts(DeviceOptions.of("test", "test").withAtc(1, 2));
    bench.root.enablePageRequests(4);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private static long page(int index) {
    return VA + 0x1000L * index;
  }

  private void map(int index) {
    bench.root.map(PASID, page(index), 0x1_0000 + 0x1000L * index, 12, RW);
  }

  private int mapOnRequest(Packet request) {
    int index = (int) (request.address() - VA) / 0x1000;
    if (index >= MAPPED + MAPPED_ON_REQUEST) {
      return PageResponseCode.INVALID;
    }
    map(index);
    return PageResponseCode.SUCCESS;
  }

  private void readEachPage() {
    for (int index = 0; index < MAPPED; index++) {
      map(index);
    }
    bench.root.onPageRequest(this::mapOnRequest);
    int last = MAPPED + MAPPED_ON_REQUEST - 1;
    for (int index = 0; index <= last + NEVER_MAPPED; index++) {
      assertThat(bench.read(PASID, page(index)) == null).isEqualTo(index <= last);
    }
    for (int i = 0; i < 7; i++) {
      bench.read(PASID, page(last));
    }
  }

  private void invalidate(int firstPage, int pages) {
    for (int index = firstPage; index < firstPage + pages; index++) {
      bench.root.awaitAcknowledged(bench.root.invalidate(PASID, false, page(index), 12));
    }
  }

  @Test
  void eachCountIsKeptUnderItsName() {
    readEachPage();
    assertThat(bench.statistics()[DeviceCounter.ATC_ENTRIES_HELD.statsSlot()]).isEqualTo(2);
    invalidate(7, 6);
    bench.root.disableAts();
    for (int i = 0; i < 4; i++) {
      bench.write(PASID, VA);
    }
    long[] slots = bench.statistics();
    assertThat(Counts.of(DeviceCounter.class, row -> slots[row.statsSlot()]))
        .hasToString(
            "[ATC_LOOKUPS 22, ATC_HITS 7, ATC_MISSES 15, ATC_FILLS 13, ATC_EVICTIONS 11,"
                + " INVALIDATION_REQUESTS 6, ENTRIES_DROPPED 2, PAGE_REQUESTS 5,"
                + " TRANSLATION_REQUESTS 18, TRANSLATION_RETRIES 3, TRANSLATED_ACCESSES 20,"
                + " UNTRANSLATED_ACCESSES 4, BYTES_READ 160, BYTES_WRITTEN 32,"
                + " ATC_ENTRIES_HELD 0, ATC_CAPACITY 2]");
    WorkingSetCurve any = WorkingSetCurve.in(slots).get(0);
    assertThat(any.accesses()).as("lookups").isEqualTo(22);
    assertThat(any.points().get(1)).as("2 entries").isEqualTo(new WorkingSetCurve.Point(2, 7));
    assertThat(bench.latencies(LatencyHistogram.TRANSLATION_REQUEST)).isEqualTo(18);
    assertThat(bench.latencies(LatencyHistogram.INVALIDATION)).isEqualTo(6);
    assertThat(bench.latencies(LatencyHistogram.PAGE_REQUEST)).isEqualTo(5);
  }
}
