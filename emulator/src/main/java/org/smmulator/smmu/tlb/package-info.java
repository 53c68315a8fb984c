/** Caches of translations and of table descriptors, invalidated as the commands say. */
@NullMarked
package org.smmulator.smmu.tlb;

import org.jspecify.annotations.NullMarked;
