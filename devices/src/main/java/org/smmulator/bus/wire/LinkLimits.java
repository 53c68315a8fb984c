package org.smmulator.bus.wire;

import java.util.concurrent.TimeUnit;

/**
 * What a link puts up with.
 *
 * @param helloNanos how long the peer may take for its hello, or the answer to one
 * @param unsentBytes how much may wait for a peer that does not read; more than all tags times the
 *     read size
 */
public record LinkLimits(long helloNanos, int unsentBytes) {
  public static final LinkLimits DEFAULT = new LinkLimits(TimeUnit.SECONDS.toNanos(60), 16 << 20);
}
