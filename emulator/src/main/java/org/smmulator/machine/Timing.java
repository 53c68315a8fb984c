package org.smmulator.machine;

import org.smmulator.bus.wire.Transit;

/**
 * How long a simulated device and its link take.
 *
 * @param deviceNanos of each descriptor, before its first access
 */
record Timing(Transit downstream, Transit upstream, long deviceNanos) {}
