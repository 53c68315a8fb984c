package org.smmulator.guest.pci;

import org.smmulator.arch.port.Mmio;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.sched.Sched;

/** One PCI function that enumeration found: its identity, BARs and what the IOMMU needs of it. */
public final class PciDevice {
  private final ConfigSpace config;
  private final Mmio memory;
  private final int vendorId;
  private final int deviceId;
  private final long[] barAddress = new long[6];
  private final PciAts ats;
  private final PciReset reset;
  private final IommuDevice iommuDevice;
  private final MsixTable msix;

  /**
   * @param memory PCIe memory space; offsets are physical addresses
   * @param canStall as {@link IommuDevice#canStall}
   */
  PciDevice(ConfigSpace config, Mmio memory, boolean canStall) {
    this.config = config;
    this.memory = memory;
    this.vendorId = config.read16(ConfigSpace.VENDOR_ID);
    this.deviceId = config.read16(ConfigSpace.DEVICE_ID);
    this.ats = new PciAts(config);
    this.reset = new PciReset(config);
    this.iommuDevice =
        new IommuDevice(config.address().requesterId(), config.address().toString(), ats, canStall);
    this.msix = new MsixTable(this);
  }

  public PciAddress address() {
    return config.address();
  }

  public int vendorId() {
    return vendorId;
  }

  public int deviceId() {
    return deviceId;
  }

  public IommuDevice iommuDevice() {
    return iommuDevice;
  }

  public MsixTable msix() {
    return msix;
  }

  public boolean isGone() {
    return ats.isGone();
  }

  /** Whether nothing answers in its slot any more, be its removal known or not. */
  public boolean isAbsent() {
    return isGone() || config.isAbsent();
  }

  /** Whether the function can be reset without its neighbours. */
  public boolean hasReset() {
    return reset.isSupported();
  }

  /**
   * Function Level Reset: on return the function has forgotten everything but its BARs, and may
   * master the bus again. Nobody uses it meanwhile. May sleep.
   *
   * @return whether it answers again
   */
  public boolean reset(Sched sched) {
    if (isGone() || !reset.perform(sched)) {
      return false;
    }
    for (int bar = 0; bar < barAddress.length; bar++) {
      if (barAddress[bar] != 0) {
        config.writeBar(bar, barAddress[bar]);
      }
    }
    enable();
    return true;
  }

  ConfigSpace config() {
    return config;
  }

  void setBar(int bar, long address) {
    barAddress[bar] = address;
  }

  long barAddress(int bar) {
    return barAddress[bar];
  }

  void markGone() {
    ats.markGone();
  }

  /** Reads a device register; all ones once the device is gone. */
  public int read32(int bar, long offset) {
    return isGone() ? -1 : memory.read32(barAddress[bar] + offset);
  }

  public void write32(int bar, long offset, int value) {
    if (!isGone()) {
      memory.write32(barAddress[bar] + offset, value);
    }
  }

  public void write64(int bar, long offset, long value) {
    if (!isGone()) {
      memory.write64(barAddress[bar] + offset, value);
    }
  }

  /** Lets the function answer at its BARs and issue requests of its own. */
  void enable() {
    config.write16(
        ConfigSpace.COMMAND,
        ConfigSpace.COMMAND_MEMORY
            | ConfigSpace.COMMAND_BUS_MASTER
            | ConfigSpace.COMMAND_INTX_DISABLE);
  }

  void disable() {
    config.write16(ConfigSpace.COMMAND, ConfigSpace.COMMAND_INTX_DISABLE);
  }

  @Override
  public String toString() {
    return String.format("%s [%04x:%04x]", address(), vendorId, deviceId);
  }
}
