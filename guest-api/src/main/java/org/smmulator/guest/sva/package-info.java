/**
 * Shared virtual addressing: binds process address spaces to devices, as Linux's {@code iommu-sva}
 * of 2018 does in its observable contract, with callbacks into device drivers and waits for
 * hardware outside every lock. An {@link org.smmulator.guest.sva.IoMm} is one address space under
 * one PASID; a {@link org.smmulator.guest.sva.Bond} is its use by one device.
 */
@NullMarked
package org.smmulator.guest.sva;

import org.jspecify.annotations.NullMarked;
