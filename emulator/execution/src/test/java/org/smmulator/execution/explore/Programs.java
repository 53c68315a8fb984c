package org.smmulator.execution.explore;

import java.util.List;
import org.smmulator.execution.DeterministicExecution;

/** Programs so small that their orders are counted by hand. */
final class Programs {
  private Programs() {}

  /** A part of a task between two yield points. */
  interface Part {
    void run(int task, int part);
  }

  static Story story(String name, Story.Teller teller) {
    return new Story(name, List.of(), teller, "mvn test");
  }

  /** Tasks of equally many parts each; the first task only waits, until all have ended. */
  static void parts(DeterministicExecution execution, int tasks, int parts, Part part) {
    for (int t = 0; t < tasks; t++) {
      int task = t;
      execution.spawn(
          "t" + task,
          () -> {
            for (int p = 0; p < parts; p++) {
              if (p > 0) {
                execution.yieldPoint();
              }
              part.run(task, p);
            }
          });
    }
    execution.raceBegins();
    execution.park(1);
    execution.raceEnds();
  }

  /** Two tasks add 1 each, and read and write in two steps. */
  static void lostUpdate(DeterministicExecution execution) {
    int[] sum = {0};
    int[] seen = new int[2];
    parts(
        execution,
        2,
        2,
        (task, part) -> {
          if (part == 0) {
            seen[task] = sum[0];
          } else {
            sum[0] = seen[task] + 1;
          }
        });
    if (sum[0] != 2) {
      throw new AssertionError("an update is lost: " + sum[0]);
    }
  }
}
