/**
 * Configuration space as the PCI Express Base Specification lays it out (sections are those of its
 * revision 6): byte offsets of 32-bit registers and the bits in them, for the function that
 * implements them and for the root complex that follows what software wrote. A guest has its own;
 * it is software written against the specification.
 */
@NullMarked
package org.smmulator.bus.pcie;

import org.jspecify.annotations.NullMarked;
