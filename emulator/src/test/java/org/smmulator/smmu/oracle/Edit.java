package org.smmulator.smmu.oracle;

import org.jspecify.annotations.Nullable;

/**
 * One change of one word by software.
 *
 * @param mask the bits that change
 * @param window whether accesses may come between the change and its invalidation: not where a
 *     field changes that both the TLB and the configuration caches hold
 * @param chaotic whether tables may be shared afterwards in ways that only invalidating everything
 *     covers
 * @param notEnough an invalidation after which what is stale may still be used
 * @param context whose tables or CD it concerns, or null
 * @param slot the descriptor, or null
 */
record Edit(
    long pa,
    long mask,
    boolean window,
    boolean chaotic,
    Runnable invalidation,
    Runnable notEnough,
    @Nullable Stream stream,
    Stream.@Nullable Context context,
    RandomTables.@Nullable Slot slot) {}
