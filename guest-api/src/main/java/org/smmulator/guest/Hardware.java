package org.smmulator.guest;

import org.smmulator.arch.port.FailureObserver;
import org.smmulator.arch.port.FrameObserver;
import org.smmulator.arch.port.Interrupts;
import org.smmulator.arch.port.Mmio;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.execution.Execution;
import org.smmulator.record.Recorder;

/**
 * The machine, as far as the guest can touch it.
 *
 * @param smmu the SMMU's two register pages
 * @param ecam configuration space of all functions
 * @param pciMemory PCIe memory space; offsets are physical addresses
 * @param hotPlug the hot-plug register block
 * @param failures told what the guest's kernel finds to be broken in itself
 * @param recorder told what the guest does
 */
public record Hardware(
    Execution execution,
    PhysicalMemory memory,
    Mmio smmu,
    Mmio ecam,
    Mmio pciMemory,
    Mmio hotPlug,
    Interrupts interrupts,
    FrameObserver frames,
    FailureObserver failures,
    Recorder recorder) {}
