package org.smmulator.guest.iommu.smmuv3;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.arch.event.EventType;
import org.smmulator.guest.iommu.DetachMode;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.MmContext;
import org.smmulator.guest.iommu.PageRequest;
import org.smmulator.guest.iommu.PageRequestHandler;
import org.smmulator.guest.iommu.PageResponse;
import org.smmulator.guest.iommu.ResponseCode;

/** A device of which firmware says that its faults may stall. */
final class StallServiceTest {
  // Event record: SSV 11, substream 31:12, stream 63:32; STAG 79:64, Stall 95, PnU 97, InD 98, RnW
  // 99; input address in the third word.
  private static final long F_TRANSLATION = 0x10;
  private static final long SSV = 1L << 11;
  private static final long PASID_5 = 5L << 12;
  private static final long STREAM = (long) DriverBench.STREAM << 32;
  private static final long STALL = 1L << 31;
  private static final long PNU = 1L << 33;
  private static final long IND = 1L << 34;
  private static final long RNW = 1L << 35;
  private static final int S1STALLD = 27;
  private static final int CD_S = 44;

  static LongStream seeds() {
    return DriverBench.seeds(100);
  }

  private static final class Taker implements PageRequestHandler {
    final List<PageRequest> requests = new ArrayList<>();
    @Nullable RuntimeException failure;

    @Override
    public void pageRequest(PageRequest request) {
      requests.add(request);
      if (failure != null) {
        throw failure;
      }
    }

    @Override
    public void discardPartials() {}
  }

  private record Setup(
      DriverBench bench, SmmuV3Driver driver, IommuDevice device, IommuDomain domain, Taker taker) {
    static Setup on(DriverBench bench) throws IommuException {
      SmmuV3Driver driver = bench.probe();
      JournalledAts ats = bench.ats();
      ats.hasAts = false;
      ats.hasPri = false;
      IommuDevice device = new IommuDevice(DriverBench.STREAM, "stalling", ats, true);
      IommuDomain domain = driver.attachDefaultDomain(device);
      Taker taker = new Taker();
      driver.setPageRequestHandler(taker);
      bench.takeJournal();
      return new Setup(bench, driver, device, domain, taker);
    }

    MmContext bind() throws IommuException {
      MmContext context = driver.mmAlloc(domain, bench.spaces.create("process"));
      driver.mmAttach(domain, device, 5, context, true);
      bench.takeJournal();
      return context;
    }

    boolean contextStalls(int pasid) {
      long word = bench.smmu.tables.cdWord(DriverBench.STREAM, pasid, 0);
      return (word >>> CD_S & 1) != 0;
    }

    void stall(int stag, long flags, long address) {
      bench.smmu.event(F_TRANSLATION | SSV | PASID_5 | STREAM, STALL | flags | stag, address, 0);
      driver.flushPageRequests(device);
    }

    void respond(int stag, ResponseCode code) {
      driver.pageResponse(device, new PageResponse(5, stag, code));
      bench.sched.sleep(1);
    }
  }

  @Test
  void letsFaultsOfProcessesStallAndNoOthers() {
    DriverBench.run(
        bench -> {
          Setup setup = Setup.on(bench);
          setup.bind();
          long ste = bench.smmu.tables.steWord(DriverBench.STREAM, 1);
          assertThat(ste >>> S1STALLD & 1).isZero();
          assertThat(setup.contextStalls(5)).isTrue();
          assertThat(setup.contextStalls(0)).isFalse();
          assertThat(setup.driver().pageRequestRefusal(setup.device())).isNull();
        });
  }

  @Test
  void noFaultOfAQuietDescriptorStalls() {
    DriverBench.run(
        bench -> {
          Setup setup = Setup.on(bench);
          MmContext context = setup.bind();
          setup.driver().mmDetach(setup.domain(), setup.device(), 5, context, DetachMode.QUIET);
          assertThat(setup.contextStalls(5)).isFalse();
        });
  }

