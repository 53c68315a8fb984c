/**
 * Shared virtual addressing: binds process address spaces to devices, as Linux's {@code iommu-sva}
 * of 2018 does in its observable contract. Callbacks into device drivers run outside every lock;
 * waits for hardware too, but for {@code clearFlushYoung} and {@code changePte}, which come under
 * the page-table lock. An {@link org.smmulator.guest.sva.IoMm} is one address space under one
 * PASID; a {@link org.smmulator.guest.sva.Bond} is its use by one device.
 */
@NullMarked
package org.smmulator.guest.sva;

import org.jspecify.annotations.NullMarked;
