package org.smmulator.guest.iommu;

/**
 * The one answer to a page request group, or to a stalled access: success lets that go on, and
 * anything else ends it with an abort.
 *
 * @param pasid of the group's requests; -1 for none
 * @param group index of the page request group, 9 bits, or the tag of the stall, 16 bits
 */
public record PageResponse(int pasid, int group, ResponseCode code) {}
