package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.mm.NotifierCall;

class IoMmInvalidationTest {
  @Test
  void eachDeviceIsToldTheRangeOnceAndNothingGetsThroughAfterwards() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice a = scene.device(1);
          IommuDevice b = scene.device(2);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(a, mm, null);
          scene.sva.bind(b, mm, null);
          for (int page = 0; page < 3; page++) {
            scene.touch(mm, Scene.pageOf(page));
            scene.iommu.access(a, pasid, Scene.pageOf(page));
          }
          scene.log().clear();
          mm.munmap(Scene.pageOf(1), 2 * Scene.PAGE);
          assertThat(scene.log())
              .containsExactlyInAnyOrder(
                  "invalidate dev1 201000+2000", "invalidate dev2 201000+2000");
          assertThat(scene.iommu.access(a, pasid, Scene.pageOf(0))).isTrue();
          assertThat(scene.iommu.access(a, pasid, Scene.pageOf(1))).isFalse();
          assertThat(scene.spaces.notifierCalls().of(NotifierCall.INVALIDATE_RANGE)).isEqualTo(1);
        });
  }

  @Test
  void aCopyOnWriteBreakInvalidatesOnePageBeforeTheCopyIsVisible() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.device(1);
          AddressSpace mm = scene.process("p");
          scene.touch(mm, Scene.pageOf(1));
          int pasid = scene.sva.bind(dev, mm, null);
          AddressSpace child = mm.fork("child");
          scene.iommu.access(dev, pasid, Scene.pageOf(0));
          scene.log().clear();
          scene.iommu.during =
              (operation, device) -> {
                if (operation.startsWith("invalidate")) {
                  // The old entry is gone and the new one not there yet.
                  scene.iommu.access(dev, pasid, Scene.pageOf(0));
                }
              };
          scene.touch(mm, Scene.pageOf(0) + 5);
          assertThat(scene.log()).containsExactly("invalidate dev1 200000+1000");
          assertThat(scene.spaces.notifierCalls().of(NotifierCall.CHANGE_PTE)).isEqualTo(1);
          child.putUser();
          scene.end(mm);
        });
  }

  @Test
  void ageingFlushesAndReportsNoAccessOfTheDevice() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.device(1);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          scene.iommu.access(dev, pasid, Scene.pageOf(0));
          assertThat(mm.age(Scene.pageOf(0), Scene.PAGE)).isEqualTo(1);
          scene.log().clear();
          // The flag is clear, so only a notifier that claimed an access could count here.
          assertThat(mm.age(Scene.pageOf(0), Scene.PAGE)).isZero();
          assertThat(scene.spaces.notifierCalls().of(NotifierCall.CLEAR_FLUSH_YOUNG)).isPositive();
        });
  }

  @Test
  void anEmptyRangeIsNotTakenForEverything() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.device(1);
          AddressSpace mm = scene.process("p");
          scene.sva.bind(dev, mm, null);
          scene.log().clear();
          IommuDomain domain = Objects.requireNonNull(dev.domain());
          IoMm ioMm =
              new IoMm(
                  new SvaTables(scene.sched, scene.iommu, PasidPolicy.LOWEST, Set.of()),
                  mm,
                  scene.iommu.mmAlloc(domain, mm),
                  1,
                  dead -> {});
          ioMm.listLocked(bond(ioMm, dev, domain));
          ioMm.invalidateRange(mm, 0x1000, 0x1000);
          assertThat(scene.log()).isEmpty();
          ioMm.invalidateRange(mm, 0x1000, 0x2000);
          assertThat(scene.log()).hasSize(1);
        });
  }

  private static Bond bond(IoMm ioMm, IommuDevice dev, IommuDomain domain) {
    return new Bond(ioMm, new SvaDevice(dev, domain, Scene.ANY, null, null), domain, null);
  }

  @Test
  void anUnmapBetweenTheCdAndTheEndOfTheBindReachesTheDevice() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.device(1);
          AddressSpace mm = scene.process("p");
          scene.whenAttached(
              dev, () -> scene.spawn("unmap", () -> mm.munmap(Scene.pageOf(0), Scene.PAGE)).join());
          scene.sva.bind(dev, mm, null);
          assertThat(scene.iommu.access(dev, 1, Scene.pageOf(0))).isFalse();
        });
  }

  @Test
  void allDevicesAreToldInAnyOrder() {
    Scene.inManyOrders(
        scene -> {
          List<IommuDevice> devices = List.of(scene.device(1), scene.device(2), scene.device(3));
          AddressSpace mm = scene.process("p");
          for (IommuDevice dev : devices) {
            scene.sva.bind(dev, mm, null);
          }
          scene.log().clear();
          mm.dontNeed(Scene.pageOf(0), Scene.PAGE);
          assertThat(scene.log()).hasSize(3);
        });
  }
}
