package org.smmulator.guest.iommu.smmuv3;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.guest.iommu.BoundDevice;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.MmContext;
import org.smmulator.guest.sched.Task;

/**
 * One address space that many devices use: what an invalidation costs, and who pays for silence.
 */
final class ManyDevicesInvalidationTest {
  private static final int PASID = 5;
  private static final int FIRST_STREAM = 0x200;

  static LongStream seeds() {
    return DriverBench.seeds(200);
  }

  private static final class Sharing {
    final DriverBench bench;
    final SmmuV3Driver driver;
    final List<BoundDevice> devices = new ArrayList<>();
    final MmContext context;

    Sharing(DriverBench bench, int count) throws IommuException {
      this.bench = bench;
      driver = bench.probe();
      var mm = bench.spaces.create("shared");
      for (int i = 0; i < count; i++) {
        IommuDevice device = bench.device(FIRST_STREAM + i);
        devices.add(new BoundDevice(driver.attachDefaultDomain(device), device));
      }
      context = driver.mmAlloc(devices.get(0).domain(), mm);
      for (BoundDevice bound : devices) {
        driver.mmAttach(bound.domain(), bound.device(), PASID, context, true);
      }
      bench.takeJournal();
    }

    void invalidate() {
      driver.mmInvalidate(devices, PASID, context, 0x4000, 0x1000);
      for (int i = 0; i < devices.size(); i++) {
        assertThat(bench.smmu.acceptsTranslated(FIRST_STREAM + i))
            .as("device %d on return", i)
            .isEqualTo(!bench.smmu.silent.contains(FIRST_STREAM + i));
      }
    }

    String tlbi() {
      return "TLBI_NH_VA asid=" + FakeSmmu.hex(context.asid()) + " 4000";
    }

    String atcInv(int device) {
      return "ATC_INV sid=%x ssid=5 4000 size=0".formatted(FIRST_STREAM + device);
    }
  }

  @Test
  void neitherTlbiNorSyncGrowsWithTheDevices() {
    DriverBench.run(
        bench -> {
          Sharing sharing = new Sharing(bench, 8);
          sharing.invalidate();
          List<String> expected = new ArrayList<>(List.of(sharing.tlbi(), "SYNC"));
          for (int device = 0; device < 8; device++) {
            expected.add(sharing.atcInv(device));
          }
          expected.add("SYNC");
          assertThat(bench.takeJournal()).isEqualTo(expected);
        });
  }

  @Test
  void ofEightDevicesOneIsSilentAndSevenGoOn() {
    DriverBench.run(
        bench -> {
          Sharing sharing = new Sharing(bench, 8);
          bench.smmu.silent.add(FIRST_STREAM + 3);
          sharing.invalidate();
          List<String> expected = new ArrayList<>(List.of(sharing.tlbi(), "SYNC"));
          for (int device = 0; device < 8; device++) {
            expected.add(sharing.atcInv(device));
          }
          expected.addAll(List.of("time-out", "GERRORN=0x1", "SYNC"));
          for (int device = 0; device < 8; device++) {
            expected.add(sharing.atcInv(device));
            if (device == 3) {
              expected.addAll(List.of("time-out", "GERRORN=0x0"));
            }
            expected.add("SYNC");
          }
          expected.addAll(List.of("CFGI_STE sid=203 leaf", "SYNC"));
          assertThat(bench.takeJournal()).isEqualTo(expected);
          assertThat(sharing.devices.stream().filter(d -> sharing.driver.isFenced(d.device())))
              .containsExactly(sharing.devices.get(3));
          sharing.invalidate();
          assertThat(bench.takeJournal()).hasSize(2 + 7 + 1).doesNotContain(sharing.atcInv(3));
        });
  }

  /** Of each return: who is silent is fenced, and who answers goes on. */
  @ParameterizedTest
  @MethodSource("seeds")
  void thoseWhoAnswerGoOnInEveryOrder(long seed) {
    DriverBench.run(
        seed,
        bench -> {
          Sharing sharing = new Sharing(bench, 8);
          bench.smmu.silent.add(FIRST_STREAM + 2);
          bench.smmu.silent.add(FIRST_STREAM + 5);
          List<Task> tasks = new ArrayList<>();
          for (int i = 0; i < 3; i++) {
            tasks.add(bench.sched.spawn("all " + i, sharing::invalidate));
          }
          IommuDomain silent = sharing.devices.get(2).domain();
          tasks.add(
              bench.sched.spawn(
                  "unmap of a silent one",
                  () ->
                      sharing.driver.mmInvalidate(
                          sharing.devices.subList(2, 3), PASID, sharing.context, 0x9000, 0x1000)));
          tasks.forEach(Task::join);
          assertThat(tasks).allMatch(task -> task.failure() == null);
          assertThat(silent).isSameAs(sharing.devices.get(2).device().domain());
          assertThat(bench.smmu.timeouts).isBetween(3, 6);
        });
  }

  @Test
  void moreDevicesThanTheQueueHasRoomFor() {
    DriverBench.run(
        bench -> {
          Sharing sharing = new Sharing(bench, 20);
          sharing.invalidate();
          List<String> journal = bench.takeJournal();
          assertThat(journal.stream().filter(line -> line.startsWith("ATC_INV"))).hasSize(20);
          assertThat(journal.stream().filter("SYNC"::equals)).hasSize(1 + 2);
          assertThat(journal).last().isEqualTo("SYNC");
        });
  }
}
