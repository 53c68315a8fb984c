package org.smmulator.guest.iommu;

/**
 * The one answer to a page request group.
 *
 * @param pasid of the group's requests; -1 for none
 * @param group index of the page request group, 9 bits
 */
public record PageResponse(int pasid, int group, ResponseCode code) {}
