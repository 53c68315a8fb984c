package org.smmulator.guest.mm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.execution.ThreadExecution;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.Task;
import org.smmulator.guest.sched.WaitQueue;

/** Users, references and registrations of an address space, from its creation to its end. */
class AddressSpaceLifeTest {
  private static final int PAGE = MmKernel.PAGE;
  private static final int FRAMES = 64;

  private final MmKernel kernel = new MmKernel(new ThreadExecution(), FRAMES, 8, false);
  private final AddressSpace mm = kernel.spaces.create("process");

  static LongStream seeds() {
    return TestSeeds.first(100);
  }

  @Test
  void choosesAddressesThatDoNotOverlapAndStartAsZeroes() {
    long a = mm.mmap(3 * PAGE - 5, Prot.READ_WRITE);
    long b = mm.mmap(PAGE, Prot.READ);
    assertThat(a % PAGE).isZero();
    assertThat(b + PAGE <= a || a + 3 * PAGE <= b).isTrue();
    MmKernel.write(mm, a + 3 * PAGE - 1, 9);
    assertThat(MmKernel.read(mm, b)).isZero();

    mm.munmap(a, 3 * PAGE);
    assertThat(mm.mmap(3 * PAGE, Prot.READ_WRITE)).as("the gap is used again").isEqualTo(a);
    assertThat(MmKernel.read(mm, a + 3 * PAGE - 1)).isZero();
  }

  @Test
  void faultsAtAddressesThatNoProcessCanHave() {
    for (long va : new long[] {0, 1L << 48, -1, Long.MIN_VALUE, Long.MAX_VALUE}) {
      assertThat(mm.handleFault(va, FaultAccess.READ, true)).isEqualTo(FaultOutcome.NO_VMA);
      assertThatThrownBy(() -> mm.write(va, new byte[16], 0, 16))
          .isInstanceOf(SegmentationFault.class);
    }
    mm.mmapFixed((1L << 48) - PAGE, PAGE, Prot.READ_WRITE);
    MmKernel.write(mm, (1L << 48) - PAGE, 1);
    assertThatThrownBy(() -> mm.read((2L << 48) - PAGE, new byte[1], 0, 1))
        .as("bits 48 and up count")
        .isInstanceOf(SegmentationFault.class);
    assertThatThrownBy(() -> mm.write((1L << 48) - 8, new byte[16], 0, 16))
        .isInstanceOf(SegmentationFault.class)
        .hasMessageContaining("0x1000000000000");
  }

  @Test
  void memoryLivesWhileItHasUsersAndTheStructureWhileItHasReferences() {
    long va = mm.mmap(PAGE, Prot.READ_WRITE);
    MmKernel.write(mm, va, 5);
    mm.grab();
    mm.getUser();
    mm.putUser();
    assertThat(MmKernel.read(mm, va)).isEqualTo(5);

    mm.putUser();
    assertThat(mm.getUserNotZero()).isFalse();
    assertThatIllegalStateException().isThrownBy(mm::getUser);
    assertThatIllegalStateException().isThrownBy(() -> mm.mmap(PAGE, Prot.READ));
    assertThatIllegalStateException().isThrownBy(() -> mm.read(va, new byte[1], 0, 1));
    assertThatIllegalStateException().isThrownBy(() -> mm.handleFault(va, FaultAccess.READ, true));
    assertThatIllegalStateException()
        .isThrownBy(() -> MmKernel.register(mm, new RecordingNotifier(0)));
    assertThat(kernel.frames.freeFrames()).as("all but the root table").isEqualTo(FRAMES - 1);
    assertThat(kernel.frames.references(mm.pageTableRoot())).isEqualTo(1);

    int asid = mm.asid();
    mm.drop();
    assertThat(kernel.frames.freeFrames()).isEqualTo(FRAMES);
    assertThat(kernel.spaces.statistics().of(MmCounter.LIVE_ADDRESS_SPACES)).isZero();
    assertThat(asid).isBetween(1, 65535);
    assertThatIllegalStateException()
        .as("given back with the structure")
        .isThrownBy(() -> kernel.spaces.freeAsid(asid));
    assertThatIllegalStateException().isThrownBy(mm::drop);
    assertThatIllegalStateException().isThrownBy(mm::putUser);
  }

