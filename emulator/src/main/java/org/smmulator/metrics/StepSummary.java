package org.smmulator.metrics;

import java.util.List;

/**
 * What one step of the scenario did, down to the devices.
 *
 * @param step in the words of its file
 * @param pages pages of 4 KiB that it names; 0 if it names none
 * @param notifierCalls callbacks of MMU notifiers
 * @param commands that the SMMU executed because of it
 * @param devices those that were sent Invalidate Requests
 */
public record StepSummary(
    String step, long pages, long notifierCalls, long commands, List<OnDevice> devices) {
  /**
   * Its part on one device.
   *
   * @param requests invalidations that the SMMU asked for
   * @param entriesDropped as the device says; unknown if it says nothing
   * @param pagesOverInvalidated of these entries, those of pages that the change did not name;
   *     unknown too if the device did not list them
   * @param lastCompletionNanos from the step's first notifier call or command to the device's last
   *     completion; unknown without one
   */
  public record OnDevice(
      String device,
      long requests,
      long entriesDropped,
      long pagesOverInvalidated,
      long lastCompletionNanos) {}

  public StepSummary {
    devices = List.copyOf(devices);
  }
}
