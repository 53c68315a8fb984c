/** The SMMU's registers: their values, their handshakes, and the interrupts they configure. */
@NullMarked
package org.smmulator.smmu.register;

import org.jspecify.annotations.NullMarked;
