package org.smmulator.guest.mm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.execution.ThreadExecution;
import org.smmulator.guest.sched.Sched;

class FrameAllocatorTest {
  private static final int PAGE = MmKernel.PAGE;

  @Test
  void handsOutZeroesWhateverAFrameHeldBefore() throws BusAbort {
    MmKernel kernel = kernel(1, 0);
    long pa = kernel.frames.allocate();
    kernel.memory.store64(pa + 8, -1);
    kernel.frames.put(pa);

    assertThat(kernel.frames.allocate()).isEqualTo(pa);
    assertThat(kernel.contents(pa)).containsOnly(0);
  }

  @Test
  void poisonsAFrameBeforeItTellsThatItIsFree() {
    MmKernel kernel = kernel(4, 0);
    long pa = kernel.frames.allocate();
    List<String> seen = new ArrayList<>();
    kernel.alsoTold =
        (freed, generation) ->
            seen.add(
                kernel.isPoisoned(freed)
                    + " "
                    + generation
                    + " "
                    + kernel.frames.generation(freed)
                    + " "
                    + (kernel.frames.allocate() != freed));
    kernel.frames.put(pa);

    assertThat(seen).containsExactly("true 0 1 true");
    assertThat(kernel.freed).containsOnlyKeys(pa);
  }

  @Test
  void keepsAFreedFrameUntilEnoughOthersWereFreedAfterIt() {
    MmKernel kernel = kernel(8, 2);
    long a = kernel.frames.allocate();
    long b = kernel.frames.allocate();
    long c = kernel.frames.allocate();
    long rest = kernel.frames.allocate();
    kernel.frames.put(b);
    kernel.frames.put(a);
    assertThat(kernel.frames.allocate()).isGreaterThan(rest);

    kernel.frames.put(c);
    assertThat(kernel.frames.allocate()).isEqualTo(b);
  }

  @Test
  void takesTheOldestFrameOutOfQuarantineWhenNoOtherIsLeft() {
    MmKernel kernel = kernel(3, 3);
    long a = kernel.frames.allocate();
    long b = kernel.frames.allocate();
    kernel.frames.allocate();
    kernel.frames.put(b);
    kernel.frames.put(a);

    assertThat(kernel.frames.freeFrames()).isEqualTo(2);
    assertThat(kernel.frames.allocate()).isEqualTo(b);
    assertThat(kernel.frames.allocate()).isEqualTo(a);
    assertThatThrownBy(kernel.frames::allocate)
        .isInstanceOf(OutOfMemory.class)
        .hasMessageContaining("0 of 3 are free");
  }

  @Test
  void keepsAFrameUntilItsLastUserPutsIt() {
    MmKernel kernel = kernel(4, 0);
    long pa = kernel.frames.allocate();
    kernel.frames.get(pa);
    kernel.frames.put(pa);
    assertThat(kernel.freed).isEmpty();
    assertThat(kernel.frames.references(pa)).isEqualTo(1);

    kernel.frames.put(pa);
    assertThat(kernel.freed).containsOnlyKeys(pa);
    assertThat(kernel.frames.references(pa)).isZero();
  }

  @Test
  void refusesToUseAFreeFrameOrOneThatIsNone() {
    MmKernel kernel = kernel(4, 2);
    long pa = kernel.frames.allocate();
    kernel.frames.put(pa);

    assertThatIllegalStateException().isThrownBy(() -> kernel.frames.put(pa));
    assertThatIllegalStateException().isThrownBy(() -> kernel.frames.get(pa));
    assertThatIllegalStateException().isThrownBy(() -> kernel.frames.get(MmKernel.RAM + 8));
    assertThatIllegalStateException().isThrownBy(() -> kernel.frames.get(MmKernel.RAM - PAGE));
    assertThatIllegalStateException().isThrownBy(() -> kernel.frames.get(MmKernel.RAM + 4L * PAGE));
  }

