package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.mm.MmuNotifier;

/** The two ends of a notifier's registration. */
class NotifierEndTest {
  private static final String BEFORE = "I16: unregistered before the release";
  private static final String DURING = "I16: unregistered during the release";
  private static final String AFTER = "I16: unregistered after the release";

  /** I16: release and unregister in any order have the effect of one of them. */
  @Test
  void anExitBesideAnUnregistrationReleasesAtMostOnce() {
    Scene.explore(
        3,
        (scene, meetings) -> {
          AddressSpace mm = scene.process("p");
          mm.grab();
          ReleaseCount notifier = new ReleaseCount(scene);
          mm.registerNotifier(notifier);
          scene.race(
              "exit",
              mm::putUser,
              "unregister",
              () -> {
                String meeting = notifier.released == 0 ? BEFORE : notifier.inside ? DURING : AFTER;
                mm.unregisterNotifierNoRelease(notifier);
                if (!meeting.equals(BEFORE) || notifier.released == 0) {
                  meetings.meet(meeting);
                }
              });
          assertThat(notifier.released).isLessThanOrEqualTo(1);
          scene.quiesce(mm);
          mm.drop();
          scene.assertNothingLeft(0);
        },
        BEFORE,
        DURING,
        AFTER);
  }

  private static final class ReleaseCount implements MmuNotifier {
    private final Scene scene;
    int released;
    boolean inside;

    ReleaseCount(Scene scene) {
      this.scene = scene;
    }

    @Override
    public void release(AddressSpace mm) {
      released++;
      inside = true;
      scene.execution.yieldPoint();
      scene.execution.yieldPoint();
      inside = false;
    }

    @Override
    public boolean clearFlushYoung(AddressSpace mm, long start, long end) {
      return false;
    }

    @Override
    public void changePte(AddressSpace mm, long address) {}

    @Override
    public void invalidateRange(AddressSpace mm, long start, long end) {}
  }
}
