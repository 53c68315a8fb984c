package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.PageRequest;
import org.smmulator.guest.iommu.PageResponse;
import org.smmulator.guest.iommu.ResponseCode;
import org.smmulator.guest.mm.AddressSpace;

/** A page request whose process exits. */
class FaultBesideExitTest {
  private static final String I10 = "I10: the fault drops the last user";
  private static final String I11_DEAD = "I11: the fault finds the process dying";
  private static final String I11_ALIVE = "I11: the fault is handled before the exit";

  /**
   * I10: the worker drops the last user of the process, and the release runs elsewhere. I11: the
   * fault is answered with success or, as the process is dying, with invalid.
   */
  @Test
  void isAnsweredAndItsProcessEnds() {
    Scene.explore(
        2,
        (scene, meetings) -> {
          AtomicInteger told = new AtomicInteger();
          IommuDevice dev = scene.device(1, (d, pasid, drvdata) -> told.getAndIncrement());
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          long page = Scene.pageOf(1);
          scene.race(
              "exit",
              () -> {
                mm.putUser();
                if (scene.releases() == 0) {
                  meetings.meet(I10);
                }
              },
              "device",
              () ->
                  scene.iommu.request(
                      new PageRequest(dev, pasid, page, 1, true, true, true, false, false)));
          scene.settle();
          scene.quiesce(mm);
          assertThat(told).hasValue(1);
          assertThat(scene.iommu.responses).extracting(PageResponse::group).containsExactly(1);
          boolean handled = scene.iommu.responses.get(0).code() == ResponseCode.SUCCESS;
          meetings.meet(handled ? I11_ALIVE : I11_DEAD);
          scene.assertNothingLeft(0);
        },
        I10,
        I11_DEAD,
        I11_ALIVE);
  }
}
