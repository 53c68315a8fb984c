package org.smmulator.bus.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class WorkingSetCurveTest {
  private static final int FIRST = 365;

  /** Slots of a device with 16 sets, as the protocol numbers them. */
  private static long[] told() {
    long[] slots = new long[DeviceCounter.SLOTS];
    slots[FIRST] = 1_000; // accesses
    slots[FIRST + 1] = 8;
    slots[FIRST + 2] = 16;
    slots[FIRST + 3] = 1;
    slots[FIRST + 4] = 100; // distance 1
    slots[FIRST + 4 + 8] = 200; // 9 and 10
    slots[FIRST + 4 + 59] = 300; // up to 65,536
    slots[FIRST + 64] = 400; // the way used last
    slots[FIRST + 64 + 19] = 500; // the 64th
    return slots;
  }

  @Test
  void isToldInItsPublishedSlots() {
    List<WorkingSetCurve> curves = WorkingSetCurve.in(told());
    assertThat(curves).hasSize(2);
    WorkingSetCurve any = curves.get(0);
    assertThat(any.sets()).isEqualTo(1);
    assertThat(any.onePageIn()).isEqualTo(8);
    assertThat(any.points()).hasSize(60);
    assertThat(any.points().get(0)).isEqualTo(new WorkingSetCurve.Point(1, 100));
    assertThat(any.points().get(7)).isEqualTo(new WorkingSetCurve.Point(8, 100));
    assertThat(any.points().get(8)).isEqualTo(new WorkingSetCurve.Point(10, 300));
    assertThat(any.points().get(59)).isEqualTo(new WorkingSetCurve.Point(65_536, 600));
    assertThat(any.hitRatio(any.points().get(8))).isEqualTo(0.3);
    assertThat(any.enough()).isEqualTo(65_536);
    WorkingSetCurve sets = curves.get(1);
    assertThat(sets.points()).hasSize(20);
    assertThat(sets.points().get(0)).isEqualTo(new WorkingSetCurve.Point(16, 400));
    assertThat(sets.points().get(19)).isEqualTo(new WorkingSetCurve.Point(1024, 900));
  }

  @Test
  void aDeviceThatTellsNoneHasNone() throws ProtocolException {
    ByteBuf body = Unpooled.buffer();
    body.writeShort(1).writeShort(365).writeZero(365 * Long.BYTES);
    assertThat(WorkingSetCurve.in(DeviceCounter.decode(body))).isEmpty();
    assertThat(WorkingSetCurve.in(new long[DeviceCounter.SLOTS])).isEmpty();
  }

  @Test
  void whatCannotBeIsNoCurve() {
    for (int slot = FIRST; slot < DeviceCounter.SLOTS; slot++) {
      for (long lie : new long[] {-1, Long.MAX_VALUE, Long.MIN_VALUE, 3L << 40}) {
        long[] slots = told();
        slots[slot] = lie;
        for (WorkingSetCurve curve : WorkingSetCurve.in(slots)) {
          long hits = curve.points().get(curve.points().size() - 1).hits();
          assertThat(hits).as("slot %s is %s", slot, lie).isBetween(0L, curve.accesses());
          assertThat(curve.sets()).isIn(1, 16);
        }
      }
    }
    long[] all = new long[DeviceCounter.SLOTS];
    Arrays.fill(all, Long.MAX_VALUE);
    assertThat(WorkingSetCurve.in(all)).isEmpty();
  }

  @Test
  void bucketsMeetWithoutGap() {
    for (int bucket = 0; bucket < DistanceBuckets.COUNT; bucket++) {
      int size = DistanceBuckets.size(bucket);
      assertThat(DistanceBuckets.index(size)).isEqualTo(bucket);
      assertThat(DistanceBuckets.index(size + 1)).isEqualTo(bucket + 1);
    }
    assertThat(DistanceBuckets.size(DistanceBuckets.COUNT - 1)).isEqualTo(65_536);
    assertThat(DistanceBuckets.size(DistanceBuckets.WAYS_COUNT - 1)).isEqualTo(64);
    assertThat(DistanceBuckets.index(48)).isEqualTo(DistanceBuckets.index(41));
    assertThat(DistanceBuckets.index(Integer.MAX_VALUE)).isGreaterThan(DistanceBuckets.COUNT);
    assertThatThrownBy(() -> DistanceBuckets.size(60)).hasMessageContaining("60");
  }
}
