package org.smmulator.story;

import java.util.List;
import java.util.Map;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.metrics.StepSummary;

/**
 * What followed from one step.
 *
 * @param notifierCalls callbacks of MMU notifiers
 * @param byCallback the same by callback, as events spell it: {@code invalidate_range}
 * @param commands that the SMMU executed, by opcode; those of no opcode are left out
 * @param devices those that were sent Invalidate Requests
 */
public record StepCounts(
    long notifierCalls,
    Map<String, Long> byCallback,
    Map<CommandOpcode, Long> commands,
    List<StepSummary.OnDevice> devices) {
  static final StepCounts NOTHING = new StepCounts(0, Map.of(), Map.of(), List.of());

  public StepCounts {
    byCallback = Map.copyOf(byCallback);
    commands = Map.copyOf(commands);
    devices = List.copyOf(devices);
  }
}
