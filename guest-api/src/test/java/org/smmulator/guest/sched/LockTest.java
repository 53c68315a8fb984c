package org.smmulator.guest.sched;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.execution.ThreadExecution;

class LockTest {
  private static final int TASKS = 5;
  private static final int TURNS = 20;

  static Stream<Named<Runs.Run>> runs() {
    return Runs.threadsAndOrders();
  }

  /** A number that loses increments unless one task at a time has it. */
  private static final class Unprotected {
    private int value;

    void increment(Sched sched) {
      int seen = value;
      sched.execution().yieldPoint();
      value = seen + 1;
    }
  }

  @ParameterizedTest
  @MethodSource("runs")
  void aSpinLockLetsOneTaskAtATimeIn(Runs.Run run) {
    run.with(
        sched -> {
          SpinLock lock = sched.spinLock("lock");
          Unprotected count = new Unprotected();
          together(
              sched,
              () -> {
                lock.lock();
                count.increment(sched);
                lock.unlock();
              });
          assertThat(count.value).isEqualTo(TASKS * TURNS);
        });
  }

  @ParameterizedTest
  @MethodSource("runs")
  void aMutexLetsOneTaskAtATimeIn(Runs.Run run) {
    run.with(
        sched -> {
          Mutex lock = sched.mutex("lock");
          Unprotected count = new Unprotected();
          together(
              sched,
              () -> {
                lock.lock();
                assertThat(lock.isHeldByCurrent()).isTrue();
                count.increment(sched);
                lock.unlock();
                assertThat(lock.isHeldByCurrent()).isFalse();
              });
          assertThat(count.value).isEqualTo(TASKS * TURNS);
        });
  }

  private static void together(Sched sched, Runnable turn) {
    List<Task> tasks = new ArrayList<>();
    for (int t = 0; t < TASKS; t++) {
      tasks.add(
          sched.spawn(
              "t" + t,
              () -> {
                for (int i = 0; i < TURNS; i++) {
                  turn.run();
                }
              }));
    }
    tasks.forEach(Task::join);
    assertThat(tasks).allMatch(task -> task.failure() == null);
  }

  @Test
  void everySleepingPrimitiveRefusesTheHolderOfASpinLock() {
    Sched sched = new Sched(new ThreadExecution());
    WorkQueue work = sched.workQueue("work");
    Srcu srcu = sched.srcu("srcu");
    Task ended = sched.spawn("ended", () -> {});
    List<Runnable> sleeps =
        List.of(
            () -> sched.sleep(0),
            () -> sched.mutex("mutex").lock(),
            () -> sched.waitQueue("queue").await(() -> true, 0),
            work::flush,
            work::close,
            srcu::synchronize,
            srcu::barrier,
            ended::join);
    SpinLock spinLock = sched.spinLock("the spin lock");
    spinLock.lock();
    assertThat(sched.context()).isEqualTo(Context.ATOMIC);
    for (Runnable sleep : sleeps) {
      assertThatThrownBy(sleep::run)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("atomic context")
          .hasMessageContaining("the spin lock");
    }
    spinLock.unlock();
    assertThat(sched.context()).isEqualTo(Context.SLEEPABLE);
    sleeps.forEach(Runnable::run);
  }

  @Test
  void onlyTheHolderUnlocksOrPassesTheAssertion() {
    Sched sched = new Sched(new ThreadExecution());
    Mutex mutex = sched.mutex("m");
    Task holder = sched.spawn("holder", mutex::lock);
    holder.join();
    assertThat(holder.failure()).hasMessageContaining("ended holding [m]");
    assertThatThrownBy(mutex::unlock).hasMessageContaining("does not hold 'm'");
    assertThatThrownBy(mutex::assertHeld).hasMessageContaining("must hold 'm'");
    SpinLock spinLock = sched.spinLock("s");
    assertThatThrownBy(spinLock::assertHeld).hasMessageContaining("must hold 's'");
    spinLock.lock();
    spinLock.assertHeld();
    spinLock.unlock();
  }

