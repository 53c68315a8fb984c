package org.smmulator.guest;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.guest.mm.SegmentationFault;
import org.smmulator.guest.sched.FatalSignal;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.Task;

/** A program in its process, from its first step to its last. */
public final class ProgramRun {
  private static final Logger LOG = LoggerFactory.getLogger(ProgramRun.class);

  private final GuestKernel kernel;
  private final GuestProcess process;
  private final GuestProgram program;
  private final Task task;
  private volatile @Nullable Throwable failure;

  /**
   * The caller keeps the process alive until it is started.
   *
   * @param endsProcess whether the process ends when the program does
   */
  ProgramRun(GuestKernel kernel, GuestProcess process, GuestProgram program, boolean endsProcess) {
    this.kernel = kernel;
    this.process = process;
    this.program = program;
    process.enter();
    this.task = kernel.sched().spawn(process.name() + " " + program.name(), () -> run(endsProcess));
    process.killWithIt(task);
  }

  /** The process that it runs in. */
  public GuestProcess process() {
    return process;
  }

  /**
   * Waits until the program has ended. Its process goes on, unless that is a child of {@code fork},
   * or the program threw or was killed.
   */
  public void join() {
    task.join();
  }

  public boolean isDone() {
    return task.isDone();
  }

  /** What the program threw and died of; null if it ended otherwise, or has not yet. */
  public @Nullable Throwable failure() {
    return failure;
  }

  private void run(boolean endsProcess) {
    Sched sched = kernel.sched();
    try {
      sched.throwIfKilled();
      program.run(new UserTask(kernel, process));
      if (endsProcess) {
        process.exit();
      }
    } catch (FatalSignal killed) {
      LOG.debug("{}: {} was killed", process, program.name());
    } catch (Throwable thrown) {
      sched.throwIfEnding();
      failure = thrown;
      tell(thrown);
      process.exit();
    } finally {
      process.leave(sched.current());
    }
  }

  private void tell(Throwable thrown) {
    if (thrown instanceof SegmentationFault) {
      LOG.warn("{} is killed (SIGSEGV): {}: {}", process, program.name(), thrown.getMessage());
    } else {
      LOG.warn("{} is killed: {} threw", process, program.name(), thrown);
    }
  }
}
