/** The machine's physical address map: RAM, and regions of registers. */
@NullMarked
package org.smmulator.memory;

import org.jspecify.annotations.NullMarked;
