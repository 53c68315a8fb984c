package org.smmulator.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SteppedLoopTest {
  private final List<String> story = new ArrayList<>();
  private int wakes;
  private final SteppedLoop loop = new SteppedLoop(() -> wakes++);

  private void tell(String what) {
    story.add(loop.nanoTime() + " " + what);
  }

  private Loop.Timer[] timer(String name, long delayNanos) {
    Loop.Timer[] timer = new Loop.Timer[1];
    loop.execute(() -> timer[0] = loop.schedule(() -> tell(name), delayNanos));
    return timer;
  }

  @Test
  void runsNothingBeforeItIsRun() {
    loop.execute(() -> tell("a"));
    assertThat(story).isEmpty();
    assertThat(wakes).isEqualTo(1);
    loop.runUntilIdle();
    assertThat(story).containsExactly("0 a");
  }

  @Test
  void runsStepsGivenBySteps() {
    loop.execute(
        () -> {
          tell("a");
          loop.execute(() -> tell("c"));
          tell("b");
        });
    loop.runUntilIdle();
    assertThat(story).containsExactly("0 a", "0 b", "0 c");
    assertThat(wakes).as("steps of the loop itself need no waking").isEqualTo(1);
  }

  @Test
  void firesTimersByDeadlineAndEqualOnesInTheOrderTheyWereSet() {
    timer("late", 30);
    timer("first", 10);
    timer("second", 10);
    loop.advanceTo(29);
    assertThat(story).containsExactly("10 first", "10 second");
    assertThat(loop.nanoTime()).isEqualTo(29);
    loop.advanceTo(30);
    assertThat(story).endsWith("30 late");
  }

  @Test
  void runsTheStepsOfATimerBeforeTheNextDeadline() {
    loop.execute(
        () -> {
          loop.schedule(() -> loop.execute(() -> tell("step of the timer")), 5);
          loop.schedule(() -> tell("next timer"), 6);
        });
    loop.advanceTo(10);
    assertThat(story).containsExactly("5 step of the timer", "6 next timer");
  }

  @Test
  void aTimerWithoutDelayNeedsNoPassageOfTime() {
    timer("now", 0);
    timer("before now", -1);
    loop.runUntilIdle();
    assertThat(story).containsExactly("0 now", "0 before now");
    assertThat(loop.nanoTime()).isZero();
  }

  @Test
  void movesToTheNextDeadlineAndStaysWhereThereIsNone() {
    timer("a", 7);
    timer("b", 9);
    loop.advanceToNextDeadline();
    assertThat(story).containsExactly("7 a");
    loop.advanceToNextDeadline();
    loop.advanceToNextDeadline();
    assertThat(story).containsExactly("7 a", "9 b");
    assertThat(loop.nanoTime()).isEqualTo(9);
  }

  @Test
  void neverGoesBackAndEndsAtTheLargestTime() {
    loop.advanceTo(Long.MAX_VALUE - 1);
    loop.advanceTo(5);
    assertThat(loop.nanoTime()).isEqualTo(Long.MAX_VALUE - 1);
    timer("end of time", Long.MAX_VALUE);
    loop.advanceTo(loop.later(100));
    assertThat(story).containsExactly(Long.MAX_VALUE + " end of time");
  }

  @Test
  void cancelledTimersDoNotFire() {
    Loop.Timer[] timer = timer("a", 5);
    loop.runUntilIdle();
    loop.execute(() -> timer[0].cancel());
    loop.advanceTo(10);
    assertThat(story).isEmpty();
  }

  @Test
  void onlyItsStepsAreInTheLoop() {
    assertThat(loop.inLoop()).isFalse();
    loop.execute(() -> tell(loop.inLoop() ? "in" : "out"));
    loop.runUntilIdle();
    assertThat(story).containsExactly("0 in");
  }

  @Test
  void aStepThatFailsLeavesTheLoopUsable() {
    loop.execute(
        () -> {
          throw new IllegalStateException("broken");
        });
    loop.execute(() -> tell("next"));
    assertThatThrownBy(loop::runUntilIdle).hasMessage("broken");
    loop.runUntilIdle();
    assertThat(story).containsExactly("0 next");
  }

  @Test
  void onTheTimeOfAClockATimerCountsFromWhenItIsSetHoweverLongTheLoopWasIdle() {
    long[] clock = new long[1];
    SteppedLoop clocked = new SteppedLoop(() -> wakes++, () -> clock[0]);
    clocked.runUntilIdle();
    clock[0] = 1_000;
    clocked.execute(() -> clocked.schedule(() -> story.add(clock[0] + " timer"), 100));
    clocked.runUntilIdle();
    assertThat(clocked.nextDeadline()).isEqualTo(1_100);
    clock[0] = 1_099;
    clocked.runUntilIdle();
    assertThat(story).isEmpty();
    clock[0] = 1_100;
    clocked.runUntilIdle();
    assertThat(story).containsExactly("1100 timer");
  }

  @Test
  void onTheTimeOfAClockAnAnswerThatIsThereComesBeforeATimeOutThatIsLate() {
    long[] clock = new long[1];
    SteppedLoop clocked = new SteppedLoop(() -> wakes++, () -> clock[0]);
    clocked.schedule(() -> story.add("time-out"), 100);
    clocked.execute(() -> story.add("answer"));
    clock[0] = 5_000;
    clocked.runUntilIdle();
    assertThat(story).containsExactly("answer", "time-out");
  }

  @Test
  void aTimerThatIsSetBetweenTheRunsWakesWhoeverRunsTheLoop() {
    loop.schedule(() -> tell("a"), 5);
    assertThat(wakes).isEqualTo(1);
  }
}
