/** The SMMU's memory-mapped registers: one row each, and their fields. */
@NullMarked
package org.smmulator.arch.register;

import org.jspecify.annotations.NullMarked;
