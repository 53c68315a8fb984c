package org.smmulator.smmu.port;

/**
 * What one cache of the SMMU has counted.
 *
 * @param lookups questions asked of it; of a walk, one for each level of tables
 * @param insertions entries stored, in place of others of the same tag as well
 * @param evictions entries that made room for others
 * @param invalidated entries that a command or a broadcast dropped
 * @param resident entries that can be found now
 */
public record CacheCounters(
    long lookups, long hits, long insertions, long evictions, long invalidated, long resident) {}
