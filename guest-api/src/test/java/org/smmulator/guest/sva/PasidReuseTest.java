package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.iommu.PageRequest;
import org.smmulator.guest.mm.AddressSpace;

/** Scenario 31: when a PASID may come to name another process. */
class PasidReuseTest {
  private static final String REUSED = "the bind gets the PASID that was given up";
  private static final String FRESH = "the bind gets another PASID";
  private static final String ASKED = "a page request is under way when the bond goes";
  private static final String WHILE_QUARANTINED = "the bind comes to a PASID in quarantine";
  private static final String WHILE_LIVE = "the bind comes while the process lives";
  private static final String LATE = "an unbind comes when the PASID names another process";
  private static final String IN_TIME = "an unbind comes in time";

  @Test
  void thePasidOfADeviceThatDidNotStopIsNotHandedOut() {
    Scene.explore(
        2,
        (scene, meetings) -> {
          IommuDevice silent = scene.device(1, (dev, pasid, drvdata) -> -5);
          IommuDevice other = scene.device(2);
          AddressSpace dying = scene.process("dying");
          AddressSpace living = scene.process("living");
          int old = scene.sva.bind(silent, dying, null);
          int[] fresh = {0};
          scene.race(
              "exit",
              dying::putUser,
              "bind",
              () -> {
                long held = scene.sva.statistics().of(SvaCounter.PASIDS_QUARANTINED);
                meetings.meet(held == 1 ? WHILE_QUARANTINED : WHILE_LIVE);
                fresh[0] = scene.sva.bind(other, living, null);
              });
          assertThat(fresh[0]).as("the PASID of another process").isNotEqualTo(old);
          scene.sva.deviceGone(silent);
          scene.sva.unbind(other, fresh[0]);
          scene.quiesce(dying);
          scene.end(living);
        },
        WHILE_QUARANTINED,
        WHILE_LIVE);
  }

  @Test
  void aPasidIsHandedOutWhenItsPageRequestsAreAnswered() {
    Scene.explore(
        2,
        (scene, meetings) -> {
          IommuDevice dev = scene.device(1);
          IommuDevice other = scene.device(2);
          AddressSpace mm = scene.process("p");
          AddressSpace next = scene.process("next");
          int pasid = scene.sva.bind(dev, mm, null);
          int[] sent = {0};
          int[] owed = {0};
          scene.iommu.during =
              (operation, device) -> {
                if (operation.equals("detach")) {
                  owed[0] = sent[0];
                  if (sent[0] > scene.iommu.responses.size()) {
                    meetings.meet(ASKED);
                  }
                }
              };
          Map<String, ThrowingCallable> bodies = new LinkedHashMap<>();
          bodies.put("unbind", () -> scene.sva.unbind(dev, pasid));
          bodies.put(
              "device",
              () -> {
                sent[0]++;
                scene.iommu.request(request(dev, pasid));
              });
          bodies.put(
              "bind",
              () -> {
                boolean reused = scene.sva.bind(other, next, null) == pasid;
                meetings.meet(reused ? REUSED : FRESH);
                if (reused) {
                  assertThat(scene.iommu.responses).hasSizeGreaterThanOrEqualTo(owed[0]);
                }
              });
          scene.race(bodies);
          scene.settle();
          assertThat(scene.iommu.responses).hasSize(1);
          mm.putUser();
          scene.quiesce(mm);
          scene.end(next);
        },
        ASKED,
        REUSED,
        FRESH);
  }

  /** The late unbind of a driver that names its process leaves the next owner alone. */
  @Test
  void aLateUnbindLeavesTheNextOwnerAlone() {
    Scene.explore(
        2,
        (scene, meetings) -> {
          IommuDevice dev = scene.device(1);
          AddressSpace old = scene.process("old");
          AddressSpace next = scene.process("next");
          int pasid = scene.sva.bind(dev, old, null);
          int[] fresh = {0};
          scene.race(
              "exit and bind",
              () -> {
                old.putUser();
                scene.quiesce(old);
                fresh[0] = scene.sva.bind(dev, next, null);
              },
              "unbind",
              () -> {
                boolean late = fresh[0] == pasid;
                try {
                  scene.sva.unbind(dev, pasid, old);
                  assertThat(late).as("bound to the next process").isFalse();
                  meetings.meet(IN_TIME);
                } catch (IommuException e) {
                  assertThat(e.errno()).isEqualTo(Errno.ESRCH);
                  if (late) {
                    meetings.meet(LATE);
                  }
                }
              });
          assertThat(scene.iommu.access(dev, fresh[0], Scene.pageOf(0))).isTrue();
          scene.end(next);
        },
        LATE,
        IN_TIME);
  }

  private static PageRequest request(IommuDevice dev, int pasid) {
    return new PageRequest(dev, pasid, Scene.pageOf(1), 3, true, true, true, false, false);
  }
}
