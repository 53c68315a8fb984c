package org.smmulator.metrics;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/** The address translation cache of one device, as the device reports it; null is unknown. */
public record AtcSummary(
    @Nullable Long lookups,
    @Nullable Long hits,
    @Nullable Long misses,
    @Nullable Long fills,
    @Nullable Long evictions,
    @Nullable Long invalidationRequests,
    @Nullable Long entriesDropped) {
  /** Of a device that has reported nothing. */
  public static final AtcSummary UNKNOWN = new AtcSummary(null, null, null, null, null, null, null);

  /** Hits per lookup, 0 to 1; null before the first lookup. */
  @JsonProperty(access = JsonProperty.Access.READ_ONLY)
  public @Nullable Double hitRatio() {
    return hits == null || lookups == null || lookups == 0 ? null : (double) hits / lookups;
  }
}
