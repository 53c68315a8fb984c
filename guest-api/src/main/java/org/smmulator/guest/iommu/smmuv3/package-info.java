/**
 * The driver of the Arm SMMUv3 (IHI 0070): probe and bring-up, stream table and PASID tables in
 * guest memory, the three queues, invalidation, recovery from command errors. It knows the
 * programming interface and nothing of how an SMMU works inside.
 */
@NullMarked
package org.smmulator.guest.iommu.smmuv3;

import org.jspecify.annotations.NullMarked;
