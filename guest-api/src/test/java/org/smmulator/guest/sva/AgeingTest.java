package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.mm.AddressSpace;

/** Reclaim's scan for cold pages beside a device that uses them. */
class AgeingTest {
  private static final String BEFORE = "the device comes before the scan";
  private static final String DURING = "the device comes between access flag and flush";
  private static final String AFTER = "the device comes after the scan";

  /** Scenario 37: after a scan the next access of a device sets the access flag again. */
  @Test
  void aDeviceThatGoesOnIsSeenByTheNextScan() {
    Scene.explore(
        2,
        (scene, meetings) -> {
          IommuDevice dev = scene.device(1);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          scene.iommu.access(dev, pasid, Scene.pageOf(0));
          String[] now = {BEFORE};
          scene.iommu.during = (operation, device) -> now[0] = DURING;
          scene.race(
              "scan",
              () -> {
                assertThat(mm.age(Scene.pageOf(0), Scene.PAGE)).isEqualTo(1);
                now[0] = AFTER;
              },
              "device",
              () -> {
                assertThat(scene.iommu.access(dev, pasid, Scene.pageOf(0))).isTrue();
                meetings.meet(now[0]);
              });
          assertThat(scene.iommu.access(dev, pasid, Scene.pageOf(0))).isTrue();
          assertThat(mm.age(Scene.pageOf(0), Scene.PAGE)).as("pages in use").isEqualTo(1);
          scene.end(mm);
        },
        BEFORE,
        DURING,
        AFTER);
  }
}
