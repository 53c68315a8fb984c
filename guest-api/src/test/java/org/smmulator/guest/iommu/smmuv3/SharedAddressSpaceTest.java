package org.smmulator.guest.iommu.smmuv3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.guest.iommu.BoundDevice;
import org.smmulator.guest.iommu.DetachMode;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.MmContext;
import org.smmulator.guest.iommu.SvaBug;
import org.smmulator.guest.mm.AddressSpace;

final class SharedAddressSpaceTest {
  private static final int PASID = 5;

  /** A device with one shared address space. */
  private record Shared(
      SmmuV3Driver driver, IommuDevice device, IommuDomain domain, MmContext context) {

    static Shared on(DriverBench bench) throws IommuException {
      SmmuV3Driver driver = bench.probe();
      IommuDevice device = bench.device(DriverBench.STREAM);
      IommuDomain domain = driver.attachDefaultDomain(device);
      AddressSpace mm = bench.spaces.create("process");
      MmContext context = driver.mmAlloc(domain, mm);
      driver.mmAttach(domain, device, PASID, context, true);
      bench.takeJournal();
      return new Shared(driver, device, domain, context);
    }

    void invalidate(long start, long size) {
      driver.mmInvalidate(List.of(new BoundDevice(domain, device)), PASID, context, start, size);
    }

    void detach(DetachMode mode) {
      driver.mmDetach(domain, device, PASID, context, mode);
    }

    String asid() {
      return FakeSmmu.hex(context.asid());
    }
  }

  @Test
  void installsTheProcessTableInOneDescriptorThatIsValidLast() {
    DriverBench.run(
        bench -> {
          SmmuV3Driver driver = bench.probe();
          IommuDevice device = bench.device(DriverBench.STREAM);
          IommuDomain domain = driver.attachDefaultDomain(device);
          AddressSpace mm = bench.spaces.create("process");
          bench.takeJournal();
          bench.smmu.seenAtInvalidation.clear();
          int beyondFirstLeaf = 1025;
          driver.mmAttach(domain, device, beyondFirstLeaf, driver.mmAlloc(domain, mm), true);
          assertThat(bench.takeJournal())
              .containsExactly(
                  "CFGI_CD sid=208 ssid=1025", "SYNC", "CFGI_CD sid=208 ssid=1025", "SYNC");
          long[] words = LayoutRows.words("driver-structures.txt", "CD_TRANSLATING");
          long first = (words[0] & 0xffff_ffff_ffffL) | (long) mm.asid() << 48;
          assertThat(bench.smmu.seenAtInvalidation)
              .containsExactly(List.of(0L, mm.pageTableRoot()), List.of(first, mm.pageTableRoot()));
          assertThat(bench.smmu.tables.cdWord(DriverBench.STREAM, beyondFirstLeaf, 3))
              .isEqualTo(words[3]);
        });
  }

  @Test
  void writesNothingForAFurtherDeviceOfADomain() {
    DriverBench.run(
        bench -> {
          Shared shared = Shared.on(bench);
          shared
              .driver()
              .mmAttach(shared.domain(), shared.device(), PASID + 1, shared.context(), false);
          assertThat(bench.takeJournal()).isEmpty();
          assertThat(bench.smmu.tables.cdWord(DriverBench.STREAM, PASID + 1, 0)).isZero();
        });
  }

  @ParameterizedTest
  @CsvSource({"0", "-1", "1048576"})
  void refusesPasidsThatTheTableDoesNotHave(int pasid) {
    DriverBench.run(
        bench -> {
          Shared shared = Shared.on(bench);
          assertThatThrownBy(
                  () ->
                      shared
                          .driver()
                          .mmAttach(
                              shared.domain(), shared.device(), pasid, shared.context(), true))
              .isInstanceOfSatisfying(
                  IommuException.class,
                  e -> assertThat(e.errno()).isEqualTo(IommuException.Errno.ERANGE));
        });
  }

