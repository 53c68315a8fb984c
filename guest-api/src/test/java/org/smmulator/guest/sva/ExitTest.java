package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.smmulator.counter.Counts;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.sched.Context;
import org.smmulator.guest.sched.Task;

class ExitTest {
  @Test
  void tellsEachDriverOnceBeforeItsCdGoesAndThenLetsNothingThrough() {
    Scene.inManyOrders(
        scene -> {
          List<String> told = new ArrayList<>();
          MmExitHandler handler =
              (dev, pasid, drvdata) -> {
                assertThat(scene.iommu.hasLiveCd(dev, pasid)).isTrue();
                assertThat(scene.sched.context()).isEqualTo(Context.SLEEPABLE);
                scene.sched.sleep(10);
                told.add(dev + " " + pasid + " " + drvdata);
                return 0;
              };
          IommuDevice a = scene.device(1, handler);
          IommuDevice b = scene.device(2, handler);
          IommuDevice c = scene.device(scene.iommu.plug(3, Scene.FULL, b), handler);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(a, mm, "x");
          scene.sva.bind(b, mm, "y");
          scene.sva.bind(c, mm, "z");
          for (IommuDevice dev : List.of(a, b, c)) {
            assertThat(scene.iommu.access(dev, pasid, Scene.pageOf(0))).isTrue();
          }
          // The fake IOMMU fails the story if a device still reaches a frame that exit frees.
          mm.putUser();
          assertThat(told)
              .containsExactlyInAnyOrder(
                  "dev1 " + pasid + " x", "dev2 " + pasid + " y", "dev3 " + pasid + " z");
          for (IommuDevice dev : List.of(a, b, c)) {
            assertThat(scene.iommu.access(dev, pasid, Scene.pageOf(0))).isFalse();
            assertThat(scene.iommu.hasCd(dev, pasid)).isFalse();
          }
          assertThat(scene.log())
              .containsSubsequence("detach dev1 QUIET", "clearQuiet " + pasid, "free");
          assertThat(scene.sva.statistics().of(SvaCounter.MM_EXITS)).isEqualTo(3);
          assertThat(scene.sva.statistics().of(SvaCounter.MM_EXIT_FAILURES)).isZero();
          scene.quiesce(mm);
          scene.assertNothingLeft(0);
        });
  }

