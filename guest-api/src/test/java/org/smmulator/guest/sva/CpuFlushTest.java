package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.mm.MmuNotifier;
import org.smmulator.guest.mm.SegmentationFault;

/** The order of the CPUs' flush and the notifiers. */
class CpuFlushTest {
  private static final String WRITTEN = "a CPU writes to the page before it goes";
  private static final String GONE = "a CPU finds the page gone";

  @Test
  void noCpuReachesAPageThatTheNotifiersWereToldOf() {
    Scene.explore(
        2,
        (scene, meetings) -> {
          AddressSpace mm = scene.process("p");
          Told told = new Told();
          mm.registerNotifier(told);
          scene.memory.written = pa -> assertThat(told.told).as("told of the page").isFalse();
          scene.race(
              "cpu",
              () -> {
                try {
                  mm.write(Scene.pageOf(0), new byte[] {2}, 0, 1);
                  meetings.meet(WRITTEN);
                } catch (SegmentationFault e) {
                  meetings.meet(GONE);
                }
              },
              "unmap",
              () -> mm.munmap(Scene.pageOf(0), Scene.PAGE));
          assertThat(told.told).isTrue();
          mm.unregisterNotifierNoRelease(told);
          scene.end(mm);
        },
        WRITTEN,
        GONE);
  }

  private static final class Told implements MmuNotifier {
    boolean told;

    @Override
    public void release(AddressSpace mm) {}

    @Override
    public boolean clearFlushYoung(AddressSpace mm, long start, long end) {
      return false;
    }

    @Override
    public void changePte(AddressSpace mm, long address) {}

    @Override
    public void invalidateRange(AddressSpace mm, long start, long end) {
      told = true;
    }
  }
}
