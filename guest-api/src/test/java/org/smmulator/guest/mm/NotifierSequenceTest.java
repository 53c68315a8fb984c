package org.smmulator.guest.mm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.smmulator.execution.ThreadExecution;
import org.smmulator.guest.sched.Context;

/** What each operation tells the notifiers, and what page table and frames look like meanwhile. */
class NotifierSequenceTest {
  private static final int PAGE = MmKernel.PAGE;
  private static final long BASE = 0x1234_5600_0000L;

  /** Descriptor bits of a young page without its frame, typed from the Arm ARM. */
  private static final long RW = 0x0060_0000_0000_0f43L;

  private static final long RO = 0x0060_0000_0000_0fc3L;
  private static final long RX = 0x0020_0000_0000_0fc3L;
  private static final long ACCESS_FLAG = 0x400;

  private final MmKernel kernel = new MmKernel(new ThreadExecution(), 256, 64, false);
  private final AddressSpace mm = kernel.spaces.create("process");
  private final List<String> seen = new ArrayList<>();
  private Runnable look = () -> {};
  private final RecordingNotifier notifier = new RecordingNotifier(BASE, () -> look.run());

  @BeforeEach
  void mapsEightPagesAndTouchesFour() {
    mm.mmapFixed(BASE, 8 * PAGE, Prot.READ_WRITE);
    MmKernel.register(mm, notifier);
    for (int page = 2; page < 6; page++) {
      MmKernel.write(mm, va(page), 0x10 + page);
    }
  }

  @Test
  void saysNothingWhenPagesAreFilled() {
    assertThat(notifier.calls).isEmpty();
    assertThat(bits(2)).isEqualTo(RW);
    assertThat(bits(6)).isZero();
  }

  @Test
  void unmappingTellsTheTouchedRangeWithEntriesGoneAndFramesStillThere() {
    long frame = kernel.frameOf(mm, va(3));
    look =
        () -> {
          see(kernel.descriptor(mm, va(3)) == 0, "gone");
          see(kernel.frames.references(frame) == 1 && !kernel.isPoisoned(frame), "kept");
          see(kernel.sched.context() != Context.ATOMIC, "not atomic");
        };
    mm.munmap(va(1), 6 * PAGE);

    assertThat(notifier.calls).containsExactly("invalidateRange 2..6");
    assertThat(seen).containsExactly("gone", "kept", "not atomic");
    assertThat(kernel.isPoisoned(frame)).isTrue();
    assertThat(kernel.frames.generation(frame)).isEqualTo(1);
    assertThatThrownBy(() -> mm.read(va(3), new byte[1], 0, 1))
        .isInstanceOf(SegmentationFault.class)
        .hasMessageContaining("NO_VMA");
  }

  @Test
  void unmappingWhatWasNeverTouchedTellsNothing() {
    mm.munmap(va(6), 2 * PAGE);
    assertThat(notifier.calls).isEmpty();
  }

  @Test
  void tablesAreFreedAfterAFlushOnceNothingIsMappedUnderThem() {
    mm.mmapFixed(BASE + (4L << 30), PAGE, Prot.READ_WRITE);
    MmKernel.write(mm, BASE + (4L << 30), 1);
    long used = 256 - kernel.frames.freeFrames();
    mm.munmap(va(2), 4 * PAGE);
    assertThat(256 - kernel.frames.freeFrames()).as("other pages mapped").isEqualTo(used - 4);

    notifier.calls.clear();
    long before = kernel.frames.freeFrames();
    look = () -> see(kernel.frames.freeFrames() == before, "tables kept");
    mm.munmap(BASE, 8 * PAGE);
    assertThat(notifier.calls)
        .as("a page on the way to the tables")
        .containsExactly("invalidateRange 0..1");
    assertThat(seen).containsExactly("tables kept");
    assertThat(kernel.frames.freeFrames()).as("levels 2 and 3").isEqualTo(before + 2);
    assertThat(MmKernel.read(mm, BASE + (4L << 30))).isEqualTo(1);
  }

  @Test
  void mappingOverOldPagesUnmapsThemFirst() {
    mm.mmapFixed(va(5), 3 * PAGE, Prot.READ_WRITE);
    assertThat(notifier.calls).containsExactly("invalidateRange 5..6");
    assertThat(MmKernel.read(mm, va(5))).isZero();
    assertThat(MmKernel.read(mm, va(4))).isEqualTo(0x14);
  }

  @Test
  void forgottenPagesReadAsZeroes() {
    long frame = kernel.frameOf(mm, va(2));
    look = () -> see(!kernel.isPoisoned(frame), "kept");
    mm.dontNeed(BASE, 4 * PAGE);
    assertThat(notifier.calls).containsExactly("invalidateRange 2..4");
    assertThat(seen).containsExactly("kept");
    assertThat(MmKernel.read(mm, va(2))).isZero();
    assertThat(MmKernel.read(mm, va(4))).isEqualTo(0x14);
  }

