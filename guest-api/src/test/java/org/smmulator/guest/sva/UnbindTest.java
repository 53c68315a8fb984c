package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.sched.Task;

class UnbindTest {
  private static final String CALLED_DURING = "a callback comes during an unbind";
  private static final String UNBIND_DURING = "an unbind comes during a callback";
  private static final String SECOND = "I15: a second io_mm while the first waits";
  private static final String ONE_IO_MM = "I15: one io_mm at a time";

  @Test
  void flushesFaultsThenClearsTheCdAndFreesAfterAGracePeriod() {
    Scene.inManyOrders(
        scene -> {
          int[] mmExits = {0};
          IommuDevice dev = scene.device(1, (d, p, data) -> mmExits[0]++);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          scene.iommu.access(dev, pasid, Scene.pageOf(0));
          scene.log().clear();
          boolean[] stay = {true};
          boolean[] inside = {false};
          // An ageing walk that is between the notifiers' read section and this manager.
          IommuDevice other = scene.device(2);
          scene.sva.bind(other, mm, null);
          scene.iommu.during =
              (operation, device) -> {
                if (operation.equals("invalidate") && device == other && stay[0]) {
                  inside[0] = true;
                  scene.execution.park(scene.sched.nanoTime() + 1_000);
                }
              };
          Task ageing = scene.spawn("ageing", () -> mm.age(Scene.pageOf(0), Scene.PAGE));
          scene.until(() -> inside[0] || ageing.isDone());
          assertThat(inside[0]).as("the walk is under way as the unbind comes").isTrue();
          stay[0] = false;
          scene.sva.unbind(dev, pasid);
          scene.sva.unbind(other, pasid);
          ageing.join();
          scene.quiesce(mm);
          assertThat(scene.log())
              .containsSubsequence(
                  "flush dev1", "detach dev1 CLEAR", "flush dev1", "detach dev2 CLEAR", "free");
          assertThat(mmExits[0]).isZero();
          assertThat(scene.iommu.contextsFreed).isEqualTo(1);
          mm.putUser();
          scene.assertNothingLeft(0);
        });
  }

  /** Scenario 14: what a callback is in stays valid until it leaves. */
  @Test
  void nothingIsFreedWhileACallbackIsUnderWay() {
    Scene.explore(
        2,
        (scene, meetings) -> {
          IommuDevice dev = scene.device(1);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          boolean[] begun = {false};
          boolean[] unbound = {false};
          scene.iommu.during =
              (operation, device) -> {
                if (operation.equals("invalidate")) {
                  boolean before = begun[0];
                  // All others have come as far as they can when the time has passed.
                  scene.execution.park(scene.sched.nanoTime() + 1_000);
                  assertThat(scene.iommu.contextsFreed).isZero();
                  if (begun[0]) {
                    assertThat(unbound[0]).isFalse();
                    meetings.meet(before ? CALLED_DURING : UNBIND_DURING);
                  }
                }
              };
          scene.race(
              "unmap",
              () -> mm.munmap(Scene.pageOf(0), Scene.PAGE),
              "unbind",
              () -> {
                begun[0] = true;
                scene.sva.unbind(dev, pasid);
                unbound[0] = true;
              });
          scene.quiesce(mm);
          assertThat(scene.iommu.contextsFreed).isEqualTo(1);
        },
        CALLED_DURING,
        UNBIND_DURING);
  }

