package org.smmulator.web;

import org.jspecify.annotations.Nullable;
import org.smmulator.history.Pace;
import org.smmulator.metrics.StepReport;

/**
 * What may be done with a machine, and who may.
 *
 * @param pace how it is held and let go on; null if it runs on real time
 * @param hand its steps by hand; null if nobody does any
 */
public record Control(@Nullable Pace pace, @Nullable Hand hand, StepToken token) {
  /** Does steps by hand. */
  public interface Hand {
    /**
     * Begins one.
     *
     * @param step as a scenario has it
     * @return its number, for {@link #report}
     * @throws IllegalArgumentException if it is no step; the message says why
     * @throws IllegalStateException if it cannot begin; the message says why
     */
    long perform(String step);

    /**
     * How far one has come.
     *
     * @throws IllegalArgumentException if it is not known, or not any more
     */
    StepReport report(long number);
  }
}
