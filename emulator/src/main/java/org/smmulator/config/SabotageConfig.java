package org.smmulator.config;

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
        boolean reuseFrameEarly) {}