  @Test
  void devicesOfOneDomainCannotRefillTheirCachesWhileTheProcessGoes() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice a = scene.device(1, (dev, pasid, drvdata) -> -5);
          IommuDevice b = scene.device(scene.iommu.plug(2, Scene.FULL, a), (d, p, data) -> -5);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(a, mm, null);
          scene.sva.bind(b, mm, null);
          int[] tried = {0};
          scene.iommu.during =
              (operation, device) -> {
                tried[0] += operation.equals("detach") ? 1 : 0;
                scene.iommu.access(a, pasid, Scene.pageOf(0));
                scene.iommu.access(b, pasid, Scene.pageOf(0));
              };
          mm.putUser();
          assertThat(tried[0]).as("tries between the steps of two detaches").isGreaterThan(1);
        });
  }

  @Test
  void aDriverThatDoesNotConfirmCostsThePasidUntilItsDeviceIsReset() {
    MmExitHandler failing = (dev, pasid, drvdata) -> -110;
    MmExitHandler throwing =
        (dev, pasid, drvdata) -> {
          throw new IllegalArgumentException("a bug of the device driver");
        };
    for (MmExitHandler handler : new MmExitHandler[] {null, failing, throwing}) {
      Scene.inManyOrders(
          scene -> {
            IommuDevice bad = scene.device(1, handler);
            IommuDevice good = scene.device(2);
            AddressSpace mm = scene.process("p");
            scene.listen();
            int pasid = scene.sva.bind(bad, mm, null);
            scene.sva.bind(good, mm, null);
            mm.putUser();
            scene.quiesce(mm);
            Counts<SvaCounter> now = scene.sva.statistics();
            assertThat(now.of(SvaCounter.POSSIBLE_LEAKS)).isEqualTo(1);
            assertThat(now.of(SvaCounter.MM_EXIT_FAILURES)).isEqualTo(handler == null ? 0 : 1);
            assertThat(scene.iommu.hasCd(bad, pasid)).isTrue();
            assertThat(scene.iommu.hasLiveCd(bad, pasid)).isFalse();
            assertThat(scene.iommu.hasCd(good, pasid)).isFalse();
            scene.assertNothingLeft(1);
            AddressSpace next = scene.process("next");
            assertThat(scene.sva.bind(good, next, null)).isNotEqualTo(pasid);
            scene.sva.deviceGone(good);
            assertThat(scene.sva.statistics().of(SvaCounter.PASIDS_QUARANTINED)).isEqualTo(1);
            scene.sva.deviceGone(bad);
            assertThat(scene.iommu.hasCd(bad, pasid)).isFalse();
            assertThat(scene.sva.statistics().of(SvaCounter.PASIDS_QUARANTINED)).isZero();
            assertThat(scene.events())
                .filteredOn(event -> event.contains(": PASID_"))
                .extracting(event -> event.substring(event.indexOf(':') + 2))
                .containsExactly("PASID_HELD", "PASID_QUARANTINED", "PASID_FREED");
            AddressSpace reuser = scene.process("reuser");
            assertThat(scene.sva.bind(bad, reuser, null)).isEqualTo(pasid);
          });
    }
  }

  @Test
  void aDeviceThatAsksForPagesAfterItsDriverConfirmedCostsThePasidToo() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.device(1);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          scene.iommu.babbling.add(dev);
          mm.putUser();
          scene.quiesce(mm);
          assertThat(scene.sva.statistics().of(SvaCounter.MM_EXIT_FAILURES)).isZero();
          assertThat(scene.sva.statistics().of(SvaCounter.POSSIBLE_LEAKS)).isEqualTo(1);
          assertThat(scene.iommu.hasCd(dev, pasid)).isTrue();
          scene.assertNothingLeft(1);
        });
  }

  @Test
  void aDetachedDeviceEndsTheQuarantineWithItsDomain() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.device(1, null);
          AddressSpace mm = scene.process("p");
          scene.sva.bind(dev, mm, null);
          mm.putUser();
          scene.sva.deviceShutdown(dev);
          assertThat(scene.sva.statistics().of(SvaCounter.PASIDS_QUARANTINED)).isEqualTo(1);
          scene.iommu.detachDevice(dev);
          scene.sva.deviceGone(dev);
          scene.quiesce(mm);
          scene.assertNothingLeft(0);
        });
  }

  @Test
  void aDriverThatTakesTooLongIsNotWaitedForButItsUnbindIs() {
    Scene.inManyOrders(
        scene -> {
          boolean[] handlerOver = {false};
          IommuDevice dev =
              scene.device(
                  1,
                  (d, p, data) -> {
                    scene.sched.sleep(10 * Scene.DEADLINE);
                    handlerOver[0] = true;
                    return 0;
                  });
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          mm.putUser();
          assertThat(handlerOver[0]).isFalse();
          assertThat(scene.sched.nanoTime()).isEqualTo(Scene.DEADLINE);
          assertThat(scene.sva.statistics().of(SvaCounter.MM_EXIT_FAILURES)).isEqualTo(1);
          assertThat(scene.sva.statistics().of(SvaCounter.PASIDS_QUARANTINED)).isEqualTo(1);
          Scene.assertRefused(Errno.ESRCH, () -> scene.sva.unbind(dev, pasid));
          assertThat(handlerOver[0]).isTrue();
          scene.sva.deviceShutdown(dev);
          assertThat(scene.sva.statistics().of(SvaCounter.PASIDS_QUARANTINED)).isEqualTo(1);
          scene.sva.deviceGone(dev);
          scene.quiesce(mm);
          scene.assertNothingLeft(0);
        });
  }

  @Test
  void unbindsDuringMmExitWaitForItAndSucceed() {
    Scene.inManyOrders(
        scene -> {
          boolean[] inside = {false};
          IommuDevice dev =
              scene.device(
                  1,
                  (d, p, data) -> {
                    inside[0] = true;
                    scene.happened();
                    scene.sched.sleep(100);
                    inside[0] = false;
                    return 0;
                  });
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          Task exit = scene.spawn("exit", mm::putUser);
          scene.until(() -> inside[0]);
          List<Task> unbinders = new ArrayList<>();
          for (int i = 0; i < 2; i++) {
            unbinders.add(
                scene.spawn(
                    "unbind " + i,
                    () -> {
                      assertThat(inside[0]).as("mm_exit runs as the unbind comes").isTrue();
                      scene.sva.unbind(dev, pasid);
                      assertThat(inside[0]).isFalse();
                      assertThat(scene.iommu.hasLiveCd(dev, pasid)).isFalse();
                    }));
          }
          unbinders.forEach(Task::join);
          exit.join();
          assertThat(scene.log().stream().filter(line -> line.startsWith("detach"))).hasSize(1);
          scene.quiesce(mm);
          scene.assertNothingLeft(0);
        });
  }

  @Test
  void anUnbindOfAnotherDeviceDuringMmExitGoesOnAtOnceAndThatDeviceIsNotTold() {
    Scene.inManyOrders(
        scene -> {
          List<IommuDevice> told = new ArrayList<>();
          boolean[] go = {false};
          MmExitHandler handler =
              (dev, pasid, drvdata) -> {
                told.add(dev);
                scene.happened();
                scene.until(() -> go[0]);
                return 0;
              };
          IommuDevice a = scene.device(1, handler);
          IommuDevice b = scene.device(2, handler);
          IommuDevice c = scene.device(3, handler);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(a, mm, null);
          scene.sva.bind(b, mm, null);
          scene.sva.bind(c, mm, null);
          Task exit = scene.spawn("exit", mm::putUser);
          scene.until(() -> !told.isEmpty());
          IommuDevice notYetTold = told.contains(b) ? c : b;
          scene.sva.unbind(notYetTold, pasid);
          assertThat(scene.iommu.hasCd(notYetTold, pasid)).isFalse();
          assertThat(exit.isDone()).isFalse();
          go[0] = true;
          scene.happened();
          exit.join();
          assertThat(told).hasSize(2).doesNotContain(notYetTold).doesNotHaveDuplicates();
          scene.quiesce(mm);
          scene.assertNothingLeft(0);
        });
  }

  @Test
  void mmExitThatUnbindsItsOwnPasidIsRefusedInsteadOfHanging() {
    Scene.inManyOrders(
        scene -> {
          AtomicInteger refused = new AtomicInteger();
          IommuDevice dev =
              scene.device(
                  1,
                  (d, pasid, drvdata) -> {
                    try {
                      scene.sva.unbind(d, pasid);
                    } catch (IommuException e) {
                      assertThat(e.errno()).isEqualTo(Errno.EDEADLK);
                      refused.incrementAndGet();
                    }
                    assertThatThrownBy(() -> scene.sva.unbindAll(d))
                        .isInstanceOf(IllegalStateException.class);
                    return 0;
                  });
          AddressSpace mm = scene.process("p");
          scene.sva.bind(dev, mm, null);
          mm.putUser();
          assertThat(refused).hasValue(1);
          scene.quiesce(mm);
          scene.assertNothingLeft(0);
        });
  }

  @Test
  void aShutdownDuringMmExitWaitsAndEndsWithoutBonds() {
    Scene.inManyOrders(
        scene -> {
          boolean[] inside = {false};
          IommuDevice dev =
              scene.device(
                  1,
                  (d, p, data) -> {
                    inside[0] = true;
                    scene.happened();
                    scene.sched.sleep(100);
                    inside[0] = false;
                    return -1;
                  });
          AddressSpace dying = scene.process("dying");
          AddressSpace living = scene.process("living");
          scene.sva.bind(dev, dying, null);
          scene.sva.bind(dev, living, null);
          Task exit = scene.spawn("exit", dying::putUser);
          scene.until(() -> inside[0]);
          assertThat(inside[0]).as("mm_exit runs as the shutdown comes").isTrue();
          scene.sva.deviceShutdown(dev);
          assertThat(inside[0]).isFalse();
          assertThat(scene.sva.statistics().of(SvaCounter.BONDS)).isZero();
          // Nothing of the exit may name the device any more: it can be detached now.
          scene.iommu.detachDevice(dev);
          scene.sva.deviceGone(dev);
          exit.join();
          scene.end(living);
        });
  }
}
