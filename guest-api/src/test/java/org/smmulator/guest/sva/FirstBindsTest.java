package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.smmulator.execution.explore.Meetings;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.mm.AddressSpace;

/** Binds beside each other and beside the death of the process. */
class FirstBindsTest {
  private static final String I13_REFUSED = "I13: a bind finds the process dying";
  private static final String I13_LAST = "I13: the exit comes while the bind is the last user";
  private static final String I14 = "I14: a first bind comes while another makes the io_mm";
  private static final String REACHED = "a device reaches the page as it is attached";
  private static final String UNMAPPED_FIRST = "the page is unmapped before a device is attached";
  private static final String NOT_YET = "a PASID is looked up before its io_mm can be grabbed";
  private static final String FOUND_BESIDE = "a PASID is found while the first bind goes on";
  private static final String ATTACHING = "a bind comes while the device is being attached";
  private static final String ONE_AFTER_THE_OTHER = "one bind after the other";

  /** I14: two first binds of one mm from two devices make one io_mm and one PASID. */
  @Test
  void twoFirstBindsMakeOneIoMm() {
    Scene.explore(
        2,
        (scene, meetings) -> {
          AddressSpace mm = scene.process("p");
          IommuDevice a = scene.device(1);
          IommuDevice b = scene.device(2);
          int[] binding = {0};
          int[] pasids = {0, 0};
          scene.race(
              "bind a",
              () -> pasids[0] = bind(scene, a, mm, binding, meetings),
              "bind b",
              () -> pasids[1] = bind(scene, b, mm, binding, meetings));
          assertThat(pasids[0]).isPositive().isEqualTo(pasids[1]);
          assertThat(scene.iommu.contexts).hasSize(1);
          assertThat(scene.sva.statistics().of(SvaCounter.PASIDS_LIVE)).isEqualTo(1);
          assertThat(scene.iommu.access(a, pasids[0], Scene.pageOf(0))).isTrue();
          assertThat(scene.iommu.access(b, pasids[1], Scene.pageOf(0))).isTrue();
          scene.end(mm);
        },
        I14,
        ONE_AFTER_THE_OTHER);
  }

  /** Scenario 6 beside itself: one bond, counted twice. */
  @Test
  void twoBindsOfOneDeviceMakeOneBond() {
    Scene.explore(
        2,
        (scene, meetings) -> {
          AddressSpace mm = scene.process("p");
          IommuDevice dev = scene.device(1);
          boolean[] attaching = {false};
          scene.iommu.during = (operation, device) -> attaching[0] |= operation.equals("attached");
          ThrowingCallable bind =
              () -> {
                boolean beside = attaching[0];
                assertThat(scene.sva.bind(dev, mm, null)).isEqualTo(1);
                attaching[0] = false;
                meetings.meet(beside ? ATTACHING : ONE_AFTER_THE_OTHER);
              };
          scene.race("one", bind, "other", bind);
          assertThat(scene.sva.statistics().of(SvaCounter.BONDS)).isEqualTo(1);
          scene.sva.unbind(dev, 1);
          assertThat(scene.iommu.hasLiveCd(dev, 1)).isTrue();
          scene.sva.unbind(dev, 1);
          assertThat(scene.iommu.hasCd(dev, 1)).isFalse();
          scene.end(mm);
        },
        ATTACHING,
        ONE_AFTER_THE_OTHER);
  }

  /** Scenario 2: whoever looks a PASID up while its io_mm is made gets the process or nothing. */
  @Test
  void aLookUpBesideAFirstBindGetsTheProcessOrNothing() {
    Scene.explore(
        2,
        (scene, meetings) -> {
          AddressSpace mm = scene.process("p");
          IommuDevice dev = scene.device(1);
          int[] pasid = {0};
          boolean[] binding = {false};
          scene.race(
              "bind",
              () -> {
                binding[0] = true;
                pasid[0] = scene.sva.bind(dev, mm, null);
                binding[0] = false;
              },
              "look up",
              () -> {
                boolean beside = binding[0];
                AddressSpace found = scene.sva.find(1);
                if (found != null) {
                  assertThat(found).isSameAs(mm);
                  found.putUserAsync();
                }
                if (beside) {
                  meetings.meet(found == null ? NOT_YET : FOUND_BESIDE);
                }
              });
          assertThat(pasid[0]).isEqualTo(1);
          scene.end(mm);
        },
        NOT_YET,
        FOUND_BESIDE);
  }

  /** Whoever can reach a page is told before its frame is freed: the fake IOMMU looks. */
  @Test
  void anUnmapBesideTwoFirstBindsLeavesNothingStale() {
    Scene.explore(
        2,
        (scene, meetings) -> {
          AddressSpace mm = scene.process("p");
          IommuDevice a = scene.device(1);
          IommuDevice b = scene.device(2);
          scene.iommu.during =
              (operation, dev) -> {
                if (operation.equals("attached")) {
                  boolean reached = scene.iommu.access(dev, 1, Scene.pageOf(0));
                  meetings.meet(reached ? REACHED : UNMAPPED_FIRST);
                }
              };
          Map<String, ThrowingCallable> bodies = new LinkedHashMap<>();
          bodies.put("bind a", () -> scene.sva.bind(a, mm, null));
          bodies.put("bind b", () -> scene.sva.bind(b, mm, null));
          bodies.put("unmap", () -> mm.munmap(Scene.pageOf(0), Scene.PAGE));
          scene.race(bodies);
          assertThat(scene.iommu.access(a, 1, Scene.pageOf(0))).isFalse();
          assertThat(scene.iommu.access(b, 1, Scene.pageOf(0))).isFalse();
          scene.end(mm);
        },
        REACHED,
        UNMAPPED_FIRST);
  }

  private static int bind(
      Scene scene, IommuDevice dev, AddressSpace mm, int[] binding, Meetings meetings)
      throws IommuException {
    long ioMms = scene.sva.statistics().of(SvaCounter.IO_MMS);
    if (binding[0]++ > 0 && ioMms == 0) {
      meetings.meet(I14);
    } else if (ioMms == 1) {
      meetings.meet(ONE_AFTER_THE_OTHER);
    }
    int pasid = scene.sva.bind(dev, mm, null);
    binding[0]--;
    return pasid;
  }

  /**
   * I13: a bind of a second device holds the process, or is refused since it is dying; no io_mm of
   * a dead process comes to be.
   */
  @Test
  void aBindBesideTheExitIsRefusedOrOutlivesIt() {
    Scene.explore(
        2,
        (scene, meetings) -> {
          AddressSpace mm = scene.process("p");
          mm.grab();
          IommuDevice a = scene.device(1);
          IommuDevice b = scene.device(2);
          scene.sva.bind(a, mm, null);
          ThrowingCallable bind =
              () -> {
                try {
                  scene.sva.bind(b, mm, null);
                } catch (IommuException e) {
                  assertThat(e.errno()).isEqualTo(Errno.ESRCH);
                  meetings.meet(I13_REFUSED);
                }
              };
          ThrowingCallable exit =
              () -> {
                mm.putUser();
                if (scene.releases() == 0) {
                  meetings.meet(I13_LAST);
                }
              };
          scene.race("exit", exit, "bind", bind);
          scene.quiesce(mm);
          mm.drop();
          scene.assertOneEnd(mm);
        },
        I13_REFUSED,
        I13_LAST);
  }
}
