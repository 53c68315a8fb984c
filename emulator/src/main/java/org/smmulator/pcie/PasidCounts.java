package org.smmulator.pcie;

import org.smmulator.counter.Counts;

/**
 * What one function did with one PASID of one process.
 *
 * @param pasid a number, {@code none} for what carries no PASID (invalidations of all PASIDs among
 *     it), or {@code other} for all PASIDs beyond the {@value PasidLabels#MOST} first ones
 * @param process that has it; empty if nobody has said
 */
public record PasidCounts(String pasid, String process, Counts<PasidCounter> counts) {}
