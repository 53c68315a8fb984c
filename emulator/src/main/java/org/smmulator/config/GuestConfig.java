package org.smmulator.config;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The section {@code guest}. */
public record GuestConfig(
    @Key(
            meaning = "How PASIDs are chosen: the lowest free one, or each in turn.",
            fallback = "cyclic")
        PasidPolicy pasidPolicy,
    @Key(
            meaning = "Wait for a device driver to stop its device when a process dies.",
            unit = "milliseconds",
            fallback = "1000",
            min = 1,
            max = 600_000)
        int mmExitTimeoutMillis,
    @Key(
            meaning = "Freed frames held back before reuse, so that a late access shows.",
            unit = "frames of 4 KiB",
            fallback = "1024",
            max = 1 << 24)
        int frameQuarantine,
    @Key(meaning = "Fill freed frames with a pattern.", fallback = "true") boolean poison) {

  /** How the guest kernel picks the PASID of an address space. */
  public enum PasidPolicy {
    @JsonProperty("lowest")
    LOWEST,
    @JsonProperty("cyclic")
    CYCLIC
  }
}
