package org.smmulator.guest.iommu.smmuv3;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.Interrupts;
import org.smmulator.arch.port.Mmio;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.guest.mm.FrameAllocator;
import org.smmulator.guest.sched.Sched;

/**
 * What the driver stands on.
 *
 * @param registers the SMMU's window
 * @param frames where tables and queues come from
 * @param interrupts where the wired interrupts arrive
 * @param msis where message-signalled interrupts come from; null to use the wired ones
 */
public record SmmuPlatform(
    Sched sched,
    Mmio registers,
    PhysicalMemory memory,
    FrameAllocator frames,
    Interrupts interrupts,
    @Nullable MsiAllocator msis,
    AsidSource asids) {}