  @Test
  void completesTheTlbInvalidationBeforeItAsksTheAtc() {
    DriverBench.run(
        bench -> {
          Shared shared = Shared.on(bench);
          shared.invalidate(0x7000, 0x2000);
          assertThat(bench.takeJournal())
              .containsExactly(
                  "TLBI_NH_VA asid=" + shared.asid() + " 7000",
                  "TLBI_NH_VA asid=" + shared.asid() + " 8000",
                  "SYNC",
                  "ATC_INV sid=208 ssid=5 0 size=4",
                  "SYNC");
        });
  }

  @Test
  void plantsTheBugOfAskingTheAtcFirst() {
    DriverBench.run(
        bench -> {
          bench.options = bench.options.withBugs(Set.of(SvaBug.ATC_INV_BEFORE_TLBI));
          Shared shared = Shared.on(bench);
          shared.invalidate(0x7000, 0x1000);
          assertThat(bench.takeJournal())
              .containsExactly(
                  "ATC_INV sid=208 ssid=5 7000 size=0",
                  "SYNC",
                  "TLBI_NH_VA asid=" + shared.asid() + " 7000",
                  "SYNC");
        });
  }

  @ParameterizedTest
  @CsvSource({"0x10000, 0x8000, 3, 10000", "0x10000, 0x40000000, 19, 0", "0x5000, 0, 52, 0"})
  void dropsTheWholeAsidFromTheThresholdOn(String start, String size, int log2, String block) {
    DriverBench.run(
        bench -> {
          Shared shared = Shared.on(bench);
          shared.invalidate(Long.decode(start), Long.decode(size));
          assertThat(bench.takeJournal())
              .containsExactly(
                  "TLBI_NH_ASID asid=" + shared.asid(),
                  "SYNC",
                  "ATC_INV sid=208 ssid=5 " + block + " size=" + log2,
                  "SYNC");
        });
  }

  @Test
  void splitsWhatTheCommandQueueCannotHold() {
    DriverBench.run(
        bench -> {
          bench.options = new SmmuOptions(2, 3, 3, 8, 4, 2, 3_600_000_000_000L, Set.of());
          Shared shared = Shared.on(bench);
          shared.invalidate(0x10000, 0x7000);
          List<String> expected = new ArrayList<>();
          for (int page = 0; page < 7; page++) {
            expected.add(
                "TLBI_NH_VA asid=" + shared.asid() + " " + FakeSmmu.hex(0x10 + page) + "000");
            if (page % 3 == 2 || page == 6) {
              expected.add("SYNC");
            }
          }
          expected.add("ATC_INV sid=208 ssid=5 10000 size=3");
          expected.add("SYNC");
          assertThat(bench.takeJournal()).containsExactlyElementsOf(expected);
        });
  }

  @Test
  void asksOnlyDevicesThatUseAts() {
    DriverBench.run(
        bench -> {
          SmmuV3Driver driver = bench.probe();
          JournalledAts ats = bench.ats();
          ats.hasAts = false;
          IommuDevice device = bench.device(DriverBench.STREAM, ats);
          IommuDomain domain = driver.attachDefaultDomain(device);
          MmContext context = driver.mmAlloc(domain, bench.spaces.create("process"));
          driver.mmAttach(domain, device, PASID, context, true);
          bench.takeJournal();
          driver.mmInvalidate(List.of(new BoundDevice(domain, device)), PASID, context, 0, 0);
          assertThat(bench.takeJournal())
              .containsExactly("TLBI_NH_ASID asid=" + FakeSmmu.hex(context.asid()), "SYNC");
        });
  }

  @Test
  void clearsTheDescriptorThenTheTlbThenTheAtc() {
    DriverBench.run(
        bench -> {
          Shared shared = Shared.on(bench);
          shared.detach(DetachMode.CLEAR);
          assertThat(bench.takeJournal())
              .containsExactly(
                  "CFGI_CD sid=208 ssid=5",
                  "SYNC",
                  "TLBI_NH_ASID asid=" + shared.asid(),
                  "SYNC",
                  "ATC_INV sid=208 ssid=5 0 size=52",
                  "SYNC");
          assertThat(bench.smmu.tables.cdWord(DriverBench.STREAM, PASID, 0)).isZero();
        });
  }

