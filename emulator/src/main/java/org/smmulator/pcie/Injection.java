package org.smmulator.pcie;

/**
 * What is to happen to something on its way; the checks know nothing of it.
 *
 * @param nanos how late it comes; 0 unless it is delayed
 */
public record Injection(Kind kind, long nanos) {
  /** What may happen to it. */
  public enum Kind {
    DROP,
    DUPLICATE,
    DELAY
  }
}
