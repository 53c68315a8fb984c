package org.smmulator.arch.port;

/**
 * Told what a kernel finds to be broken in itself; a device or a program that misbehaves is not.
 */
@FunctionalInterface
public interface FailureObserver {
  /** For a kernel that nobody watches. */
  FailureObserver NOBODY = sentence -> {};

  /**
   * Called by any task, which may hold locks: must not sleep.
   *
   * @param sentence who failed of what, and how
   */
  void kernelFailed(String sentence);
}
