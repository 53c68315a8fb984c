package org.smmulator.guest.iommu.smmuv3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.guest.iommu.DmaDirection;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;

final class DefaultDomainTest {
  private static final long BUFFER = FakeRam.BASE + 0x20_0000;

  static LongStream seeds() {
    return DriverBench.seeds(20);
  }

  private static IommuDomain domain(DriverBench bench) throws IommuException {
    IommuDomain domain = bench.probe().attachDefaultDomain(bench.device(DriverBench.STREAM));
    bench.takeJournal();
    return domain;
  }

  private static long descriptor(DriverBench bench, long iova) {
    return bench.smmu.tables.domainPage(DriverBench.STREAM, iova);
  }

  @Test
  void mapsForUnprivilegedDataAccessOfTheDomainOnly() {
    DriverBench.run(
        bench -> {
          IommuDomain domain = domain(bench);
          long both = domain.map(BUFFER, 0x1001, DmaDirection.BIDIRECTIONAL);
          long source = domain.map(BUFFER, 0x1000, DmaDirection.TO_DEVICE);
          // UXN, PXN, nG, AF, inner shareable, AP[1], page; AP[2] where the device only reads
          assertThat(descriptor(bench, both)).isEqualTo(0x0060_0000_0000_0f43L | BUFFER);
          assertThat(descriptor(bench, both + 0x1000))
              .isEqualTo(0x0060_0000_0000_0f43L | (BUFFER + 0x1000));
          assertThat(descriptor(bench, both + 0x2000)).isEqualTo(0x0060_0000_0000_0fc3L | BUFFER);
          assertThat(source).isEqualTo(both + 0x2000);
          assertThat(bench.takeJournal()).isEmpty();
        });
  }

  @Test
  void unmapsFromTlbAndAtcBeforeItReturns() {
    DriverBench.run(
        bench -> {
          IommuDomain domain = domain(bench);
          long iova = domain.map(BUFFER, 0x2000, DmaDirection.FROM_DEVICE);
          domain.unmap(iova, 0x2000);
          String asid = FakeSmmu.hex(bench.asids.get(1));
          assertThat(bench.takeJournal())
              .containsExactly(
                  "TLBI_NH_VA asid=" + asid + " 10000000 leaf",
                  "TLBI_NH_VA asid=" + asid + " 10001000 leaf",
                  "SYNC",
                  "ATC_INV sid=208 10000000 size=1",
                  "SYNC");
          assertThat(descriptor(bench, iova)).isZero();
          assertThat(descriptor(bench, iova + 0x1000)).isZero();
        });
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void handsOutNoAddressThatIsNotInvalidatedYet(long seed) {
    DriverBench.run(
        seed,
        bench -> {
          IommuDomain domain = domain(bench);
          long iova = domain.map(BUFFER, 0x1000, DmaDirection.BIDIRECTIONAL);
          var unmapping = bench.sched.spawn("unmap", () -> domain.unmap(iova, 0x1000));
          for (int i = 0; i < 20 && !unmapping.isDone(); i++) {
            long next = domain.map(BUFFER, 0x1000, DmaDirection.BIDIRECTIONAL);
            if (next == iova) {
              assertThat(bench.takeJournal()).endsWith("ATC_INV sid=208 10000000 size=0", "SYNC");
              return;
            }
          }
          unmapping.join();
        });
  }

  @Test
  void mapsTheMsiDoorbellOnce() {
    DriverBench.run(
        bench -> {
          IommuDomain domain = domain(bench);
          long doorbell = domain.mapMsiDoorbell();
          assertThat(doorbell & 0xfff).isEqualTo(0x40);
          assertThat(descriptor(bench, doorbell) & 0xffff_ffff_f000L).isEqualTo(0x0802_0000L);
          assertThat(domain.mapMsiDoorbell()).isEqualTo(doorbell);
        });
  }

  @Test
  void refusesWhatIsNotPagesAndGivesTheAddressesBackWithoutMemory() {
    DriverBench.run(
        bench -> {
          IommuDomain domain = domain(bench);
          assertErrno(() -> domain.map(BUFFER + 8, 8, DmaDirection.TO_DEVICE), Errno.EINVAL);
          assertErrno(() -> domain.map(BUFFER, 0, DmaDirection.TO_DEVICE), Errno.EINVAL);
          assertErrno(() -> domain.map(BUFFER, 1L << 41, DmaDirection.TO_DEVICE), Errno.ENOSPC);
          while (bench.frames.freeFrames() > 2) {
            bench.frames.allocate();
          }
          assertErrno(() -> domain.map(BUFFER, 0x1000, DmaDirection.TO_DEVICE), Errno.ENOMEM);
          bench.frames.put(FakeRam.BASE + 0x10_0000);
          assertThat(domain.map(BUFFER, 0x1000, DmaDirection.TO_DEVICE)).isEqualTo(0x1000_0000L);
          assertThatThrownBy(() -> domain.unmap(0x1000_0000L, 0x2000))
              .isInstanceOf(IllegalStateException.class);
        });
  }

  private static void assertErrno(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, Errno errno) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(IommuException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void neverOverlapsAddressRangesAndMergesWhatIsFreed(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    IovaAllocator iovas = new IovaAllocator(0, 64);
    TreeMap<Long, Long> taken = new TreeMap<>();
    for (int i = 0; i < 500; i++) {
      long bytes = 1 + random.nextLong(16);
      Long start = random.nextInt(3) > 0 ? iovas.allocate(bytes) : null;
      if (start != null) {
        assertThat(taken.subMap(start, start + bytes)).isEmpty();
        var below = taken.lowerEntry(start);
        assertThat(below == null || below.getKey() + below.getValue() <= start).isTrue();
        taken.put(start, bytes);
      } else if (!taken.isEmpty()) {
        long oldest = taken.firstKey();
        taken.remove(oldest);
        iovas.free(oldest);
      }
    }
    taken.keySet().forEach(iovas::free);
    assertThat(iovas.allocate(64)).isEqualTo(0);
  }
}