  @Test
  void handsAStallOnAsAPageRequestAndResumesItWithTheAnswer() {
    DriverBench.run(
        bench -> {
          Setup setup = Setup.on(bench);
          setup.stall(0xbeef, RNW | IND | PNU, 0x7fff_1234_5678L);
          setup.stall(3, 0, 0x4000);
          assertThat(setup.taker().requests)
              .containsExactly(
                  new PageRequest(
                      setup.device(), 5, 0x7fff_1234_5000L, 0xbeef, true, true, false, true, true),
                  new PageRequest(setup.device(), 5, 0x4000, 3, true, false, true, false, false));
          setup.respond(3, ResponseCode.SUCCESS);
          setup.respond(0xbeef, ResponseCode.INVALID);
          setup.respond(4, ResponseCode.FAILURE);
          assertThat(bench.takeJournal())
              .containsExactly(
                  "RESUME sid=208 stag=3 retry",
                  "RESUME sid=208 stag=48879 abort",
                  "RESUME sid=208 stag=4 abort");
          assertThat(setup.driver().eventCount(EventType.F_TRANSLATION)).isEqualTo(2);
        });
  }

  /** Nobody else would ever let the device go on. */
  @Test
  void endsAStallThatNobodyTakes() {
    DriverBench.run(
        bench -> {
          Setup setup = Setup.on(bench);
          bench.smmu.event(
              F_TRANSLATION | (long) DriverBench.OTHER_STREAM << 32, STALL | 7, 0x4000, 0);
          setup.taker().failure = new IllegalStateException("a broken taker");
          setup.stall(8, 0, 0x4000);
          bench.sched.sleep(1);
          assertThat(bench.takeJournal())
              .containsExactly("RESUME sid=210 stag=7 abort", "RESUME sid=208 stag=8 abort");
        });
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void knowsOfAStallUntilTheHandlerHasIt(long seed) {
    DriverBench.run(
        seed,
        bench -> {
          Setup setup = Setup.on(bench);
          bench.smmu.event(F_TRANSLATION | SSV | PASID_5 | STREAM, STALL | 1, 0x4000, 0);
          boolean held = setup.driver().hasPageRequestsFor(setup.device(), 5);
          assertThat(held || !setup.taker().requests.isEmpty()).isTrue();
          assertThat(setup.driver().hasPageRequestsFor(setup.device(), 6)).isFalse();
          setup.driver().flushPageRequests(setup.device());
          assertThat(setup.taker().requests).hasSize(1);
          assertThat(setup.driver().hasPageRequestsFor(setup.device(), 5)).isFalse();
        });
  }

  @Test
  void endsWhatHasStalledOnceTheEntryAborts() {
    DriverBench.run(
        bench -> {
          Setup setup = Setup.on(bench);
          bench.smmu.event(F_TRANSLATION | SSV | PASID_5 | STREAM, STALL | 1, 0x4000, 0);
          setup.driver().detachDevice(setup.device());
          assertThat(bench.takeJournal())
              .containsSubsequence("CFGI_STE sid=208 leaf", "SYNC", "STALL_TERM sid=208", "SYNC");
          assertThat(setup.taker().requests).hasSize(1);
        });
  }

  /** F_BAD_ATS_TREQ has in its place whether the request asked for reading. */
  @Test
  void aRecordOfAnotherKindIsNoStall() {
    DriverBench.run(
        bench -> {
          Setup setup = Setup.on(bench);
          bench.smmu.event(0x05 | SSV | PASID_5 | STREAM, STALL | 1, 0x4000, 0);
          setup.driver().flushPageRequests(setup.device());
          bench.sched.sleep(1);
          assertThat(setup.taker().requests).isEmpty();
          assertThat(bench.takeJournal()).isEmpty();
        });
  }

  @Test
  void otherDevicesDoNotStall() {
    DriverBench.run(
        bench -> {
          SmmuV3Driver driver = bench.probe();
          driver.attachDefaultDomain(bench.device(DriverBench.STREAM));
          long ste = bench.smmu.tables.steWord(DriverBench.STREAM, 1);
          assertThat(ste >>> S1STALLD & 1).isEqualTo(1);
        });
  }
}
