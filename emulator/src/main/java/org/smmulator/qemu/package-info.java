/**
 * QEMU as the machine of a real kernel: its command line, the device tree that tells the kernel of
 * our SMMU and functions, and the SMMU's place in the memory map, which no firmware gives it. QEMU
 * itself is unmodified; it takes SMMU and functions over vfio-user.
 */
@NullMarked
package org.smmulator.qemu;

import org.jspecify.annotations.NullMarked;
