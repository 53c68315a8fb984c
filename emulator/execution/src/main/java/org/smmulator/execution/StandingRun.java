package org.smmulator.execution;

import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * A {@link DeterministicExecution} that a thread outside uses piece by piece: its first task does
 * what that thread hands in, and while there is nothing to do the run stands: no task runs, and no
 * time passes. The same pieces in the same order are the same run.
 */
public final class StandingRun implements AutoCloseable {
  private final DeterministicExecution execution;
  private final BlockingQueue<Piece<?>> pieces = new LinkedBlockingQueue<>();
  private final Thread thread;
  private volatile boolean closed;
  private volatile @Nullable Thread firstTask;

  /** Somebody stopped waiting for a piece, which may never end. */
  private volatile boolean abandoned;

  /** What the run failed with; null as long as it goes on. */
  private final CompletableFuture<ScheduleFailure> over = new CompletableFuture<>();

  /** One piece, and what became of it. */
  private static final class Piece<T> {
    private final Callable<T> work;
    private final CompletableFuture<T> done = new CompletableFuture<>();

    Piece(Callable<T> work) {
      this.work = work;
    }

    void run(DeterministicExecution execution) {
      try {
        done.complete(work.call());
      } catch (Throwable thrown) {
        execution.yieldPoint(); // a run that is being ended unwinds this task, too
        done.completeExceptionally(thrown);
      }
    }
  }

  private StandingRun(DeterministicExecution execution) {
    this.execution = execution;
    thread = new Thread(this::run, "standing run");
    thread.setDaemon(true);
  }

  /** Begins a run of an execution that nobody has used; it stands. */
  public static StandingRun start(DeterministicExecution execution) {
    StandingRun begun = new StandingRun(execution);
    begun.thread.start();
    return begun;
  }

  /** Ends when the run does. */
  Thread thread() {
    return thread;
  }

  private void run() {
    try {
      execution.run(this::pieces);
      over.completeExceptionally(new IllegalStateException("the simulated machine is closed"));
    } catch (ScheduleFailure e) {
      over.complete(e);
    } catch (RuntimeException | Error e) {
      over.completeExceptionally(e);
      throw e;
    }
  }

  /** The first task. */
  private void pieces() {
    firstTask = Thread.currentThread();
    while (!closed) {
      try {
        pieces.take().run(execution);
      } catch (InterruptedException e) {
        Thread.interrupted(); // nobody interrupts a task
      }
    }
  }

  /**
   * Does something as a task of the run, and waits until it is done. Who is such a task does it at
   * once.
   *
   * @throws ScheduleFailure if a task of the run fails meanwhile, or no task can run any more; or
   *     has before
   * @throws InterruptedException if the caller is interrupted; the run fails at its next step
   * @throws Exception what the work throws
   */
  public <T> T call(Callable<T> work) throws Exception {
    if (execution.isInTask()) {
      return work.call();
    }
    if (abandoned) {
      throw execution.givenUp(); // its task may never come back
    }
    Piece<T> piece = new Piece<>(work);
    pieces.add(piece);
    try {
      Object first = CompletableFuture.anyOf(piece.done, over).get();
      if (!piece.done.isDone() && first instanceof ScheduleFailure failure) {
        throw failure;
      }
      return piece.done.get();
    } catch (ExecutionException e) {
      throw thrown(Objects.requireNonNull(e.getCause()));
    } catch (InterruptedException e) {
      abandoned = true;
      execution.giveUp();
      interruptFirstTask(); // were it that it waits for something outside
      throw e;
    }
  }

  private void interruptFirstTask() {
    Thread task = firstTask;
    if (task != null) {
      task.interrupt();
    }
  }

  private static Exception thrown(Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    return (Exception) cause;
  }

  /**
   * Ends the run: tasks that are left are unwound. Waits for that, unless somebody was interrupted
   * who waited for a piece, or the caller is a task of it.
   */
  @Override
  public void close() {
    closed = true;
    if (execution.isInTask()) {
      return; // ends with this piece
    }
    pieces.add(new Piece<>(() -> true));
    boolean interrupted = false;
    while (thread.isAlive() && !abandoned) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
        abandoned = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