  @Test
  void alignsContiguousMemoryToItsSizeAndZeroesIt() throws BusAbort {
    MmKernel kernel = kernel(64, 0);
    for (long bytes : new long[] {100, PAGE, 3L * PAGE, 8L * PAGE, 16L * PAGE}) {
      long pa = kernel.frames.allocateContiguous(bytes);
      assertThat(pa % Long.highestOneBit(2 * bytes - 1)).isZero();
      assertThat(pa % PAGE).isZero();
      for (long at = pa; at < pa + bytes; at += PAGE) {
        assertThat(kernel.contents(at)).containsOnly(0);
        kernel.memory.store64(at, -1);
      }
      kernel.frames.freeContiguous(pa, bytes);
      assertThat(kernel.frames.freeFrames()).isEqualTo(64);
    }
  }

  @Test
  void contiguousMemoryNeverOverlapsWhatIsInUse() {
    MmKernel kernel = kernel(16, 16);
    long low = kernel.frames.allocate();
    long first = kernel.frames.allocateContiguous(4L * PAGE);
    long second = kernel.frames.allocateContiguous(4L * PAGE);
    assertThat(Math.abs(first - second)).isGreaterThanOrEqualTo(4L * PAGE);
    assertThat(low).isLessThan(Math.min(first, second));
    assertThatThrownBy(() -> kernel.frames.allocateContiguous(8L * PAGE))
        .isInstanceOf(OutOfMemory.class);

    kernel.frames.freeContiguous(first, 4L * PAGE);
    kernel.frames.freeContiguous(second, 4L * PAGE);
    assertThat(kernel.frames.allocateContiguous(8L * PAGE))
        .as("out of quarantine if need be")
        .isEqualTo(MmKernel.RAM + 8L * PAGE);
  }

  @Test
  void refusesMoreContiguousMemoryThanThereIs() {
    MmKernel kernel = kernel(4, 0);
    assertThatThrownBy(() -> kernel.frames.allocateContiguous(5L * PAGE))
        .isInstanceOf(OutOfMemory.class);
    assertThatThrownBy(() -> kernel.frames.allocateContiguous(Long.MAX_VALUE))
        .isInstanceOf(OutOfMemory.class);
  }

  @Test
  void noticesWritesToFreedFrames() throws BusAbort {
    MmKernel kernel = kernel(1, 0);
    long pa = kernel.frames.allocate();
    kernel.frames.put(pa);
    kernel.frames.put(kernel.frames.allocate());
    assertThat(kernel.frames.touchedWhileFree()).isZero();

    kernel.memory.store64(pa + PAGE - 8, 1);
    kernel.frames.allocate();
    assertThat(kernel.frames.touchedWhileFree()).isEqualTo(1);
  }

  @Test
  void thePlantedBugHandsTheLastFreedFrameOutNext() {
    MmKernel kernel = new MmKernel(new ThreadExecution(), 8, 8, true);
    kernel.frames.allocate();
    long freed = kernel.frames.allocate();
    kernel.frames.allocate();
    kernel.frames.put(freed);

    assertThat(kernel.frames.allocate()).isEqualTo(freed);
  }

  @Test
  void treatsRamWithoutMemoryBehindItAsABrokenInvariant() {
    FrameAllocator frames =
        new FrameAllocator(
            new Sched(new ThreadExecution()),
            new ArrayMemory(MmKernel.RAM, PAGE),
            (pa, generation) -> {},
            new FrameAllocator.Config(MmKernel.RAM + PAGE, PAGE, true, 0));

    assertThatIllegalStateException()
        .isThrownBy(frames::allocate)
        .withMessageContaining("0x40001000");
  }

  @Test
  void refusesARangeThatIsNotWholeFrames() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new FrameAllocator.Config(MmKernel.RAM + 8, PAGE, true, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new FrameAllocator.Config(MmKernel.RAM, PAGE - 1, true, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new FrameAllocator.Config(MmKernel.RAM, 0, true, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new FrameAllocator.Config(MmKernel.RAM, PAGE, true, -1));
  }

  private static MmKernel kernel(int frames, int quarantine) {
    // The kernel's page tables are not wanted here, only its frames.
    return new MmKernel(new ThreadExecution(), frames, quarantine, false);
  }
}
