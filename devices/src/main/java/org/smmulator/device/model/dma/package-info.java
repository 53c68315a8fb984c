/**
 * The {@code dma} model: a descriptor-ring DMA engine with several queues, each with a PASID of its
 * own. Copies, fills, compares and checks memory, and so exercises everything the bus has. Its
 * programming interface is in the README of this module.
 */
@NullMarked
package org.smmulator.device.model.dma;

import org.jspecify.annotations.NullMarked;
