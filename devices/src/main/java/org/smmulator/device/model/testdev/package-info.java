/**
 * The {@code iommu-testdev} model: a device of the same PCI IDs, registers and behaviour as the
 * IOMMU test device of this name that QEMU documents.
 */
@NullMarked
package org.smmulator.device.model.testdev;

import org.jspecify.annotations.NullMarked;