  @Test
  void shutdownTakesTheBondsOfThatDeviceOnly() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice a = scene.device(1);
          IommuDevice b = scene.device(2);
          AddressSpace p = scene.process("p");
          AddressSpace q = scene.process("q");
          int pPasid = scene.sva.bind(a, p, null);
          scene.sva.bind(a, p, null);
          int qPasid = scene.sva.bind(a, q, null);
          scene.sva.bind(b, p, null);
          scene.sva.deviceShutdown(a);
          assertThat(scene.iommu.hasCd(a, pPasid)).isFalse();
          assertThat(scene.iommu.hasCd(a, qPasid)).isFalse();
          assertThat(scene.iommu.access(b, pPasid, Scene.pageOf(0))).isTrue();
          assertThat(scene.sva.statistics().of(SvaCounter.UNBINDS)).isEqualTo(3);
          Scene.assertRefused(Errno.EINVAL, () -> scene.sva.bind(a, p, null));
          scene.sva.deviceShutdown(a);
          scene.sva.unbindAll(b);
          assertThat(scene.iommu.hasCd(b, pPasid)).isFalse();
          scene.device(a, null);
          assertThat(scene.sva.bind(a, p, null)).isPositive();
        });
  }

  @Test
  void aBindDuringAShutdownIsRefused() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.device(1);
          AddressSpace p = scene.process("p");
          AddressSpace q = scene.process("q");
          scene.sva.bind(dev, p, null);
          boolean[] tried = {false};
          scene.iommu.during =
              (operation, device) -> {
                if (operation.equals("detach") && !tried[0]) {
                  tried[0] = true;
                  scene
                      .spawn(
                          "bind",
                          () ->
                              Scene.assertRefused(Errno.EINVAL, () -> scene.sva.bind(dev, q, null)))
                      .join();
                }
              };
          scene.sva.deviceShutdown(dev);
          assertThat(tried[0]).isTrue();
        });
  }

  @Test
  void anUnbindThatComesLateDoesNotTouchTheNextOwnerOfThePasid() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.device(1);
          AddressSpace old = scene.process("old");
          int pasid = scene.sva.bind(dev, old, null);
          old.putUser();
          Scene.assertRefused(Errno.ESRCH, () -> scene.sva.unbind(dev, pasid));
          AddressSpace next = scene.process("next");
          assertThat(scene.sva.bind(dev, next, null)).isEqualTo(pasid);
          Scene.assertRefused(Errno.ESRCH, () -> scene.sva.unbind(dev, pasid, old));
          assertThat(scene.iommu.access(dev, pasid, Scene.pageOf(0))).isTrue();
          scene.sva.unbind(dev, pasid, next);
          assertThat(scene.iommu.hasCd(dev, pasid)).isFalse();
        });
  }

  /** I15: a bind of another device beside the last unbind of the first. */
  @Test
  void aRebindWhileTheOldIoMmWaitsForItsGracePeriodGetsANewOne() {
    Scene.explore(
        2,
        (scene, meetings) -> {
          IommuDevice a = scene.device(1);
          IommuDevice b = scene.device(2);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(a, mm, null);
          int[] other = {0};
          scene.race(
              "unbind",
              () -> scene.sva.unbind(a, pasid),
              "rebind",
              () -> {
                other[0] = scene.sva.bind(b, mm, null);
                long ioMms = scene.sva.statistics().of(SvaCounter.IO_MMS);
                meetings.meet(ioMms == 2 ? SECOND : ONE_IO_MM);
              });
          assertThat(scene.iommu.access(b, other[0], Scene.pageOf(0))).isTrue();
          scene.quiesce(mm);
          assertThat(scene.sva.bind(a, mm, null)).isEqualTo(other[0]);
          assertThat(scene.sva.statistics().of(SvaCounter.IO_MMS)).isEqualTo(1);
          mm.munmap(Scene.pageOf(0), Scene.PAGE);
          scene.end(mm);
        },
        SECOND,
        ONE_IO_MM);
  }

  @Test
  void aDeviceThatGoesOnAskingForPagesKeepsItsPasidOutOfUse() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.device(1);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          scene.iommu.babbling.add(dev);
          scene.sva.unbind(dev, pasid);
          assertThat(scene.sva.statistics().of(SvaCounter.POSSIBLE_LEAKS)).isEqualTo(1);
          assertThat(scene.sva.statistics().of(SvaCounter.PASIDS_QUARANTINED)).isEqualTo(1);
          assertThat(scene.sva.bind(dev, mm, null)).isNotEqualTo(pasid);
          scene.iommu.babbling.clear();
          scene.sva.deviceGone(dev);
          assertThat(scene.sva.statistics().of(SvaCounter.PASIDS_QUARANTINED)).isZero();
          scene.end(mm);
        });
  }
}
