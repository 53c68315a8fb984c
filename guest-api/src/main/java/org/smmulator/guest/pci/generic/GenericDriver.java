package org.smmulator.guest.pci.generic;

import java.util.List;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.pci.DrivenDevice;
import org.smmulator.guest.pci.PciDevice;
import org.smmulator.guest.pci.PciDriver;

/** Drives anything but bridges, for programs ({@link GenericDevice}). */
public final class GenericDriver implements PciDriver {
  /** What {@link #name} returns. */
  public static final String NAME = "generic";

  @Override
  public String name() {
    return NAME;
  }

  /** None: it has what is left over. */
  @Override
  public List<Id> ids() {
    return List.of();
  }

  @Override
  public DrivenDevice probe(Kernel kernel, PciDevice device, IommuDomain domain)
      throws IommuException {
    return GenericDevice.probe(kernel, device, domain);
  }
}
