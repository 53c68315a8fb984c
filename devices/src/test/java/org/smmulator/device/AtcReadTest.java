package org.smmulator.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.device.DeviceBench.PASID;
import static org.smmulator.device.DeviceBench.RW;
import static org.smmulator.device.DeviceBench.VA;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.smmulator.bus.tlp.AtsEntry;
import org.smmulator.bus.wire.AtcEntries;
import org.smmulator.device.atc.Permissions;

/** A device is asked what its ATC holds. */
class AtcReadTest {
  private static final long EVERYWHERE = -1L;

  @Test
  void tellsEachEntryAndItsAge() throws Exception {
    try (DeviceBench bench = DeviceBench.withAts()) {
      bench.root.map(PASID, VA, 0x5000, 12, RW);
      bench.root.map(PASID, VA + 0x20_0000, 0x20_0000, 21, AtsEntry.READ);
      bench.write(PASID, VA);
      bench.read(PASID, VA + 0x20_3000);

      AtcEntries held = bench.root.readAtc(0, 0, EVERYWHERE);

      assertThat(held.sets()).isEqualTo(16);
      assertThat(held.ways()).isEqualTo(4);
      assertThat(held.next()).isEqualTo(64);
      // set (page XOR PASID) mod 16: (0x7f0000203 ^ 5) mod 16 and (0x7f0000000 ^ 5) mod 16
      assertThat(held.entries())
          .containsExactly(
              new AtcEntries.Entry(
                  5 * 4, PASID, VA, 0x5000, 12, Permissions.READ | Permissions.WRITE, 1),
              new AtcEntries.Entry(
                  6 * 4, PASID, VA + 0x20_3000, 0x20_3000, 21, Permissions.READ, 0));
    }
  }

  @Test
  void tellsWhatWasAskedForAndNothingOfWhatWasDropped() throws Exception {
    try (DeviceBench bench = DeviceBench.withAts()) {
      bench.root.map(PASID, VA, 0x1_0000, 16, RW);
      for (int page = 0; page < 16; page++) {
        bench.read(PASID, VA + page * 0x1000L);
      }
      assertThat(addresses(bench.root.readAtc(0, VA + 0x3000, VA + 0x4fff)))
          .containsExactlyInAnyOrder(VA + 0x3000, VA + 0x4000);

      bench.root.unmap(PASID, VA);
      bench.root.awaitAcknowledged(bench.root.invalidate(PASID, false, VA, 16));
      assertThat(bench.root.readAtc(0, 0, EVERYWHERE).entries()).isEmpty();
    }
  }

  /** A cache of 65,536 entries with 300 pages: no part looks at, or tells, more than its share. */
  @Test
  void tellsALargeCacheInParts() throws Exception {
    try (DeviceBench bench =
        DeviceBench.withAts(DeviceOptions.of("large", "large").withAtc(1 << 14, 4))) {
      bench.root.map(PASID, VA, 0, 21, RW);
      List<Long> read = new ArrayList<>();
      for (int page = 0; page < 300; page++) {
        bench.read(PASID, VA + page * 0x1000L);
        read.add(VA + page * 0x1000L);
      }
      List<Long> told = new ArrayList<>();
      int parts = 0;
      long next = 0;
      while (next < 1 << 16) {
        AtcEntries part = bench.root.readAtc(next, 0, EVERYWHERE);
        assertThat(part.first()).isEqualTo(next);
        assertThat(part.entries().size()).isLessThanOrEqualTo(AtcEntries.MOST);
        assertThat(part.next() - next).isBetween(1L, (long) AtcReader.MOST_LOOKED_AT);
        told.addAll(addresses(part));
        next = part.next();
        parts++;
      }
      assertThat(told).containsExactlyInAnyOrderElementsOf(read);
      assertThat(parts).isBetween(16, 20);
    }
  }

  @Test
  void saysThatNothingIsBehindItsEnd() throws Exception {
    try (DeviceBench bench = DeviceBench.withAts()) {
      AtcEntries part = bench.root.readAtc(0xffff_ffffL, 0, EVERYWHERE);
      assertThat(part.next()).isEqualTo(64);
      assertThat(part.entries()).isEmpty();
    }
  }

  private static List<Long> addresses(AtcEntries part) {
    return part.entries().stream().map(AtcEntries.Entry::address).toList();
  }
}
