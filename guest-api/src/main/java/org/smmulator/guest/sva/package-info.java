/**
 * Shared virtual addressing: binds process address spaces to devices, as Linux's {@code iommu-sva}
 * of 2018 does in its observable contract. An {@link org.smmulator.guest.sva.IoMm} is one address
 * space under one PASID; a {@link org.smmulator.guest.sva.Bond} is its use by one device.
 *
 * <p>Callbacks into device drivers run outside every lock. No lock of this package is held while
 * hardware is waited for, but locks of the address space may be: invalidations of {@code munmap}
 * and {@code mprotect} wait under its mmap lock, those of {@code clearFlushYoung} and {@code
 * changePte} under its page-table lock. {@link org.smmulator.guest.sched.LockOrder} has the order.
 */
@NullMarked
package org.smmulator.guest.sva;

import org.jspecify.annotations.NullMarked;
