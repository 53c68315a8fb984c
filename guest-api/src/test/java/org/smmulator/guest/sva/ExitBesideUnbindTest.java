package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.sched.Task;

/** An exit and the unbinds that began before it, or run beside it. */
class ExitBesideUnbindTest {
  private static final String QUIET = "an unbind detaches while the CD of its domain is quiet";
  private static final String I1 = "I1: the unbind is over before the release";
  private static final String I2 = "I2: the last reference goes after the release has come";
  private static final String ENDED = "the release has come and the io_mm is at its end";
  private static final String HELD = "the release holds the io_mm and waits for the unbind";
  private static final String I3 = "I3: the unbind finds no bond after the release";
  private static final String I5 = "I5: the unbind comes during the release and succeeds";

  /**
   * I1: the release does not come, mm_exit is not called. I2: it comes to an io_mm without
   * references, which stays valid for it. I3: mm_exit once, ESRCH for the unbind. I16: an io_mm is
   * unregistered by the unbind and unhashed by the exit, in both orders, once each.
   */
  @Test
  void anUnbindThatCameFirstKeepsMmExitFromBeingCalled() {
    Scene.explore(
        2,
        (scene, meetings) -> {
          AtomicInteger told = new AtomicInteger();
          IommuDevice dev = scene.device(1, (d, p, data) -> told.getAndIncrement());
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          int[] unbound = {0};
          scene.listen();
          scene.race(
              "exit",
              mm::putUser,
              "unbind",
              () -> {
                if (scene.unbinds(dev, pasid)) {
                  unbound[0]++;
                  meetings.meet(meetingOfUnbind(scene, told.get()));
                } else {
                  meetings.meet(I3);
                }
              });
          if (isReleasedInVain(scene.events())) {
            assertThat(told.get()).as("mm_exit after the last unbind").isZero();
            meetings.meet(I2);
          }
          assertThat(told.get() + unbound[0]).isBetween(1, 2);
          assertThat(scene.log().stream().filter(line -> line.startsWith("detach"))).hasSize(1);
          if (told.get() == 0) {
            assertThat(scene.log()).contains("detach dev1 CLEAR");
          }
          scene.assertOneEnd(mm);
        },
        I1,
        I2,
        ENDED,
        HELD,
        I3,
        I5);
  }

  /** To be asked right after an unbind that succeeded. */
  private static String meetingOfUnbind(Scene scene, int told) {
    if (scene.releases() == 0) {
      return I1;
    }
    if (told > 0) {
      return I5;
    }
    return scene.sva.statistics().of(SvaCounter.PASIDS_LIVE) == 0 ? ENDED : HELD;
  }

  /**
   * Whether the exit's release had come to the notifier, then the unbind gave up the last
   * reference, then the release asked for one.
   */
  private static boolean isReleasedInVain(List<String> events) {
    int fetched = indexOf(events, "exit", ": NOTIFIER_BEGINS release");
    int lost = indexOf(events, "unbind", ": IO_MM_UNREFERENCED");
    int inVain = indexOf(events, "exit", ": IO_MM_RELEASED_IN_VAIN");
    return fetched >= 0 && fetched < lost && lost < inVain;
  }

  private static int indexOf(List<String> events, String task, String end) {
    for (int i = 0; i < events.size(); i++) {
      if (events.get(i).startsWith(task + ": ") && events.get(i).endsWith(end)) {
        return i;
      }
    }
    return -1;
  }

  @Test
  void anExitWaitsForTheUnbindThatCameFirst() {
    Scene.inManyOrders(
        scene -> {
          IommuDevice dev = scene.device(1);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(dev, mm, null);
          scene.iommu.access(dev, pasid, Scene.pageOf(0));
          boolean[] detaching = {false};
          scene.iommu.during =
              (operation, device) -> {
                if (operation.equals("detach") && !detaching[0]) {
                  detaching[0] = true;
                  scene.happened();
                  scene.sched.sleep(100);
                }
              };
          Task unbind = scene.spawn("unbind", () -> scene.sva.unbind(dev, pasid));
          scene.until(() -> detaching[0]);
          assertThat(unbind.isDone()).as("the unbind is over before the exit").isFalse();
          mm.putUser();
          assertThat(scene.iommu.hasCd(dev, pasid)).isFalse();
          assertThat(scene.sva.statistics().of(SvaCounter.MM_EXITS)).isZero();
          unbind.join();
          scene.quiesce(mm);
          scene.assertNothingLeft(0);
        });
  }

  @Test
  void anUnbindMeetsTheQuietCdOfItsDomainAndLeavesItToTheExit() {
    Scene.explore(
        2,
        (scene, meetings) -> {
          IommuDevice a = scene.device(1);
          IommuDevice b = scene.device(scene.iommu.plug(2, Scene.FULL, a), null);
          AddressSpace mm = scene.process("p");
          int pasid = scene.sva.bind(a, mm, null);
          scene.sva.bind(b, mm, null);
          scene.iommu.during =
              (operation, dev) -> {
                boolean unbinds = scene.sched.current().name().equals("unbind");
                boolean quiet = scene.iommu.hasCd(a, pasid) && !scene.iommu.hasLiveCd(a, pasid);
                if (operation.equals("detach") && unbinds && quiet) {
                  meetings.meet(QUIET);
                }
              };
          scene.race("exit", mm::putUser, "unbind", () -> scene.unbinds(b, pasid));
          scene.sva.deviceGone(b);
          scene.quiesce(mm);
          assertThat(scene.iommu.hasCd(a, pasid)).isFalse();
          scene.assertNothingLeft(0);
        },
        QUIET);
  }

  @Test
  void anotherProcessIsInvalidatedWhileMmExitTakesItsTime() {
    Scene.inManyOrders(
        scene -> {
          boolean[] go = {false};
          boolean[] inside = {false};
          IommuDevice dev =
              scene.device(
                  1,
                  (d, p, data) -> {
                    inside[0] = true;
                    scene.happened();
                    scene.until(() -> go[0]);
                    return 0;
                  });
          AddressSpace dying = scene.process("dying");
          AddressSpace living = scene.process("living");
          scene.sva.bind(dev, dying, null);
          int pasid = scene.sva.bind(dev, living, null);
          scene.iommu.access(dev, pasid, Scene.pageOf(0));
          Task exit = scene.spawn("exit", dying::putUser);
          scene.until(() -> inside[0]);
          living.munmap(Scene.pageOf(0), Scene.PAGE);
          assertThat(exit.isDone()).isFalse();
          assertThat(scene.iommu.access(dev, pasid, Scene.pageOf(0))).isFalse();
          go[0] = true;
          scene.happened();
          exit.join();
        });
  }
}
