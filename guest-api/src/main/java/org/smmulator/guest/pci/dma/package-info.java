/**
 * The kernel's driver of the {@code dma} model: rings in the device's default domain, work on the
 * address spaces of processes.
 */
@NullMarked
package org.smmulator.guest.pci.dma;

import org.jspecify.annotations.NullMarked;
