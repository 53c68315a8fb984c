/** Faults: what they are, their event records, and the transactions that they stall. */
@NullMarked
package org.smmulator.smmu.fault;

import org.jspecify.annotations.NullMarked;
