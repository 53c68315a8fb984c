package org.smmulator.device.execution;

import org.smmulator.execution.Execution;
import org.smmulator.execution.Loop;

/**
 * Everything of a device happens on the loop that its link runs on, one step at a time, on the
 * loop's clock: on virtual time a device does all that needs no time before time moves. A model
 * that waits cannot run here; it starts its transfers ({@link
 * org.smmulator.device.DmaPort#startRead}) and is called back.
 */
public final class LoopExecution implements Execution {
  private final Loop loop;

  public LoopExecution(Loop loop) {
    this.loop = loop;
  }

  @Override
  public long nanoTime() {
    return loop.nanoTime();
  }

  @Override
  public Handle spawn(String name, Runnable body) {
    throw waiting();
  }

  @Override
  public Handle current() {
    throw waiting();
  }

  @Override
  public void park(long deadlineNanos) {
    throw waiting();
  }

  @Override
  public void unpark(Handle task) {
    throw waiting();
  }

  @Override
  public boolean spin() {
    return false;
  }

  @Override
  public void yieldPoint() {
    // A step is never interrupted by another.
  }

  private static IllegalStateException waiting() {
    return new IllegalStateException("a device on a loop has no tasks, and must not wait");
  }
}