  @Test
  void narrowingPermissionsTellsAfterTheEntriesChanged() {
    look = () -> see(bits(2) == RO && bits(3) == RO && bits(4) == RW, "read-only");
    mm.mprotect(va(1), 3 * PAGE, Prot.READ);
    assertThat(notifier.calls).containsExactly("invalidateRange 2..4");
    assertThat(seen).containsExactly("read-only");
    assertThatThrownBy(() -> mm.write(va(2), new byte[1], 0, 1))
        .isInstanceOf(SegmentationFault.class)
        .hasMessageContaining("BAD_ACCESS");
  }

  @Test
  void wideningPermissionsTellsToo() {
    mm.mprotect(va(2), 2 * PAGE, Prot.READ);
    notifier.calls.clear();
    look = () -> see(bits(2) == RW, "writable");
    mm.mprotect(va(2), PAGE, Prot.READ_WRITE);
    assertThat(notifier.calls).containsExactly("invalidateRange 2..3");
    assertThat(seen).containsExactly("writable");

    mm.mprotect(va(3), PAGE, Prot.READ_EXEC);
    assertThat(bits(3)).isEqualTo(RX);
    assertThat(notifier.calls).containsExactly("invalidateRange 2..3", "invalidateRange 3..4");
  }

  @Test
  void protectingAsBeforeTellsNothing() {
    mm.mprotect(BASE, 8 * PAGE, Prot.READ_WRITE);
    assertThat(notifier.calls).isEmpty();
  }

  @Test
  void pagesWithoutPermissionsTranslateForNobodyAndKeepTheirContents() {
    mm.mprotect(BASE, 8 * PAGE, Prot.NONE);
    assertThat(notifier.calls).containsExactly("invalidateRange 2..6");
    assertThat(kernel.descriptor(mm, va(2)) & 1).isZero();
    assertThat(mm.handleFault(va(2), FaultAccess.READ, true)).isEqualTo(FaultOutcome.BAD_ACCESS);

    notifier.calls.clear();
    mm.mprotect(BASE, 8 * PAGE, Prot.READ_WRITE);
    assertThat(notifier.calls).as("invalid entries are cached nowhere").isEmpty();
    assertThat(MmKernel.read(mm, va(2))).isEqualTo(0x12);
    assertThat(bits(2)).isEqualTo(RW);
  }

