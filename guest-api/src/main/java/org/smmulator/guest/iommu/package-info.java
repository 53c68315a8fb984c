/**
 * The IOMMU layer of the guest's kernel: what a driver of an IOMMU offers (domains, DMA mappings,
 * process address spaces by PASID, page requests), apart from any particular IOMMU.
 */
@NullMarked
package org.smmulator.guest.iommu;

import org.jspecify.annotations.NullMarked;
