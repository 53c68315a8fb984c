package org.smmulator.execution.explore;

import org.smmulator.execution.Schedule;

/** An order of a story that ended badly, with the way to repeat it. */
public final class StoryFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Story story;
  private final transient Schedule schedule;
  private final long seed;
  private final int orders;

  StoryFailure(
      String message, Story story, Schedule schedule, long seed, int orders, Throwable cause) {
    super(message, cause);
    this.story = story;
    this.schedule = schedule;
    this.seed = seed;
    this.orders = orders;
  }

  public Story story() {
    return story;
  }

  /** In one line. */
  public String why() {
    return String.valueOf(getMessage()).lines().findFirst().orElse("");
  }

  /** The shortest schedule found that fails in this way. */
  public Schedule schedule() {
    return schedule;
  }

  /** The seed of the order that failed, from which the story may have drawn too. */
  public long seed() {
    return seed;
  }

  /** How many orders had been explored, this one included. */
  public int orders() {
    return orders;
  }
}
