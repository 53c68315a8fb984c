package org.smmulator.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/** The section {@code sabotage}. The checks know nothing of it. */
public record SabotageConfig(
    @Key(
            meaning = "Number of the ATC_INV request that the machine loses; 1 is the first.",
            unit = "invalidation requests",
            nullable = true,
            min = 1,
            max = Integer.MAX_VALUE)
        @Nullable Integer loseInvalidation,
    @Key(meaning = "The driver sends ATC_INV before TLBI.", fallback = "false")
        boolean atcInvBeforeTlbi,
    @Key(meaning = "A frame is reused before its invalidation completed.", fallback = "false")
        boolean reuseFrameEarly,
    @Key(meaning = "A bug in how the kernel shares address spaces.", nullable = true)
        @Nullable SvaSabotage sva) {

  /** Bugs of the kernel's SVA layer. */
  public enum SvaSabotage {
    /** The death of a process leaves in ATCs what they have. */
    @JsonProperty("exit-keeps-atc")
    EXIT_KEEPS_ATC,
    /** An unbind leaves in the ATC what it has. */
    @JsonProperty("unbind-keeps-atc")
    UNBIND_KEEPS_ATC,
    /** Invalidations of ranges end one page too early. */
    @JsonProperty("range-too-short")
    RANGE_TOO_SHORT,
    /** A PASID is handed out again though its device did not say that it stopped. */
    @JsonProperty("pasid-freed-early")
    PASID_FREED_EARLY,
    /** A notifier is freed without waiting for callbacks that run. */
    @JsonProperty("no-grace-period")
    NO_GRACE_PERIOD
  }
}
