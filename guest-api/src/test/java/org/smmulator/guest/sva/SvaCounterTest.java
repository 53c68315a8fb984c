package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.iommu.PageRequest;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.sva.PlantedFault.Thrown;

/** A kernel in which every counter has a number that no other has. */
class SvaCounterTest {
  private static final long NOWHERE = 0x7000_0000L;

  private static void request(Scene scene, IommuDevice dev, int pasid, long va, int size) {
    for (int i = 1; i <= size; i++) {
      scene.iommu.request(new PageRequest(dev, pasid, va, 7, i == size, true, true, false, false));
    }
    scene.settle();
  }

  /** Processes that die while they are bound to a device. */
  private static void die(Scene scene, IommuDevice dev, int processes) throws IommuException {
    for (int i = 0; i < processes; i++) {
      AddressSpace mm = scene.process("dies");
      scene.sva.bind(dev, mm, null);
      mm.putUser();
      scene.quiesce(mm);
    }
  }

  private static void tell(Scene scene) throws IommuException {
    IommuDevice first = scene.device(1);
    IommuDevice second = scene.device(2);
    IommuDevice stubborn = scene.device(3, (dev, pasid, drvdata) -> -5);
    die(scene, stubborn, 3); // 3 possible leaks, which go with the device
    scene.sva.deviceShutdown(stubborn);
    scene.iommu.detachDevice(stubborn);
    scene.sva.deviceGone(stubborn);
    die(scene, first, 10);
    int pasid = 0;
    for (int i = 0; i < 6; i++) {
      AddressSpace mm = scene.process("lives");
      pasid = scene.sva.bind(first, mm, null);
      scene.sva.bind(second, mm, null);
    }
    scene.iommu.sabotage = new PlantedFault(scene, "mmAttach", false, Thrown.EXCEPTION, 7);
    AddressSpace unlucky = scene.process("unlucky");
    for (int i = 0; i < 7; i++) {
      Scene.assertRefused(Errno.EIO, () -> scene.sva.bind(first, unlucky, null));
    }
    scene.iommu.sabotage = new PlantedFault(scene, "mmDetach", false, Thrown.EXCEPTION, 1);
    scene.sva.unbind(first, scene.sva.bind(first, unlucky, null)); // 1 possible leak that stays
    request(scene, first, pasid, Scene.pageOf(0), 14);
    request(scene, first, pasid, NOWHERE, 5);
    request(scene, first, pasid, NOWHERE, 5);
    request(scene, first, pasid, NOWHERE, 2);
    request(scene, first, pasid, NOWHERE, 3);
    AddressSpace last = scene.process("leaves");
    last.callAfterGrace(() -> scene.sched.sleep(1000));
    // Its io_mm waits for the grace period, its PASID does not.
    scene.sva.unbind(second, scene.sva.bind(second, last, null));
  }

  @Test
  void eachCountIsKeptUnderItsName() {
    Scene.inOrder(
        1,
        PasidPolicy.LOWEST,
        scene -> {
          tell(scene);
          assertThat(scene.sva.statistics())
              .hasToString(
                  "[BINDS 27, UNBINDS 2, MM_EXITS 13, MM_EXIT_FAILURES 3, DRIVER_FAILURES 8,"
                      + " POSSIBLE_LEAKS 4, PAGE_FAULTS_HANDLED 14, PAGE_FAULTS_REFUSED 15,"
                      + " GROUPS_ANSWERED 5, IO_MMS 7, BONDS 12, PASIDS_LIVE 6,"
                      + " PASIDS_QUARANTINED 1, BOND_GRACE_PERIODS 22, BOND_READERS 0]");
        });
  }

  @Test
  void tellsWhatEachPasidNamesAndWhyOneIsOutOfUse() {
    Scene.inOrder(
        1,
        PasidPolicy.LOWEST,
        scene -> {
          IommuDevice stubborn = scene.device(3, (dev, pasid, drvdata) -> -5);
          die(scene, stubborn, 1);
          IommuDevice dev = scene.device(1);
          AddressSpace mm = scene.process("lives");
          int pasid = scene.sva.bind(dev, mm, null);

          assertThat(scene.sva.pasids())
              .containsExactly(
                  new PasidStatus(pasid, mm, mm.asid(), Map.of(dev.name(), "live"), null),
                  new PasidStatus(
                      1, null, 0, Map.of(stubborn.name(), "held"), "did not say that it stopped"));
          scene.sva.deviceShutdown(stubborn);
          scene.iommu.detachDevice(stubborn);
          scene.sva.deviceGone(stubborn);
          assertThat(scene.sva.pasids()).extracting(PasidStatus::quarantine).containsOnlyNulls();
        });
  }
}
