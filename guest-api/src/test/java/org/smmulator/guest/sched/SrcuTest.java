package org.smmulator.guest.sched;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.execution.ThreadExecution;

class SrcuTest {
  private static final int READERS = 3;

  static Stream<Named<Runs.Run>> runs() {
    return Runs.threadsAndOrders();
  }

  static LongStream seeds() {
    return Runs.seeds(1_000);
  }

  /** What readers follow a pointer to; free once nobody can hold it. */
  private static final class Pointee {
    volatile boolean freed;
  }

  @Test
  void countsReadersInsideAndGracePeriodsThatEnded() {
    DeterministicExecution execution = new DeterministicExecution(1);
    execution.run(
        () -> {
          Sched sched = new Sched(execution);
          Srcu srcu = sched.srcu("domain");
          int outer = srcu.readLock();
          int inner = srcu.readLock();
          assertThat(srcu.readers()).isEqualTo(2);
          Task waiting = sched.spawn("waits for a grace period", srcu::synchronize);
          sched.sleep(1_000);
          assertThat(srcu.gracePeriods()).isZero();
          srcu.readUnlock(inner);
          srcu.readUnlock(outer);
          waiting.join();
          srcu.synchronize();
          assertThat(srcu.readers()).isZero();
          assertThat(srcu.gracePeriods()).isEqualTo(2);
        });
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void noReaderSeesWhatWasFreedAfterAGracePeriod(long seed) {
    DeterministicExecution execution = new DeterministicExecution(seed);
    execution.run(() -> replaceUnderReaders(new Sched(execution)));
  }

  @Test
  void noReaderOnAThreadSeesWhatWasFreedAfterAGracePeriod() {
    replaceUnderReaders(new Sched(new ThreadExecution()));
  }

  private static void replaceUnderReaders(Sched sched) {
    Srcu srcu = sched.srcu("domain");
    AtomicReferenceArray<Pointee> published =
        new AtomicReferenceArray<>(new Pointee[] {new Pointee()});
    List<Task> tasks = new ArrayList<>();
    for (int r = 0; r < READERS; r++) {
      tasks.add(
          sched.spawn(
              "reader " + r,
              () -> {
                for (int i = 0; i < 5; i++) {
                  read(sched, srcu, published);
                }
              }));
    }
    for (int i = 0; i < 4; i++) {
      Pointee old = published.getAndSet(0, new Pointee());
      if (i % 2 == 0) {
        srcu.synchronize();
        old.freed = true;
      } else {
        srcu.call(() -> old.freed = true);
      }
    }
    tasks.forEach(Task::join);
    assertThat(tasks).allMatch(task -> task.failure() == null);
  }

  private static void read(Sched sched, Srcu srcu, AtomicReferenceArray<Pointee> published) {
    int outer = srcu.readLock();
    Pointee seen = published.get(0);
    int inner = srcu.readLock();
    sched.execution().yieldPoint();
    srcu.readUnlock(inner);
    sched.execution().yieldPoint();
    assertThat(seen.freed).isFalse();
    srcu.readUnlock(outer);
  }

  @ParameterizedTest
  @MethodSource("runs")
  void aBarrierWaitsForEveryCallbackAndCallbacksForReaders(Runs.Run run) {
    run.with(
        sched -> {
          Srcu srcu = sched.srcu("domain");
          AtomicInteger called = new AtomicInteger();
          int section = srcu.readLock();
          assertThat(sched.context()).isEqualTo(Context.SRCU_READ);
          for (int i = 0; i < 3; i++) {
            srcu.call(called::incrementAndGet);
          }
          sched.execution().yieldPoint();
          assertThat(called).hasValue(0);
          srcu.readUnlock(section);
          srcu.barrier();
          assertThat(called).hasValue(3);
        });
  }

  @ParameterizedTest
  @MethodSource("fewSeeds")
  void aGracePeriodDoesNotWaitForReadersThatCameAfterIt(long seed) {
    DeterministicExecution execution = new DeterministicExecution(seed);
    execution.run(() -> overlapReaders(new Sched(execution)));
  }

  static LongStream fewSeeds() {
    return Runs.seeds(20);
  }

  private static void overlapReaders(Sched sched) {
    Srcu srcu = sched.srcu("domain");
    WaitQueue changed = sched.waitQueue("changed");
    AtomicBoolean over = new AtomicBoolean();
    int section = srcu.readLock();
    Task updater =
        sched.spawn(
            "updater",
            () -> {
              srcu.synchronize();
              over.set(true);
              changed.wakeAll();
            });
    sched.sleep(1); // Virtual time: over when the updater waits for the first reader.
    Task late =
        sched.spawn(
            "late reader",
            () -> {
              int mine = srcu.readLock();
              changed.await(over::get, Long.MAX_VALUE);
              srcu.readUnlock(mine);
            });
    sched.sleep(1);
    assertThat(over).isFalse();
    srcu.readUnlock(section);
    updater.join();
    late.join();
  }
}
