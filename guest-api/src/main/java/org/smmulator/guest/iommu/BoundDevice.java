package org.smmulator.guest.iommu;

/** A device that uses a PASID, and the domain that it was attached to when it began to. */
public record BoundDevice(IommuDomain domain, IommuDevice device) {}
