/** The machine's physical memory, and the bus that SMMU and devices reach it through. */
@NullMarked
package org.smmulator.memory;

import org.jspecify.annotations.NullMarked;
