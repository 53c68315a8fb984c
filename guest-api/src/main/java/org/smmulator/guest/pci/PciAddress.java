package org.smmulator.guest.pci;

/**
 * Bus, device and function of a PCI function.
 *
 * @param requesterId bus in [15:8], device in [7:3], function in [2:0]; also its StreamID
 */
public record PciAddress(int requesterId) {
  public PciAddress {
    if (requesterId < 0 || requesterId > 0xffff) {
      throw new IllegalArgumentException(
          "requester id 0x" + Integer.toHexString(requesterId) + " has more than 16 bits");
    }
  }

  public static PciAddress of(int bus, int device, int function) {
    return new PciAddress(bus << 8 | device << 3 | function);
  }

  public int bus() {
    return requesterId >>> 8;
  }

  public int device() {
    return requesterId >>> 3 & 0x1f;
  }

  public int function() {
    return requesterId & 7;
  }

  /** Offset of the function's 4 KiB of configuration space in the ECAM window. */
  long ecamOffset() {
    return (long) requesterId << 12;
  }

  /** As {@code lspci} writes it: {@code 00:04.0}. */
  @Override
  public String toString() {
    return String.format("%02x:%02x.%x", bus(), device(), function());
  }
}
