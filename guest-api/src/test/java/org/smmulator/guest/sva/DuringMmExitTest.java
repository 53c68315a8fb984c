package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.smmulator.execution.explore.Meetings;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.sched.Task;

/** Who comes while a process exits and an mm_exit takes its time. */
class DuringMmExitTest {
  private static final String I4 = "I4: the other device is unbound before the exit";
  private static final String I5 = "I5: an unbind comes during the device's mm_exit";
  private static final String I6 = "I6: two unbinds come during the device's mm_exit";
  private static final String I7 = "I7: the other device is unbound during an mm_exit";
  private static final String I8_ALONE = "I8: mm_exit unbinds its own bond before anybody else";
  private static final String I8_WAITING = "I8: it does while another unbind waits for it";
  private static final String I9 = "I9: a shutdown comes during an mm_exit";
  private static final String I9_BEFORE = "I9: a shutdown begins before any mm_exit";

  /** An mm_exit that takes its time, and how often it was called for whom. */
  private static final class SlowExit implements MmExitHandler {
    private final Scene scene;
    final List<IommuDevice> told = new ArrayList<>();
    boolean inside;

    /** Whether it stays until {@link #leave}, and not for a time. */
    boolean stays;

    SlowExit(Scene scene) {
      this.scene = scene;
    }

    void leave() {
      stays = false;
      scene.happened();
    }

    @Override
    public int mmExit(IommuDevice dev, int pasid, @Nullable Object drvdata) {
      told.add(dev);
      inside = true;
      scene.happened();
      if (stays) {
        scene.until(() -> !stays);
      } else {
        scene.sched.sleep(100);
      }
      inside = false;
      return 0;
    }
  }

  /**
   * I4: U (dev1) before X's lock, dev2 still bound: mm_exit for dev2 only. I7: X inside
   * mm_exit(dev1), U(dev2) goes on at once and dev2 is not told.
   */
  @Test
  void anUnbindOfAnotherDeviceIsNotHeldUpAndThatDeviceIsNotTold() {
    Scene.explore(
        2,
        (scene, meetings) -> {
          SlowExit slow = new SlowExit(scene);
          IommuDevice stays = scene.device(1, slow);
          IommuDevice goes = scene.device(2, slow);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(stays, mm, null);
          scene.sva.bind(goes, mm, null);
          boolean[] unbound = {false};
          scene.race(
              "exit",
              mm::putUser,
              "unbind",
              () -> {
                unbound[0] = scene.unbinds(goes, pasid);
                assertThat(scene.iommu.hasCd(goes, pasid)).isFalse();
                if (slow.inside) {
                  meetings.meet(I7);
                } else if (scene.releases() == 0) {
                  meetings.meet(I4);
                }
              });
          assertThat(slow.told).containsExactly(stays);
          assertThat(unbound[0]).isTrue();
          scene.assertOneEnd(mm);
        },
        I4,
        I7);
  }

  /** I5, I6: they wait until mm_exit has returned; one detach; no mm_exit afterwards. */
  @Test
  void unbindsOfTheDeviceReturnAfterItsMmExit() {
    Scene.explore(
        2,
        (scene, meetings) -> {
          SlowExit slow = new SlowExit(scene);
          IommuDevice dev = scene.device(1, slow);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          scene.sva.bind(dev, mm, null);
          int[] during = {0};
          ThrowingCallable unbind =
              () -> {
                boolean came = slow.inside;
                boolean found = scene.unbinds(dev, pasid);
                if (came) {
                  assertThat(found).as("an unbind during mm_exit succeeds").isTrue();
                  assertThat(slow.inside).as("mm_exit runs after an unbind").isFalse();
                  assertThat(scene.iommu.hasLiveCd(dev, pasid)).isFalse();
                  meetings.meet(++during[0] == 1 ? I5 : I6);
                }
              };
          Map<String, ThrowingCallable> bodies = new LinkedHashMap<>();
          bodies.put("exit", mm::putUser);
          bodies.put("unbind 1", unbind);
          bodies.put("unbind 2", unbind);
          scene.race(bodies);
          assertThat(slow.told).hasSizeLessThanOrEqualTo(1);
          assertThat(scene.log().stream().filter(line -> line.startsWith("detach"))).hasSize(1);
          scene.assertOneEnd(mm);
        },
        I5,
        I6);
  }

