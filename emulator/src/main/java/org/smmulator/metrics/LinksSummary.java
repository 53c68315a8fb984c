package org.smmulator.metrics;

/**
 * Connections to the bus.
 *
 * @param accepted all of them
 * @param refused peers that did not become devices: they said no hello, or there was no place
 * @param lost devices that went without a word
 * @param detached devices that said good-bye
 */
public record LinksSummary(long accepted, long refused, long lost, long detached) {
  public static final LinksSummary EMPTY = new LinksSummary(0, 0, 0, 0);
}
