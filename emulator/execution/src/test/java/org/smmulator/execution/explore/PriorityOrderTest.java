package org.smmulator.execution.explore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.execution.Order;
import org.smmulator.execution.TaskThreads;
import org.smmulator.execution.UniformOrder;

class PriorityOrderTest {
  private static final int TASKS = 3;

  private final TaskThreads threads = new TaskThreads();

  @AfterEach
  void endThreads() {
    threads.close();
  }

  /** Whether the parts, named by task and number, ran in this order, whatever came between. */
  private boolean happens(Order order, int parts, List<String> wanted) {
    List<String> ran = new ArrayList<>();
    DeterministicExecution execution =
        new DeterministicExecution(new RaceOrder(order), 10_000, threads);
    execution.run(
        () -> Programs.parts(execution, TASKS, parts, (task, part) -> ran.add(task + "." + part)));
    List<String> found = new ArrayList<>(ran);
    found.retainAll(wanted);
    return found.equals(wanted);
  }

  private static long pointsOf(int parts) {
    DeterministicExecution execution = new DeterministicExecution(1);
    execution.run(() -> Programs.parts(execution, TASKS, parts, (task, part) -> {}));
    return execution.steps();
  }

  /**
   * Depth 2: all of a task between two neighbouring parts of another. Depth 3: two tasks that take
   * turns. The first task is one more.
   */
  @ParameterizedTest
  @CsvSource({
    "2, 0.3 1.0 1.7 0.4",
    "2, 1.5 0.0 0.7 1.6",
    "3, 0.3 1.2 0.4 1.3",
    "3, 1.5 0.1 1.6 0.2"
  })
  void findsARaceOfItsDepthAtLeastAsOftenAsItsGuaranteeSays(int depth, String race) {
    int parts = 8;
    List<String> wanted = List.of(race.split(" "));
    long k = pointsOf(parts);
    long once = TASKS + 1;
    for (int change = 1; change < depth; change++) {
      once *= k;
    }
    int found = 0;
    for (long seed = 0; seed < 5 * once; seed++) {
      found += happens(new PriorityOrder(seed, depth, k), parts, wanted) ? 1 : 0;
    }
    assertThat(found).as("'%s' in %d orders", race, 5 * once).isGreaterThanOrEqualTo(5);
  }

  @Test
  void letsALongTaskOvertakeAnotherAsAWholeWhichUniformChoiceDoesNot() {
    int parts = 60;
    List<String> wanted = List.of("0.20", "1.0", "1.59", "0.21");
    long k = pointsOf(parts);
    long byPriorities = 0;
    long uniformly = 0;
    for (long seed = 0; seed < TASKS * k; seed++) {
      byPriorities += happens(new PriorityOrder(seed, 2, k), parts, wanted) ? 1 : 0;
      uniformly += happens(new UniformOrder(seed), parts, wanted) ? 1 : 0;
    }
    assertThat(byPriorities).isPositive();
    assertThat(uniformly).isZero();
  }

  @Test
  void aTaskThatWaitsByYieldingDoesNotStarveTheOthers() {
    for (long seed = 0; seed < 20; seed++) {
      DeterministicExecution execution = new DeterministicExecution(new PriorityOrder(seed, 1, 50));
      boolean[] done = {false};
      execution.run(
          () -> {
            execution.spawn("other", () -> done[0] = true);
            while (!done[0]) {
              execution.yieldPoint();
            }
          });
      assertThat(execution.steps()).as("seed %d", seed).isLessThan(300);
    }
  }

  @Test
  void oneSeedIsOneOrder() {
    for (long seed = 0; seed < 20; seed++) {
      assertThat(ran(seed)).isEqualTo(ran(seed));
    }
    assertThat(ran(1)).isNotEqualTo(ran(2));
  }

  private static List<String> ran(long seed) {
    List<String> ran = new ArrayList<>();
    DeterministicExecution execution = new DeterministicExecution(new PriorityOrder(seed, 4, 24));
    execution.run(
        () -> Programs.parts(execution, TASKS, 8, (task, part) -> ran.add(task + "." + part)));
    return ran;
  }
}
