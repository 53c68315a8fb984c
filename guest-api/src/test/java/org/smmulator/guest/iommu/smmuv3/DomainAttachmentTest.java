package org.smmulator.guest.iommu.smmuv3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;

final class DomainAttachmentTest {
  private static final long POINTER = 0xf_ffff_ffff_ffc0L;

  @Test
  void opensTheWayInTheSmmuBeforeTheDeviceUsesIt() {
    DriverBench.run(
        bench -> {
          SmmuV3Driver driver = bench.probe();
          bench.takeJournal();
          driver.attachDefaultDomain(bench.device(DriverBench.STREAM));
          assertThat(bench.takeJournal())
              .containsExactly(
                  "CFGI_STE sid=208",
                  "SYNC",
                  "CFGI_CD sid=208 ssid=0",
                  "SYNC",
                  "CFGI_CD sid=208 ssid=0",
                  "SYNC",
                  "CFGI_STE sid=208 leaf",
                  "SYNC",
                  "CFGI_STE sid=208 leaf",
                  "SYNC",
                  "device: PASID on",
                  "ATC_INV sid=208 0 size=52",
                  "SYNC",
                  "device: ATS on, stu=0",
                  "device: PRI on, 4");
        });
  }

  @Test
  void detachesInReverseAndLeavesAnAbortingStream() {
    DriverBench.run(
        bench -> {
          SmmuV3Driver driver = bench.probe();
          long framesBefore = bench.frames.freeFrames();
          IommuDevice device = bench.device(DriverBench.STREAM);
          driver.attachDefaultDomain(device);
          int asid = bench.asids.get(1);
          bench.takeJournal();
          driver.detachDevice(device);
          assertThat(bench.takeJournal())
              .containsExactly(
                  "device: PRI off",
                  "device: ATS off",
                  "ATC_INV sid=208 0 size=52",
                  "SYNC",
                  "CFGI_STE sid=208 leaf",
                  "SYNC",
                  "TLBI_NH_ASID asid=" + FakeSmmu.hex(asid),
                  "SYNC",
                  "device: PASID off");
          assertThat(bench.smmu.tables.steWord(DriverBench.STREAM, 0)).isEqualTo(1);
          assertThat(bench.smmu.tables.steWord(DriverBench.STREAM, 1)).isZero();
          assertThat(device.domain()).isNull();
          assertThat(bench.asids).hasSize(1);
          int streamTableLeaf = 4;
          assertThat(bench.frames.freeFrames()).isEqualTo(framesBefore - streamTableLeaf);
        });
  }

  @Test
  void touchesNoConfigurationSpaceOfADeviceThatIsGone() {
    DriverBench.run(
        bench -> {
          SmmuV3Driver driver = bench.probe();
          JournalledAts ats = bench.ats();
          IommuDevice device = bench.device(DriverBench.STREAM, ats);
          driver.attachDefaultDomain(device);
          bench.takeJournal();
          ats.gone = true;
          driver.detachDevice(device);
          assertThat(bench.takeJournal())
              .noneMatch(line -> line.startsWith("device:") || line.startsWith("ATC_INV"));
        });
  }

  @Test
  void writesStreamTableEntryAndContextDescriptorAsTheVectorsSay() {
    DriverBench.run(
        bench -> {
          SmmuV3Driver driver = bench.probe();
          bench.smmu.seenAtInvalidation.clear();
          driver.attachDefaultDomain(bench.device(DriverBench.STREAM));
          long[] entry = LayoutRows.words("driver-structures.txt", "STE_SVA");
          entry[0] |= bench.smmu.tables.steWord(DriverBench.STREAM, 0) & POINTER;
          for (int word = 0; word < 8; word++) {
            assertThat(bench.smmu.tables.steWord(DriverBench.STREAM, word)).isEqualTo(entry[word]);
          }
          assertThat(bench.smmu.seenAtInvalidation)
              .containsExactly(List.of(1L, 0L), List.of(1L, entry[1]), List.of(entry[0], entry[1]));
          long[] context = LayoutRows.words("driver-structures.txt", "CD_TRANSLATING");
          long asid = bench.asids.get(1);
          assertThat(bench.smmu.tables.cdWord(DriverBench.STREAM, 0, 0))
              .isEqualTo((context[0] & 0xffff_ffff_ffffL) | asid << 48);
          assertThat(bench.smmu.tables.cdWord(DriverBench.STREAM, 0, 3)).isEqualTo(context[3]);
        });
  }

