package org.smmulator.metrics;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * One cache of the SMMU.
 *
 * @param lookups of the walk cache, one for each level of tables
 * @param invalidated entries that a command or a broadcast dropped
 * @param resident entries that it has now
 */
public record CacheSummary(
    long lookups, long hits, long insertions, long evictions, long invalidated, long resident) {
  public static final CacheSummary EMPTY = new CacheSummary(0, 0, 0, 0, 0, 0);

  /** Hits per lookup, 0 to 1; null before the first lookup. */
  @JsonProperty(access = JsonProperty.Access.READ_ONLY)
  public @Nullable Double hitRatio() {
    return lookups == 0 ? null : (double) hits / lookups;
  }
}
