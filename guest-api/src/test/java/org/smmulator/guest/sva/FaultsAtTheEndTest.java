package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.smmulator.execution.explore.Meetings;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.PageRequest;
import org.smmulator.guest.iommu.ResponseCode;
import org.smmulator.guest.mm.AddressSpace;

/** Page requests beside each of the three ways to the end of a bond. */
class FaultsAtTheEndTest {
  private static final String BEFORE = "a request is there as the end begins";
  private static final String DURING = "a request comes before the CD goes";
  private static final String AFTER = "a request comes after the CD has gone";

  private static final String I10 = "I10: the fault is the last user of the process";
  private static final String I11 = "I11: a request that was there finds the process gone";

  /** What the device has asked for, and when the CD went. */
  private static final class Faulting {
    private final Scene scene;
    private final Meetings meetings;
    final IommuDevice dev;
    final AddressSpace mm;
    final int pasid;
    private boolean sent;
    private boolean began;
    private boolean sentBefore;
    private boolean detached;
    private boolean sentUntilDetached;

    Faulting(Scene scene, Meetings meetings) throws Exception {
      this.scene = scene;
      this.meetings = meetings;
      dev = scene.device(1);
      mm = scene.process("p");
      pasid = scene.sva.bind(dev, mm, null);
    }

    void request() {
      sent = true;
      meetings.meet(!began ? BEFORE : detached ? AFTER : DURING);
      scene.iommu.request(
          new PageRequest(dev, pasid, Scene.pageOf(1), 7, true, true, true, false, false));
    }

    void begin() {
      began = true;
      sentBefore = sent;
    }

    void detaches() {
      detached = true;
      sentUntilDetached = sent;
    }

    void assertAnsweredOnce() {
      scene.settle();
      assertThat(scene.iommu.responses).hasSize(1);
    }
  }

  /** What ends the bond. */
  private interface End {
    void of(Scene scene, Faulting faulting) throws Exception;
  }

  private static ThrowingCallable ending(Scene scene, Faulting faulting, End end) {
    return () -> {
      faulting.begin();
      end.of(scene, faulting);
    };
  }

  /** Scenarios 11 and 13: requests first, then the CD. */
  private static void assertAnsweredBeforeTheCdGoes(End end) {
    Scene.explore(
        2,
        (scene, meetings) -> {
          Faulting faulting = new Faulting(scene, meetings);
          scene.iommu.during =
              (operation, device) -> {
                if (operation.equals("detach")) {
                  if (faulting.sentBefore) {
                    assertThat(scene.iommu.responses).as("answers before the CD goes").hasSize(1);
                  }
                  faulting.detaches();
                }
              };
          scene.race("device", faulting::request, "end of the bond", ending(scene, faulting, end));
          faulting.assertAnsweredOnce();
          scene.end(faulting.mm);
        },
        BEFORE,
        DURING,
        AFTER);
  }

  @Test
  void anUnbindAnswersWhatWasThereBeforeTheCdGoes() {
    assertAnsweredBeforeTheCdGoes((scene, f) -> scene.sva.unbind(f.dev, f.pasid));
  }

  @Test
  void aShutdownAnswersWhatWasThereBeforeTheCdGoes() {
    assertAnsweredBeforeTheCdGoes((scene, f) -> scene.sva.deviceShutdown(f.dev));
  }

  /** Scenario 20: all are answered before anything could hand the PASID out. */
  @Test
  void anExitAnswersWhatCameBeforeTheQuietCdIsCleared() {
    Scene.explore(
        2,
        (scene, meetings) -> {
          Faulting faulting = new Faulting(scene, meetings);
          int[] answered = {-1};
          scene.iommu.during =
              (operation, device) -> {
                if (operation.equals("detach")) {
                  faulting.detaches();
                }
              };
          scene.iommu.sabotage =
              (operation, after) -> {
                if (operation.equals("clearQuiet") && !after) {
                  answered[0] = scene.iommu.responses.size();
                }
              };
          scene.race(
              "device",
              faulting::request,
              "exit",
              ending(scene, faulting, FaultsAtTheEndTest::exit));
          scene.quiesce(faulting.mm);
          faulting.assertAnsweredOnce();
          if (faulting.sentBefore && scene.iommu.responses.get(0).code() == ResponseCode.INVALID) {
            meetings.meet(I11);
          }
          long leaks = scene.sva.statistics().of(SvaCounter.POSSIBLE_LEAKS);
          assertThat(leaks).as("PASIDs kept though their device has stopped").isZero();
          if (faulting.sentUntilDetached) {
            assertThat(answered[0]).as("answers before the quiet CD is cleared").isEqualTo(1);
          }
          scene.assertNothingLeft(0);
        },
        BEFORE,
        DURING,
        AFTER,
        I10,
        I11);
  }

  private static void exit(Scene scene, Faulting faulting) {
    faulting.mm.putUser();
    if (scene.releases() == 0) {
      faulting.meetings.meet(I10);
    }
  }
}
