package org.smmulator.execution.explore;

import org.smmulator.execution.Schedule;
import org.smmulator.execution.TaskThreads;
import org.smmulator.execution.WallClock;

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
    Exploring exploring = new Exploring(story, threads, clock);
    exploring.exhaustively(budget.delays(), budget.maxOrders());
    exploring.byPriorities(budget.firstSeed(), budget.randomOrders());
    exploring.uniformly(budget.firstSeed(), budget.randomOrders());
    return exploring.end();
  }

  /** Runs a story in the order of a schedule; what did not happen in it is not missed. */
  public Exploration repeat(Story story, Schedule schedule) {
    Exploring exploring = new Exploring(story, threads, clock);
    exploring.repeat(schedule);
    return exploring.result();
  }

  /** Runs a story in the orders of one seed. */
  public Exploration repeat(Story story, long seed) {
    Exploring exploring = new Exploring(story, threads, clock);
    exploring.byDefault();
    exploring.byPriorities(seed, 1);
    exploring.uniformly(seed, 1);
    return exploring.result();
  }

  @Override
  public void close() {
    threads.close();
  }
}
