package org.smmulator.guest;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.smmulator.execution.Schedule;
import org.smmulator.execution.explore.Exploration;
import org.smmulator.execution.explore.Explorer;
import org.smmulator.execution.explore.Story;

/**
 * The orders of a story that a test explores. {@code -Dsmmulator.seeds=N} draws more of them,
 * {@code -Dsmmulator.seed=S} runs those of one seed, {@code -Dsmmulator.schedule=12+1,40+2} one
 * order.
 */
public final class Explored {
  private static final int MAX_ORDERS = 20_000;
  private static final int DRAWN = 100;

  /** Many times what one run has: threads of its tasks that outlive it would add up. */
  private static final int MAX_THREADS = 1_000;

  private static @Nullable Exploration last;

  private Explored() {}

  /** What was explored last. */
  public static Exploration last() {
    return Objects.requireNonNull(last);
  }

  /** Explores a story named after the test that asks. */
  public static void story(int delays, Story.Teller teller, String... meetings) {
    StackWalker.StackFrame test = StackWalker.getInstance().walk(Explored::testOf);
    String name = test.getClassName().replaceFirst(".*\\.", "") + "#" + test.getMethodName();
    String repeat =
        "mvn -pl guest-api -am test -Dsurefire.failIfNoSpecifiedTests=false -Dtest='" + name + "'";
    explore(new Story(name, List.of(meetings), teller, repeat), delays);
  }

  /** The outermost of the frames of the test class: its helpers are inside. */
  private static StackWalker.StackFrame testOf(Stream<StackWalker.StackFrame> frames) {
    return frames
        .dropWhile(frame -> !isTest(frame))
        .takeWhile(Explored::isTest)
        .reduce((inner, outer) -> outer)
        .orElseThrow();
  }

  private static boolean isTest(StackWalker.StackFrame frame) {
    return frame.getClassName().endsWith("Test");
  }

  private static void explore(Story story, int delays) {
    int drawn = Integer.getInteger("smmulator.seeds", DRAWN);
    String schedule = System.getProperty("smmulator.schedule");
    Long seed = Long.getLong("smmulator.seed");
    try (Explorer explorer = new Explorer(new Explorer.Budget(delays, MAX_ORDERS, drawn, 0))) {
      Exploration explored;
      if (schedule != null) {
        explored = explorer.repeat(story, Schedule.parse(schedule));
      } else if (seed != null) {
        explored = explorer.repeat(story, seed);
      } else {
        explored = explorer.explore(story);
      }
      System.err.println(explored);
      last = explored;
    }
    int threads = ManagementFactory.getThreadMXBean().getThreadCount();
    if (threads > MAX_THREADS) {
      throw new IllegalStateException(story.name() + " leaves " + threads + " threads");
    }
  }
}