  @Test
  void protectingAHoleIsRefusedAndChangesNothing() {
    mm.munmap(va(7), PAGE);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> mm.mprotect(va(2), 6 * PAGE, Prot.READ))
        .withMessageContaining("not all of it is mapped");
    assertThat(bits(2)).isEqualTo(RW);
  }

  @Test
  void forkWriteProtectsTheParentAndTellsItsNotifiersOnly() {
    look = () -> see(bits(2) == RO && bits(5) == RO, "protected");
    AddressSpace child = mm.fork("child");
    assertThat(notifier.calls).containsExactly("invalidateRange 2..6");
    assertThat(seen).containsExactly("protected");
    assertThat(kernel.frameOf(child, va(2))).isEqualTo(kernel.frameOf(mm, va(2)));
    assertThat(kernel.descriptor(child, va(2)) & 0x80).isNotZero();
    assertThat(child.asid()).isNotEqualTo(mm.asid());

    notifier.calls.clear();
    MmKernel.write(child, va(2), 0x77);
    child.munmap(BASE, 8 * PAGE);
    child.putUser();
    assertThat(notifier.calls).as("the child's own affairs").isEmpty();
    assertThat(MmKernel.read(mm, va(2))).isEqualTo(0x12);
  }

  @Test
  void breakingCopyOnWriteTellsChangePteWhileNeitherEntryIsVisible() {
    breaksCopyOnWrite(
        () -> {
          MmKernel.write(mm, va(3), 0x55);
          return true;
        });
    assertThat(MmKernel.read(mm, va(3))).isEqualTo(0x55);
  }

  @Test
  void aDeviceWriteBreaksCopyOnWriteLikeACpus() {
    breaksCopyOnWrite(
        () -> mm.handleFault(va(3) + 77, FaultAccess.WRITE, true) == FaultOutcome.HANDLED);
    assertThat(MmKernel.read(mm, va(3))).isEqualTo(0x13);
    assertThat(kernel.spaces.statistics().of(MmCounter.REMOTE_FAULTS)).isEqualTo(1);
  }

  private void breaksCopyOnWrite(BooleanSupplier write) {
    AddressSpace child = mm.fork("child");
    notifier.calls.clear();
    long shared = kernel.frameOf(mm, va(3));
    look =
        () -> {
          see(kernel.descriptor(mm, va(3)) == 0, "old gone, new not there");
          see(kernel.frames.references(shared) == 2, "old kept");
          see(kernel.sched.context() == Context.ATOMIC, "atomic");
        };
    assertThat(write.getAsBoolean()).isTrue();

    assertThat(notifier.calls).as("instead of invalidateRange").containsExactly("changePte 3");
    assertThat(seen).containsExactly("old gone, new not there", "old kept", "atomic");
    assertThat(kernel.frameOf(mm, va(3))).isNotEqualTo(shared);
    assertThat(kernel.frames.references(shared)).isEqualTo(1);
    assertThat(bits(3)).isEqualTo(RW);
    assertThat(MmKernel.read(child, va(3))).isEqualTo(0x13);
    assertThat(kernel.spaces.statistics().of(MmCounter.COPY_ON_WRITE_BREAKS)).isEqualTo(1);
  }

  @Test
  void theLastSharerGetsItsPageBackWithoutACopyButWithAFlush() {
    long frame = kernel.frameOf(mm, va(3));
    mm.fork("child").putUser();
    notifier.calls.clear();
    look = () -> see(bits(3) == RW, "writable");
    MmKernel.write(mm, va(3), 0x55);

    assertThat(notifier.calls).containsExactly("invalidateRange 3..4");
    assertThat(seen).containsExactly("writable");
    assertThat(kernel.frameOf(mm, va(3))).isEqualTo(frame);
  }

  @Test
  void wideningASharedPageLeavesItToCopyOnWrite() {
    AddressSpace child = mm.fork("child");
    mm.mprotect(va(2), PAGE, Prot.READ);
    mm.mprotect(va(2), PAGE, Prot.READ_WRITE);
    assertThat(bits(2)).isEqualTo(RO);
    MmKernel.write(mm, va(2), 0x66);
    assertThat(MmKernel.read(child, va(2))).isEqualTo(0x12);
  }

  @Test
  void ageingTellsEachPageUnderThePageTableLock() {
    look = () -> see(kernel.sched.context() == Context.ATOMIC, "atomic");
    assertThat(mm.age(BASE, 4 * PAGE)).isEqualTo(2);
    assertThat(notifier.calls).containsExactly("clearFlushYoung 2..3", "clearFlushYoung 3..4");
    assertThat(seen).containsExactly("atomic", "atomic");
    assertThat(kernel.descriptor(mm, va(2)) & ACCESS_FLAG).isZero();

    notifier.calls.clear();
    assertThat(MmKernel.read(mm, va(2))).isEqualTo(0x12);
    assertThat(kernel.descriptor(mm, va(2)) & ACCESS_FLAG).as("set by the fault").isNotZero();
    assertThat(mm.age(BASE, 4 * PAGE)).isEqualTo(1);
  }

  @Test
  void ageingLeavesPagesAloneThatNobodyMayAccess() {
    mm.mprotect(BASE, 8 * PAGE, Prot.NONE);
    notifier.calls.clear();
    assertThat(mm.age(BASE, 8 * PAGE)).isZero();
    assertThat(notifier.calls).isEmpty();
  }

  @Test
  void protectingDoesNotMakeAPageYoung() {
    mm.age(va(2), PAGE);
    mm.mprotect(va(2), PAGE, Prot.READ);
    assertThat(bits(2)).isEqualTo(RO & ~ACCESS_FLAG);
  }

  @Test
  void exitTellsReleaseWhileAllIsMappedAndNothingElse() {
    long frame = kernel.frameOf(mm, va(2));
    look =
        () -> {
          see(bits(2) == RW && kernel.frames.references(frame) == 1, "mapped");
          see(kernel.sched.context() == Context.SRCU_READ, "may sleep");
        };
    mm.putUser();
    assertThat(notifier.calls).containsExactly("release");
    assertThat(seen).containsExactly("mapped", "may sleep");
    assertThat(kernel.isPoisoned(frame)).isTrue();
  }

  @Test
  void refusesRangesThatAreNotPagesOfTheAddressSpace() {
    assertThatIllegalArgumentException().isThrownBy(() -> mm.munmap(BASE + 1, PAGE));
    assertThatIllegalArgumentException().isThrownBy(() -> mm.munmap(BASE, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> mm.munmap(BASE, Long.MAX_VALUE));
    assertThatIllegalArgumentException().isThrownBy(() -> mm.munmap(-PAGE, PAGE));
    assertThatIllegalArgumentException().isThrownBy(() -> mm.munmap(1L << 48, PAGE));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> mm.mmapFixed(0, PAGE, Prot.READ))
        .withMessageContaining("lowest");
    mm.munmap((1L << 48) - PAGE, PAGE);
  }

  private void see(boolean condition, String what) {
    seen.add(condition ? what : "NOT " + what);
  }

  private long bits(int page) {
    return kernel.descriptor(mm, va(page)) & ~0xffff_ffff_f000L;
  }

  private static long va(int page) {
    return BASE + (long) page * PAGE;
  }
}