  @Test
  void twoClassesTakenInBothOrdersAreReportedByName() {
    assertRefused(
        sched -> {
          Mutex a = sched.mutex("class A");
          SpinLock b = sched.spinLock("class B");
          SpinLock c = sched.spinLock("class C");
          a.lock();
          b.lock();
          b.unlock();
          a.unlock();
          b.lock();
          c.lock();
          c.unlock();
          b.unlock();
          c.lock();
          // Another lock of the class, and a third class in between.
          sched.spinLock("class A").lock();
        },
        "waits for 'class A' while it holds 'class C'");
  }

  @Test
  void aStepAgainstTheKernelsOrderIsRefusedTheFirstTimeAndNamesBothLocks() {
    assertRefused(
        sched -> {
          sched.spinLock(LockOrder.SVA).lock();
          sched.spinLock(LockOrder.PAGE_TABLE).lock();
        },
        "waits for 'page table' while it holds 'sva'; LockOrder has PAGE_TABLE before SVA");
  }

  /** No pair is left to chance: each is in order one way and refused the other. */
  @Test
  void everyTwoLocksOfTheKernelHaveAnOrder() {
    LockOrder[] order = LockOrder.values();
    for (int outer = 0; outer < order.length; outer++) {
      for (int inner = outer + 1; inner < order.length; inner++) {
        LockOrder first = order[outer];
        LockOrder second = order[inner];
        takeBoth(new Sched(new DeterministicExecution(0)), first, second);
        assertRefused(
            sched -> takeBoth(sched, second, first),
            "LockOrder has " + first + " before " + second);
      }
    }
  }

  private static void takeBoth(Sched sched, LockOrder first, LockOrder second) {
    Task me = new Task(sched, "task");
    me.takes(new LockClass(first.lockClass(), first));
    me.waitsFor(new LockClass(second.lockClass(), second));
  }

  @Test
  void aGracePeriodIsWaitedForInThePlaceOfItsReaders() {
    assertRefused(
        sched -> {
          sched.mutex(LockOrder.MMAP).lock();
          sched.srcu(LockOrder.NOTIFIER_READERS).synchronize();
        },
        "waits for 'readers of mmu notifiers' while it holds 'mmap'");
  }

  @Test
  void aFlushIsWaitedForInThePlaceOfItsWorker() {
    assertRefused(
        sched -> {
          sched.mutex(LockOrder.MMAP).lock();
          sched.workQueue(LockOrder.PAGE_FAULTS, "page faults of 00:04.0").flush();
        },
        "waits for 'worker of page faults of 00:04.0' while it holds 'mmap'");
  }

  @Test
  void oneNameHasOnePlace() {
    Sched sched = new Sched(new DeterministicExecution(0));
    sched.mutex(LockOrder.MMAP);
    assertThatThrownBy(() -> sched.mutex("mmap")).hasMessageContaining("stand at MMAP");
  }

  @Test
  void oneClassTakenTwiceIsReported() {
    assertRefused(
        sched -> {
          sched.mutex("class A").lock();
          sched.mutex("class A").lock();
        },
        "waits for 'class A' while it holds 'class A'");
  }

  @Test
  void aFlushUnderALockThatTheWorkerTakesIsReported() {
    assertRefused(
        sched -> {
          Mutex lock = sched.mutex("the lock");
          WorkQueue work = sched.workQueue("the work");
          work.queue(
              () -> {
                lock.lock();
                lock.unlock();
              });
          work.flush();
          lock.lock();
          work.flush();
        },
        "waits for 'worker of the work' while it holds 'the lock'");
  }

  @Test
  void aGracePeriodInItsOwnReadSectionIsReported() {
    assertRefused(
        sched -> {
          Srcu srcu = sched.srcu("domain");
          srcu.readLock();
          srcu.synchronize();
        },
        "waits for 'readers of domain' while it holds 'readers of domain'");
  }

  private static void assertRefused(Consumer<Sched> body, String message) {
    DeterministicExecution execution = new DeterministicExecution(0);
    assertThatThrownBy(() -> execution.run(() -> body.accept(new Sched(execution))))
        .hasRootCauseInstanceOf(IllegalStateException.class)
        .hasMessageContaining(message);
  }
}
