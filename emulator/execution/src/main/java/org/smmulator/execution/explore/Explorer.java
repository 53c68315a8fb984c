package org.smmulator.execution.explore;

import org.smmulator.execution.Schedule;
import org.smmulator.execution.TaskThreads;
import org.smmulator.execution.WallClock;
import org.smmulator.record.Recorder;

/** Explores stories, one after the other, from one thread. */
public final class Explorer implements AutoCloseable {
  /**
   * How far to go.
   *
   * @param delays every order up to so many delays from the default one
   * @param maxOrders but no more than so many of them
   * @param randomOrders orders drawn by each of the random strategies
   * @param firstSeed of the first of them; the others follow
   */
  public record Budget(int delays, int maxOrders, int randomOrders, long firstSeed) {}

  private final Budget budget;
  private final TaskThreads threads = new TaskThreads();
  private final WallClock clock = new WallClock();

  /** For repeats and draws, which need no budget. */
  public Explorer() {
    this(new Budget(0, 1, 0, 0));
  }

  public Explorer(Budget budget) {
    this.budget = budget;
  }

  /**
   * Runs a story in all orders within the bound, then in orders drawn by priorities and uniformly.
   *
   * @throws StoryFailure for the first order that ends badly
   * @throws MissedMeeting if something that the story is about never happened
   */
  public Exploration explore(Story story) {
    Exploring exploring = exploring(story);
    exploring.exhaustively(budget.delays(), budget.maxOrders());
    exploring.byPriorities(budget.firstSeed(), budget.randomOrders());
    exploring.uniformly(budget.firstSeed(), budget.randomOrders());
    return exploring.end();
  }

  /** Runs a story in the order of a schedule; what did not happen in it is not missed. */
  public Exploration repeat(Story story, Schedule schedule) {
    return repeat(story, schedule, 0);
  }

  /**
   * As above, for a story that draws from the seed of its order.
   *
   * @param seed of the order in which the schedule was found
   */
  public Exploration repeat(Story story, Schedule schedule, long seed) {
    Exploring exploring = exploring(story);
    exploring.repeat(schedule, seed);
    return exploring.result();
  }

  /** Runs a story in the orders of one seed. */
  public Exploration repeat(Story story, long seed) {
    return draw(story, seed, 1);
  }

  /** Runs a story in the default order, and in those of some seeds; nothing is missed. */
  public Exploration draw(Story story, long firstSeed, int seeds) {
    Exploring exploring = exploring(story);
    exploring.byDefault();
    exploring.byPriorities(firstSeed, seeds);
    exploring.uniformly(firstSeed, seeds);
    return exploring.result();
  }

  /** Puts one order on record, whether the story ends well in it or not. */
  public void record(Story story, Schedule schedule, long seed, Recorder recorder) {
    new Exploring(story, threads, clock, recorder).record(schedule, seed);
  }

  private Exploring exploring(Story story) {
    return new Exploring(story, threads, clock, Recorder.OFF);
  }

  @Override
  public void close() {
    threads.close();
  }
}