  /** I6 from inside an mm_exit, which ends somewhere among the two unbinds. */
  @Test
  void twoUnbindsInsideAnMmExitBothReturnAfterIt() {
    Scene.explore(
        2,
        (scene, meetings) -> {
          SlowExit slow = new SlowExit(scene);
          slow.stays = true;
          IommuDevice dev = scene.device(1, slow);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          scene.sva.bind(dev, mm, null);
          Task exit = scene.spawn("exit", mm::putUser);
          scene.until(() -> slow.inside);
          int[] cameInside = {0};
          ThrowingCallable unbind =
              () -> {
                boolean came = slow.inside;
                boolean found = scene.unbinds(dev, pasid);
                assertThat(slow.inside).as("mm_exit runs after an unbind").isFalse();
                // One that looks the bond up after the end of mm_exit may find none.
                if (came && found) {
                  meetings.meet(++cameInside[0] == 1 ? I5 : I6);
                }
              };
          Map<String, ThrowingCallable> bodies = new LinkedHashMap<>();
          bodies.put("unbind 1", unbind);
          bodies.put("unbind 2", unbind);
          bodies.put("mm_exit ends", slow::leave);
          scene.race(bodies);
          exit.join();
          assertThat(slow.told).containsExactly(dev);
          assertThat(scene.log().stream().filter(line -> line.startsWith("detach"))).hasSize(1);
          scene.assertOneEnd(mm);
        },
        I5,
        I6);
  }

  /** I8: refused, whoever else unbinds meanwhile. */
  @Test
  void anMmExitThatUnbindsItsOwnBondIsRefused() {
    Scene.explore(
        2,
        (scene, meetings) -> {
          int[] waiting = {0};
          int[] told = {0};
          IommuDevice dev =
              scene.device(
                  1,
                  (d, pasid, drvdata) -> {
                    told[0]++;
                    boolean another = waiting[0] > 0;
                    if (another) {
                      scene.sched.sleep(10); // The other comes as far as it can, and waits.
                      assertThat(waiting[0]).as("unbinds that wait for mm_exit").isPositive();
                    }
                    Scene.assertRefused(Errno.EDEADLK, () -> scene.sva.unbind(d, pasid));
                    meetings.meet(another ? I8_WAITING : I8_ALONE);
                    return 0;
                  });
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          scene.race(
              "exit",
              mm::putUser,
              "unbind",
              () -> {
                waiting[0]++;
                scene.unbinds(dev, pasid);
                waiting[0]--;
              });
          assertThat(told[0]).isLessThanOrEqualTo(1);
          scene.assertOneEnd(mm);
        },
        I8_ALONE,
        I8_WAITING);
  }

  /** I9: as I5, for each bond of the device; in the end it has none. */
  @Test
  void aShutdownOfTheDeviceEndsWithoutBonds() {
    Scene.explore(
        2,
        (scene, meetings) -> {
          SlowExit slow = new SlowExit(scene);
          IommuDevice dev = scene.device(1, slow);
          AddressSpace dying = scene.process("dying");
          AddressSpace living = scene.process("living");
          scene.sva.bind(dev, dying, null);
          scene.sva.bind(dev, living, null);
          scene.race(
              "exit", dying::putUser, "shutdown", () -> shutDown(scene, dev, slow, meetings));
          assertThat(slow.told).hasSizeLessThanOrEqualTo(1);
          scene.end(living);
        },
        I9,
        I9_BEFORE);
  }

  /** I9 from inside an mm_exit, which ends somewhere in the shutdown. */
  @Test
  void aShutdownInsideAnMmExitWaitsForIt() {
    Scene.explore(
        2,
        (scene, meetings) -> {
          SlowExit slow = new SlowExit(scene);
          slow.stays = true;
          IommuDevice dev = scene.device(1, slow);
          AddressSpace dying = scene.process("dying");
          AddressSpace living = scene.process("living");
          scene.sva.bind(dev, dying, null);
          scene.sva.bind(dev, living, null);
          Task exit = scene.spawn("exit", dying::putUser);
          scene.until(() -> slow.inside);
          scene.race(
              "shutdown", () -> shutDown(scene, dev, slow, meetings), "mm_exit ends", slow::leave);
          exit.join();
          assertThat(slow.told).containsExactly(dev);
          scene.end(living);
        },
        I9);
  }

  private static void shutDown(Scene scene, IommuDevice dev, SlowExit slow, Meetings meetings) {
    if (slow.inside) {
      meetings.meet(I9);
    } else if (slow.told.isEmpty()) {
      meetings.meet(I9_BEFORE);
    }
    scene.sva.deviceShutdown(dev);
    assertThat(slow.inside).as("mm_exit runs after a shutdown").isFalse();
    assertThat(scene.sva.statistics().of(SvaCounter.BONDS)).isZero();
  }
}
