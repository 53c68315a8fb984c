package org.smmulator.pcie.ledger;

/**
 * What the ledger has counted.
 *
 * @param grants translation completion entries with a permission, repeated ones included
 * @param live grants that are neither revoked nor lost with their function
 */
public record LedgerCounters(
    long grants,
    long live,
    long revoked,
    long accessesChecked,
    long framesFreed,
    long staleAccesses,
    long overdueAccesses,
    long freedUnderGrant) {}
