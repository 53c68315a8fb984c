/**
 * A second SMMU, written apart from the first: a naive translator without caches that reads like
 * the specification and shares no code, no layout and no constant with {@code org.smmulator.smmu}
 * or {@code org.smmulator.arch}; and a simulation that runs both over random machines and compares
 * every outcome, event record and update of memory.
 */
@NullMarked
package org.smmulator.smmu.oracle;

import org.jspecify.annotations.NullMarked;