  @Test
  void keepsTheDescriptorThatOtherDevicesUse() {
    DriverBench.run(
        bench -> {
          Shared shared = Shared.on(bench);
          long before = bench.smmu.tables.cdWord(DriverBench.STREAM, PASID, 0);
          shared.detach(DetachMode.KEEP_CD);
          assertThat(bench.takeJournal())
              .containsExactly("ATC_INV sid=208 ssid=5 0 size=52", "SYNC");
          assertThat(bench.smmu.tables.cdWord(DriverBench.STREAM, PASID, 0)).isEqualTo(before);
        });
  }

  @Test
  void leavesAQuietDescriptorUnderAnAsidThatNoProcessGets() {
    DriverBench.run(
        bench -> {
          Shared shared = Shared.on(bench);
          bench.smmu.seenAtInvalidation.clear();
          shared.detach(DetachMode.QUIET);
          assertThat(bench.takeJournal())
              .containsExactly(
                  "CFGI_CD sid=208 ssid=5",
                  "SYNC",
                  "TLBI_NH_ASID asid=" + shared.asid(),
                  "SYNC",
                  "ATC_INV sid=208 ssid=5 0 size=52",
                  "SYNC");
          long quiet = LayoutRows.words("driver-structures.txt", "CD_QUIET_WORD")[0];
          long quietAsid = bench.asids.get(0);
          long first = (quiet & 0xffff_ffff_ffffL) | quietAsid << 48;
          assertThat(bench.smmu.tables.cdWord(DriverBench.STREAM, PASID, 0)).isEqualTo(first);
          assertThat(bench.smmu.seenAtInvalidation)
              .containsExactly(List.of(first, shared.context().mm().pageTableRoot()));
          assertThat(bench.smmu.tables.cdWord(DriverBench.STREAM, PASID, 1)).isZero();
        });
  }

  @Test
  void clearsAQuietDescriptorSoThatThePasidCanBeUsedAgain() {
    DriverBench.run(
        bench -> {
          Shared shared = Shared.on(bench);
          shared.detach(DetachMode.QUIET);
          bench.takeJournal();
          shared.driver().clearQuiet(shared.domain(), PASID);
          assertThat(bench.takeJournal()).containsExactly("CFGI_CD sid=208 ssid=5", "SYNC");
          assertThat(bench.smmu.tables.cdWord(DriverBench.STREAM, PASID, 0)).isZero();
          shared.driver().mmAttach(shared.domain(), shared.device(), PASID, shared.context(), true);
          assertThat(bench.smmu.tables.cdWord(DriverBench.STREAM, PASID, 1))
              .isEqualTo(shared.context().mm().pageTableRoot());
        });
  }

  @Test
  void neverOverwritesOrSilentlyClearsALiveDescriptor() {
    DriverBench.run(
        bench -> {
          Shared shared = Shared.on(bench);
          assertThatThrownBy(
                  () ->
                      shared
                          .driver()
                          .mmAttach(
                              shared.domain(), shared.device(), PASID, shared.context(), true))
              .isInstanceOf(IllegalStateException.class);
          assertThatThrownBy(() -> shared.driver().clearQuiet(shared.domain(), PASID))
              .isInstanceOf(IllegalStateException.class);
        });
  }

  @Test
  void refusesAContextThatWasFreed() {
    DriverBench.run(
        bench -> {
          Shared shared = Shared.on(bench);
          shared.detach(DetachMode.CLEAR);
          shared.driver().mmFree(shared.context());
          assertThatThrownBy(() -> shared.invalidate(0, 0))
              .isInstanceOf(IllegalStateException.class);
        });
  }
}