  @Test
  void putsTheEndOffToAWorkerForTasksThatMustNotSleep() {
    List<String> tasks = new ArrayList<>();
    RecordingNotifier notifier =
        new RecordingNotifier(0, () -> tasks.add(kernel.sched.current().name()));
    MmKernel.register(mm, notifier);
    mm.putUserAsync();
    kernel.spaces.flushAsyncPuts();
    assertThat(tasks).containsExactly("mmput");
    mm.unregisterNotifierNoRelease(notifier);
    assertThat(kernel.frames.freeFrames()).isEqualTo(FRAMES);
  }

  @Test
  void aNotifierUnregisteredBeforeTheEndIsNeverReleased() {
    RecordingNotifier gone = new RecordingNotifier(0);
    RecordingNotifier stays = new RecordingNotifier(0);
    MmKernel.register(mm, gone);
    MmKernel.register(mm, stays);
    mm.unregisterNotifierNoRelease(gone);
    mm.putUser();
    assertThat(gone.calls).isEmpty();
    assertThat(stays.calls).containsExactly("release");
  }

  @Test
  void aRegistrationKeepsTheStructureUntilItIsUndoneEvenAfterRelease() {
    RecordingNotifier notifier = new RecordingNotifier(0);
    MmKernel.register(mm, notifier);
    mm.putUser();
    assertThat(kernel.spaces.statistics().of(MmCounter.LIVE_ADDRESS_SPACES)).isEqualTo(1);
    mm.unregisterNotifierNoRelease(notifier);
    assertThat(kernel.spaces.statistics().of(MmCounter.LIVE_ADDRESS_SPACES)).isZero();
    assertThat(notifier.calls).containsExactly("release");
  }

  @Test
  void notifiersMayUnregisterThemselvesAndOthersDuringRelease() {
    List<String> order = new ArrayList<>();
    RecordingNotifier later = new RecordingNotifier(0, () -> order.add("later"));
    RecordingNotifier[] first = new RecordingNotifier[1];
    first[0] =
        new RecordingNotifier(
            0,
            () -> {
              order.add("first");
              mm.unregisterNotifierNoRelease(later);
              mm.unregisterNotifierNoRelease(first[0]);
            });
    MmKernel.register(mm, first[0]);
    MmKernel.register(mm, later);
    mm.putUser();
    assertThat(order).containsExactly("first");
    assertThat(kernel.spaces.notifierCalls().of(NotifierCall.RELEASE)).isEqualTo(1);
    assertThat(kernel.spaces.statistics().of(MmCounter.LIVE_ADDRESS_SPACES)).isZero();
  }

