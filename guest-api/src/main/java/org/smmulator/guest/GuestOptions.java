package org.smmulator.guest;

import java.util.Set;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.guest.iommu.SvaBug;
import org.smmulator.guest.sva.PasidPolicy;

/**
 * How the guest kernel is set up.
 *
 * @param ramBase first byte of RAM that the kernel may use
 * @param ramBytes size of that RAM
 * @param rootBuses PCI root buses to enumerate
 * @param devices devices that may be plugged in at the same time
 * @param stalling functions whose faults may stall, as firmware says: its device tree has {@code
 *     dma-can-stall} at their nodes
 * @param poison fill freed frames with a pattern
 * @param quarantineFrames freed frames held back before reuse
 * @param pasidPolicy how PASIDs are chosen
 * @param mmExitNanos how long a device driver may take to stop its device when a process dies
 * @param mmuNotifier whether the kernel has MMU notifiers; without them no device can be bound to a
 *     process
 * @param bugs planted ones, in how address spaces are shared
 * @param reuseFrameEarly a planted bug: a frame is reused before its invalidation completed
 */
public record GuestOptions(
    long ramBase,
    long ramBytes,
    int rootBuses,
    int devices,
    Set<PciAddress> stalling,
    boolean poison,
    int quarantineFrames,
    PasidPolicy pasidPolicy,
    long mmExitNanos,
    boolean mmuNotifier,
    Set<SvaBug> bugs,
    boolean reuseFrameEarly) {}
