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
  private final boolean typeZero;
  private final boolean bridge;
  private final long[] barAddress = new long[6];
  private final long[] barBytes = new long[6];
  private final PciAts ats;
  private final PciReset reset;
  private final IommuDevice iommuDevice;
  private final MsixTable msix;
  private final MsiVector msi;

  /**
   * @param memory PCIe memory space; offsets are physical addresses
   * @param canStall as {@link IommuDevice#canStall}
   */
  PciDevice(ConfigSpace config, Mmio memory, boolean canStall) {
    this.config = config;
    this.memory = memory;
    this.vendorId = config.read16(ConfigSpace.VENDOR_ID);
    this.deviceId = config.read16(ConfigSpace.DEVICE_ID);
    this.typeZero = (config.read8(ConfigSpace.HEADER_TYPE) & 0x7f) == 0;
    this.bridge = !typeZero || config.read8(ConfigSpace.BASE_CLASS) == ConfigSpace.CLASS_BRIDGE;
    this.ats = new PciAts(config);
    this.reset = new PciReset(config);
    this.iommuDevice =
        new IommuDevice(config.address().requesterId(), config.address().toString(), ats, canStall);
    this.msix = new MsixTable(this);
    this.msi = new MsiVector(config);
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

  /** MSI-X if the function has it, else MSI; without vectors if it has neither. */
  public MessageVectors messages() {
    return msix.vectors() > 0 ? msix : msi;
  }

  /** Whether the function is a bridge, be it that of the host (Base Specification 7.5.1.1.6). */
  public boolean isBridge() {
    return bridge;
  }

  /** Whether the header has the six BARs of type 0 (Base Specification 7.5.1.1.9). */
  boolean hasSixBars() {
    return typeZero;
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

  void setBar(int bar, long address, long bytes) {
    barAddress[bar] = address;
    barBytes[bar] = bytes;
  }

  long barAddress(int bar) {
    return barAddress[bar];
  }

  void markGone() {
    ats.markGone();
  }

  /** How large a BAR is; 0 if the function has none of that number, 0 to 5. */
  public long barBytes(int bar) {
    return barBytes[bar];
  }

  /**
   * Reads a device register; all ones once the device is gone.
   *
   * @param sizeBytes 1, 2, 4 or 8
   * @return the value in the low bits, and zeroes
   */
  public long read(int bar, long offset, int sizeBytes) {
    return isGone()
        ? -1L >>> (64 - 8 * sizeBytes)
        : memory.read(barAddress[bar] + offset, sizeBytes);
  }

  /** Writes a device register; nothing happens once the device is gone. */
  public void write(int bar, long offset, int sizeBytes, long value) {
    if (!isGone()) {
      memory.write(barAddress[bar] + offset, sizeBytes, value);
    }
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
    setBusMaster(true);
  }

  /**
   * Lets the function issue requests of its own or not (Base Specification 7.5.1.1.3). Those that
   * it issued before are not called back.
   */
  public void setBusMaster(boolean may) {
    if (!isGone()) {
      config.write16(
          ConfigSpace.COMMAND,
          ConfigSpace.COMMAND_MEMORY
              | (may ? ConfigSpace.COMMAND_BUS_MASTER : 0)
              | ConfigSpace.COMMAND_INTX_DISABLE);
    }
  }

  /**
   * Whether the function waits for answers to requests of its own (Transactions Pending, Base
   * Specification 7.5.3.5), or does not say.
   */
  public boolean hasRequestsPending() {
    return isGone() || reset.hasRequestsPending();
  }

  void disable() {
    config.write16(ConfigSpace.COMMAND, ConfigSpace.COMMAND_INTX_DISABLE);
  }

  @Override
  public String toString() {
    return String.format("%s [%04x:%04x]", address(), vendorId, deviceId);
  }
}