  @Test
  void aNotifierUnregisteredInTheMiddleOfAWalkIsNotCalled() {
    long va = mm.mmap(PAGE, Prot.READ_WRITE);
    MmKernel.write(mm, va, 1);
    RecordingNotifier later = new RecordingNotifier(va);
    MmKernel.register(mm, new RecordingNotifier(va, () -> mm.unregisterNotifierNoRelease(later)));
    MmKernel.register(mm, later);
    mm.munmap(va, PAGE);
    assertThat(later.calls).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void memoryIsNotFreedWhileACallbackOfTheKernelStillRuns(long seed) {
    DeterministicExecution execution = new DeterministicExecution(seed);
    execution.run(
        () -> {
          MmKernel own = new MmKernel(execution, FRAMES, 8, false);
          AddressSpace other = own.spaces.create("other");
          AddressSpace space = own.spaces.create("process");
          long va = other.mmap(PAGE, Prot.READ_WRITE);
          MmKernel.write(other, va, 1);
          WaitQueue changed = own.sched.waitQueue("test");
          AtomicBoolean entered = new AtomicBoolean();
          AtomicBoolean mayLeave = new AtomicBoolean();
          MmKernel.register(
              other,
              new RecordingNotifier(
                  va,
                  () -> {
                    entered.set(true);
                    changed.wakeAll();
                    changed.await(mayLeave::get, Long.MAX_VALUE);
                  }));
          own.sched.spawn("unmapper", () -> other.munmap(va, PAGE));
          changed.await(entered::get, Long.MAX_VALUE);

          Task ending = own.sched.spawn("ending", space::putUser);
          own.sched.sleep(1_000); // virtual time: everybody is waiting by then
          assertThat(ending.isDone()).isFalse();
          mayLeave.set(true);
          changed.wakeAll();
          ending.join();
          assertThat(ending.failure()).isNull();
        });
  }

  @Test
  void registrationsAreUndoneExactlyOnce() {
    RecordingNotifier notifier = new RecordingNotifier(0);
    assertThatIllegalStateException().isThrownBy(() -> mm.unregisterNotifierNoRelease(notifier));
    MmKernel.register(mm, notifier);
    assertThatIllegalStateException().isThrownBy(() -> MmKernel.register(mm, notifier));
    mm.unregisterNotifierNoRelease(notifier);
    assertThatIllegalStateException().isThrownBy(() -> mm.unregisterNotifierNoRelease(notifier));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void unregisteringDoesNotWaitForACallbackButTheGracePeriodDoes(long seed) {
    DeterministicExecution execution = new DeterministicExecution(seed);
    execution.run(
        () -> {
          MmKernel own = new MmKernel(execution, FRAMES, 8, false);
          AddressSpace space = own.spaces.create("process");
          WaitQueue changed = own.sched.waitQueue("test");
          AtomicBoolean entered = new AtomicBoolean();
          AtomicBoolean unregistered = new AtomicBoolean();
          AtomicBoolean left = new AtomicBoolean();
          RecordingNotifier slow =
              new RecordingNotifier(
                  0,
                  () -> {
                    entered.set(true);
                    changed.wakeAll();
                    changed.await(unregistered::get, Long.MAX_VALUE);
                    left.set(true);
                  });
          long va = space.mmap(PAGE, Prot.READ_WRITE);
          MmKernel.write(space, va, 1);
          MmKernel.register(space, slow);
          Task unmapper = own.sched.spawn("unmapper", () -> space.munmap(va, PAGE));
          changed.await(entered::get, Long.MAX_VALUE);

          space.unregisterNotifierNoRelease(slow);
          AtomicInteger graceSawItLeave = new AtomicInteger(-1);
          space.callAfterGrace(() -> graceSawItLeave.set(left.get() ? 1 : 0));
          unregistered.set(true);
          changed.wakeAll();
          unmapper.join();
          own.spaces.notifierSrcu().barrier();
          assertThat(graceSawItLeave).hasValue(1);
          space.putUser();
          assertThat(slow.calls).hasSize(1);
        });
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void releasesOnceHoweverUsersComeAndGo(long seed) {
    DeterministicExecution execution = new DeterministicExecution(seed);
    execution.run(
        () -> {
          MmKernel own = new MmKernel(execution, FRAMES, 8, false);
          AddressSpace space = own.spaces.create("process");
          long va = space.mmap(4 * PAGE, Prot.READ_WRITE);
          RecordingNotifier notifier = new RecordingNotifier(va);
          MmKernel.register(space, notifier);
          List<Task> tasks = new ArrayList<>();
          for (int i = 0; i < 3; i++) {
            int page = i;
            tasks.add(
                own.sched.spawn(
                    "worker " + i,
                    () -> {
                      if (space.getUserNotZero()) {
                        MmKernel.write(space, va + (long) page * PAGE, page);
                        space.munmap(va + (long) page * PAGE, PAGE);
                        space.putUserAsync();
                      }
                    }));
          }
          space.putUser();
          tasks.forEach(Task::join);
          own.spaces.flushAsyncPuts();
          assertThat(notifier.calls).filteredOn("release"::equals).hasSize(1);
          assertThat(notifier.calls).last().isEqualTo("release");
          space.unregisterNotifierNoRelease(notifier);
          assertThat(own.frames.freeFrames()).isEqualTo(FRAMES);
        });
  }

  @Test
  void survivesRunningOutOfMemoryAtEveryAllocation() {
    int failures = 0;
    for (int frames = 1; frames < 40; frames++) {
      MmKernel small = new MmKernel(new ThreadExecution(), frames, 4, false);
      List<AddressSpace> spaces = new ArrayList<>();
      try {
        AddressSpace parent = small.spaces.create("parent");
        spaces.add(parent);
        long va = parent.mmap(8 * PAGE, Prot.READ_WRITE);
        parent.write(va, new byte[8 * PAGE], 0, 8 * PAGE);
        AddressSpace child = parent.fork("child");
        spaces.add(child);
        child.write(va, new byte[8 * PAGE], 0, 8 * PAGE);
      } catch (OutOfMemory e) {
        failures++;
      } catch (SegmentationFault e) {
        throw new AssertionError(e);
      }
      spaces.forEach(AddressSpace::putUser);
      assertThat(small.frames.freeFrames()).as("of %d frames", frames).isEqualTo(frames);
      assertThat(small.spaces.statistics().of(MmCounter.LIVE_ADDRESS_SPACES)).isZero();
    }
    assertThat(failures).isBetween(20, 38);
  }

  @Test
  void aForkThatFailsHasFlushedWhatItWriteProtected() {
    MmKernel small = new MmKernel(new ThreadExecution(), 13, 0, false);
    AddressSpace parent = small.spaces.create("parent");
    long low = 0x10_0000;
    long high = low + (1L << 30);
    parent.mmapFixed(low, PAGE, Prot.READ_WRITE);
    parent.mmapFixed(high, PAGE, Prot.READ_WRITE);
    MmKernel.write(parent, low, 1);
    MmKernel.write(parent, high, 2);
    CachingMmu device = new CachingMmu(small, parent);
    device.lookUp(low);
    device.lookUp(high);

    assertThatThrownBy(() -> parent.fork("child")).isInstanceOf(OutOfMemory.class);
    device.assertFresh();
    assertThat(small.descriptor(parent, low) & 0x80).as("protected already").isNotZero();
    MmKernel.write(parent, low, 3);
    assertThat(MmKernel.read(parent, low)).isEqualTo(3);
    assertThat(MmKernel.read(parent, high)).isEqualTo(2);
  }

  @Test
  void othersGetAsidsThatNoAddressSpaceHas() {
    int asid = kernel.spaces.allocateAsid();
    assertThat(asid).isNotEqualTo(mm.asid());
    assertThat(kernel.spaces.create("next").asid()).isNotIn(asid, mm.asid());
    assertThat(kernel.spaces.statistics().of(MmCounter.LIVE_ADDRESS_SPACES)).isEqualTo(2);
    kernel.spaces.freeAsid(asid);
    assertThatIllegalStateException().isThrownBy(() -> kernel.spaces.freeAsid(asid));
  }

  @Test
  void anAddressSpaceThatCannotBeMadeKeepsNoAsid() {
    MmKernel small = new MmKernel(new ThreadExecution(), 1, 0, false);
    int asid = small.spaces.create("first").asid();
    assertThatThrownBy(() -> small.spaces.create("second")).isInstanceOf(OutOfMemory.class);
    assertThatIllegalStateException().isThrownBy(() -> small.spaces.freeAsid(asid + 1));
  }

  @Test
  void asidsAreNeverZeroNorGivenTwice() {
    AsidAllocator asids = new AsidAllocator(new Sched(new ThreadExecution()));
    for (int expected = 1; expected < 65536; expected++) {
      assertThat(asids.allocate()).isEqualTo(expected);
    }
    assertThatThrownBy(asids::allocate).isInstanceOf(OutOfMemory.class);
    asids.free(77);
    assertThat(asids.allocate()).isEqualTo(77);
    assertThatIllegalStateException().isThrownBy(() -> asids.free(0));
  }
}
