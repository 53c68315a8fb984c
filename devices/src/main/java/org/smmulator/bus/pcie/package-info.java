/**
 * Configuration space as the PCI Express Base Specification lays it out: byte offsets of 32-bit
 * registers and the bits in them, for the function that implements them and for the root complex
 * that follows what software wrote. A guest has its own; it is software written against the
 * specification.
 */
@NullMarked
package org.smmulator.bus.pcie;

import org.jspecify.annotations.NullMarked;
