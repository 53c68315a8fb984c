package org.smmulator.guest.pci.dma;

import java.util.List;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.pci.DrivenDevice;
import org.smmulator.guest.pci.PciDevice;
import org.smmulator.guest.pci.PciDriver;

/** Drives the {@code dma} model ({@link DmaEngine}). */
public final class DmaDriver implements PciDriver {
  @Override
  public String name() {
    return "dma";
  }

  @Override
  public List<Id> ids() {
    return List.of(new Id(DmaRegister.VENDOR_ID, DmaRegister.DEVICE_ID));
  }

  @Override
  public DrivenDevice probe(Kernel kernel, PciDevice device, IommuDomain domain)
      throws IommuException {
    return DmaEngine.probe(kernel, device, domain);
  }
}
