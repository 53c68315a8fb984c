package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.iommu.MmOperation;
import org.smmulator.guest.mm.AddressSpace;

/** What has to be there before an address space can be shared, and who finds it by its PASID. */
class BindRulesTest {
  @ParameterizedTest
  @EnumSource(MmOperation.class)
  void aDriverThatLacksAnOperationIsNoDriverForSva(MmOperation operation) {
    Scene.inManyOrders(
        scene -> {
          AddressSpace mm = scene.process("p");
          IommuDevice dev = scene.device(1);
          scene.iommu.operations.remove(operation);
          Scene.assertRefused(Errno.ENODEV, () -> scene.sva.bind(dev, mm, null));
          scene.iommu.operations.add(operation);
          scene.bindAndEnd(dev, mm);
        });
  }

  @Test
  void withoutMmuNotifiersNothingIsBound() {
    Scene.inManyOrders(
        scene -> {
          IoMmManager without =
              new IoMmManager(scene.sched, scene.iommu, PasidPolicy.LOWEST, Scene.DEADLINE, false);
          AddressSpace mm = scene.process("p");
          IommuDevice dev = scene.iommu.plug(1, Scene.FULL, null);
          without.deviceInit(dev, Scene.ANY, null);
          Scene.assertRefused(Errno.ENODEV, () -> without.bind(dev, mm, null));
          assertThat(scene.iommu.contexts).isEmpty();
        });
  }

  @Test
  void aBindWithoutMemoryForItsNotifierLeavesNothing() {
    Scene.inManyOrders(
        scene -> {
          AddressSpace mm = scene.process("p");
          IommuDevice dev = scene.device(1);
          List<Long> taken = new ArrayList<>();
          while (scene.frames.freeFrames() > 0) {
            taken.add(scene.frames.allocate());
          }
          Scene.assertRefused(Errno.ENOMEM, () -> scene.sva.bind(dev, mm, null));
          assertNothingIsBound(scene);
          taken.forEach(scene.frames::put);
          scene.bindAndEnd(dev, mm);
        });
  }

  private static void assertNothingIsBound(Scene scene) {
    assertThat(scene.sva.statistics().of(SvaCounter.PASIDS_LIVE)).isZero();
    assertThat(scene.iommu.contexts).isEmpty();
  }

  @Test
  void aBindOfAKilledTaskLeavesNothing() {
    Scene.inManyOrders(
        scene -> {
          AddressSpace mm = scene.process("p");
          IommuDevice dev = scene.device(1);
          scene
              .spawn(
                  "killed",
                  () -> {
                    scene.sched.current().kill();
                    Scene.assertRefused(Errno.EINTR, () -> scene.sva.bind(dev, mm, null));
                  })
              .join();
          assertNothingIsBound(scene);
          scene.bindAndEnd(dev, mm);
        });
  }

  @Test
  void aPasidFindsItsAddressSpaceAsLongAsItLives() {
    Scene.inManyOrders(
        scene -> {
          AddressSpace mm = scene.process("p");
          IommuDevice dev = scene.device(1);
          assertThat(scene.sva.find(1)).isNull();
          int pasid = scene.sva.bind(dev, mm, null);
          AddressSpace found = scene.sva.find(pasid);
          assertThat(found).isSameAs(mm);
          assertThat(scene.sva.find(pasid + 1)).isNull();
          mm.putUser();
          scene.settle();
          assertThat(scene.iommu.access(dev, pasid, Scene.pageOf(0)))
              .as("whoever found it is one more user")
              .isTrue();
          mm.putUserAsync();
          scene.quiesce(mm);
          assertThat(scene.sva.find(pasid)).as("the process has ended").isNull();
          scene.assertNothingLeft(0);
        });
  }
}
