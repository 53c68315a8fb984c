package org.smmulator.arch.port;

/**
 * Told by the guest's frame allocator; the machine checks that nobody may still reach the frame.
 */
public interface FrameObserver {
  /**
   * The frame of 4 KiB at {@code pa} is free from now on.
   *
   * @param generation how often the frame had been freed before
   */
  void freed(long pa, int generation);
}
