package org.smmulator.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(240)
class VisitorsTest {
  private static final int WORKERS = 3;

  private final List<String> story = new ArrayList<>();
  private final DeterministicExecution execution = new DeterministicExecution(7);
  private final Visitors visitors = execution.visitors();

  /** Workers that wait for times of their own, 30 of each. */
  private void work() {
    List<Execution.Handle> workers = new ArrayList<>();
    for (int i = 0; i < WORKERS; i++) {
      long period = 10L + i;
      workers.add(execution.spawn("worker " + i, () -> tick(execution, period)));
    }
    sleepUntil(execution, 10_000);
    assertThat(workers).hasSize(WORKERS);
  }

  private void tick(DeterministicExecution on, long period) {
    for (int i = 1; i <= 30; i++) {
      sleepUntil(on, i * period);
      story.add(on.nanoTime() + " " + on.current().name());
      on.yieldPoint();
    }
  }

  private static void sleepUntil(DeterministicExecution on, long nanos) {
    while (on.nanoTime() < nanos) {
      on.park(nanos);
    }
  }

  private Thread begin() {
    Thread run = new Thread(() -> execution.run(this::work));
    run.start();
    return run;
  }

  @Test
  void aRunThatIsLookedAtIsTheSameRun() throws Exception {
    begin().join();
    List<String> alone = List.copyOf(story);
    long steps = execution.steps();

    VisitorsTest other = new VisitorsTest();
    other.visitors.runUntil(0);
    Thread run = other.begin();
    AtomicLong looks = new AtomicLong();
    while (!other.visitors.isOver()) {
      other.visitors.look(
          () -> {
            other.execution.yieldPoint();
            other.execution.current();
            return looks.incrementAndGet();
          });
      other.visitors.runToNext();
    }
    run.join();

    assertThat(other.story).isEqualTo(alone);
    assertThat(other.execution.steps()).isEqualTo(steps);
    assertThat(looks).hasValueGreaterThan(1);
  }

  @Test
  void aRunStandsAtItsLimitAfterWhatHappensUntilThen() throws Exception {
    visitors.runUntil(20);
    Thread run = begin();
    visitors.awaitMoment(Long.MAX_VALUE);

    assertThat(visitors.standsAtLimit()).isTrue();
    assertThat(story).last().asString().startsWith("20 ");
    int told = story.size();
    visitors.runFor(1);
    visitors.look(() -> true);
    assertThat(story).as("nothing happens at 21").hasSize(told);
    visitors.runFor(1);
    visitors.awaitMoment(Long.MAX_VALUE);
    assertThat(story.subList(told, story.size())).containsExactly("22 worker 1");

    visitors.run();
    visitors.cancelAppointment();
    run.join();
    assertThat(story).hasSize(30 * WORKERS);
    assertThat(visitors.isOver()).isTrue();
  }

  @Test
  void aRunGoesOnUntilSomethingIsSo() throws Exception {
    visitors.runUntil(() -> story.size() >= 5);
    Thread run = begin();
    visitors.awaitMoment(Long.MAX_VALUE);

    assertThat(visitors.standsAtLimit()).isTrue();
    assertThat(story).hasSizeBetween(5, 5 + WORKERS);
    visitors.run();
    visitors.cancelAppointment();
    run.join();
  }

  @Test
  void anAppointmentIsKeptAtItsTimeAndHoldsTheRun() throws Exception {
    Thread run = begin();
    List<Long> seen = new ArrayList<>();
    for (long due = 50; !visitors.isOver() && due < 300; due += 50) {
      visitors.awaitMoment(due);
      seen.add(visitors.look(execution::nanoTime));
      String last = visitors.look(() -> story.get(story.size() - 1));
      assertThat(Long.parseLong(last.split(" ", -1)[0])).isLessThanOrEqualTo(due);
    }
    assertThat(seen).containsExactly(50L, 100L, 150L, 200L, 250L);
    visitors.cancelAppointment();
    run.join();
  }

  @Test
  void whoLooksCannotWaitOrWakeOrStart() throws Exception {
    visitors.runUntil(0);
    Thread run = begin();
    Execution.Handle me = visitors.look(execution::current);
    assertThat(visitors.<Boolean>look(execution::isVisited)).isTrue();
    for (Runnable act :
        List.<Runnable>of(
            () -> execution.park(5),
            () -> execution.unpark(me),
            () -> execution.spawn("more", () -> {}))) {
      assertThatThrownBy(
              () ->
                  visitors.look(
                      () -> {
                        act.run();
                        return true;
                      }))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("who looks at a run cannot wait in it or wake anybody");
    }
    assertThatThrownBy(
            () ->
                visitors.look(
                    () -> {
                      execution.aboutToWait();
                      return true;
                    }))
        .hasMessage("a task is in the middle of it; ask again");
    visitors.run();
    run.join();
    assertThat(story).hasSize(30 * WORKERS);
  }
}
