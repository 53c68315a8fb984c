package org.smmulator.guest.iommu;

/**
 * One page request of a device, or one access of it that a fault has stalled: a group of its own.
 * Stop markers are swallowed by the driver.
 *
 * @param pasid -1 for none
 * @param address of the page, in bytes
 * @param group index of the page request group, 9 bits, or the tag of the stall, 16 bits
 * @param last whether the group is complete and must be answered
 */
public record PageRequest(
    IommuDevice device,
    int pasid,
    long address,
    int group,
    boolean last,
    boolean read,
    boolean write,
    boolean exec,
    boolean privileged) {}