  @Test
  void givesADeviceWithoutPasidAndAtsOneContextAndNoCapability() {
    DriverBench.run(
        bench -> {
          SmmuV3Driver driver = bench.probe();
          JournalledAts ats = bench.ats();
          ats.pasidBits = 0;
          ats.hasAts = false;
          IommuDevice device = bench.device(DriverBench.STREAM, ats);
          bench.takeJournal();
          driver.attachDefaultDomain(device);
          long[] entry = LayoutRows.words("driver-structures.txt", "STE_PLAIN");
          assertThat(bench.smmu.tables.steWord(DriverBench.STREAM, 0) & ~POINTER)
              .isEqualTo(entry[0]);
          assertThat(bench.smmu.tables.steWord(DriverBench.STREAM, 1)).isEqualTo(entry[1]);
          assertThat(driver.maxPasid(device)).isZero();
          assertThat(bench.takeJournal())
              .noneMatch(line -> line.startsWith("device:") || line.startsWith("ATC_INV"));
        });
  }

  @Test
  void offersThePasidsThatDeviceAndSmmuBothHave() {
    DriverBench.run(
        bench -> {
          bench.smmu.sizes(16, 12, 4, 3, 3);
          SmmuV3Driver driver = bench.probe();
          JournalledAts narrow = bench.ats();
          narrow.pasidBits = 8;
          assertThat(driver.maxPasid(bench.device(DriverBench.STREAM, narrow))).isEqualTo(255);
          assertThat(driver.maxPasid(bench.device(DriverBench.STREAM))).isEqualTo(4095);
        });
  }

  @Test
  void refusesTwoDevicesOnOneStreamAndStreamsBeyondTheTable() {
    DriverBench.run(
        bench -> {
          SmmuV3Driver driver = bench.probe();
          driver.attachDefaultDomain(bench.device(DriverBench.STREAM));
          assertThatThrownBy(() -> driver.attachDefaultDomain(bench.device(DriverBench.STREAM)))
              .isInstanceOfSatisfying(
                  IommuException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBUSY));
          assertThatThrownBy(() -> driver.attachDefaultDomain(bench.device(0x1_0000)))
              .isInstanceOfSatisfying(
                  IommuException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
        });
  }

  @Test
  void allowsNoMorePageRequestsThanThePriQueueHolds() {
    DriverBench.run(
        bench -> {
          SmmuV3Driver driver = bench.probe();
          IommuDevice first = bench.device(0x100);
          driver.attachDefaultDomain(first);
          driver.attachDefaultDomain(bench.device(0x108));
          bench.takeJournal();
          IommuDevice third = bench.device(0x110);
          driver.attachDefaultDomain(third);
          assertThat(bench.takeJournal()).noneMatch(line -> line.contains("PRI on"));
          assertThat(driver.pageRequestRefusal(first)).isNull();
          assertThat(driver.pageRequestRefusal(third))
              .isEqualTo("the PRI queue holds 8, and other devices have all of them");
          driver.detachDevice(first);
          driver.attachDefaultDomain(first);
          assertThat(bench.takeJournal()).contains("device: PRI on, 4");
        });
  }

  @Test
  void saysWhatKeepsADeviceFromPageRequests() {
    DriverBench.run(
        bench -> {
          SmmuV3Driver driver = bench.probe();
          IommuDevice plain = bench.device(0x100);
          ((JournalledAts) plain.ats()).hasPri = false;
          assertThat(driver.pageRequestRefusal(plain)).isEqualTo("it is not attached");
          driver.attachDefaultDomain(plain);
          assertThat(driver.pageRequestRefusal(plain)).isEqualTo("it has no PRI");
        });
  }

  @Test
  void doesNotAttachADeviceThatAnswersNoInvalidation() {
    DriverBench.run(
        bench -> {
          SmmuV3Driver driver = bench.probe();
          bench.smmu.silent.add(DriverBench.STREAM);
          IommuDevice device = bench.device(DriverBench.STREAM);
          assertThatThrownBy(() -> driver.attachDefaultDomain(device))
              .isInstanceOfSatisfying(
                  IommuException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT));
          assertThat(bench.takeJournal()).noneMatch(line -> line.contains("ATS on"));
          assertThat(bench.smmu.tables.steWord(DriverBench.STREAM, 0)).isEqualTo(1);
          bench.smmu.silent.clear();
          driver.attachDefaultDomain(device);
          assertThat(device.domain()).isNotNull();
        });
  }

  @Test
  void givesEverythingBackWhenMemoryRunsOutDuringAttach() {
    DriverBench.run(
        bench -> {
          SmmuV3Driver driver = bench.probe();
          driver.attachDefaultDomain(bench.device(0x100));
          while (bench.frames.freeFrames() > 12) {
            bench.frames.allocate();
          }
          assertThatThrownBy(() -> driver.attachDefaultDomain(bench.device(0x101)))
              .isInstanceOfSatisfying(
                  IommuException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOMEM));
          assertThat(bench.frames.freeFrames()).isEqualTo(12);
          assertThat(bench.asids).hasSize(2);
        });
  }
}
