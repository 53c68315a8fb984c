package org.smmulator.machine;

import org.jspecify.annotations.Nullable;
import org.smmulator.bus.wire.Transit;

/**
 * How long a device in the machine's process and its link take beside what they take anyway.
 *
 * @param downstream of what the root complex sends; null if that takes no time of its own
 * @param upstream of what the device sends; null if that takes no time of its own
 * @param deviceNanos of each descriptor, before its first access
 */
record Timing(@Nullable Transit downstream, @Nullable Transit upstream, long deviceNanos) {
  static final Timing NONE = new Timing(null, null, 0);
}
