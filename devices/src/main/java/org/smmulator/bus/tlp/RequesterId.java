package org.smmulator.bus.tlp;

/**
 * Bus (15:8), device (7:3) and function (2:0) in 16 bits, as packets carry them (PCIe Base,
 * 2.2.6.2); also the StreamID of a function.
 */
public final class RequesterId {
  /** The root complex itself: the host bridge at 00:00.0. */
  public static final int ROOT = 0;

  /** How many devices a bus has. */
  public static final int SLOTS = 32;

  private RequesterId() {}

  /** Function 0 of a device. */
  public static int of(int bus, int slot) {
    return bus << 8 | slot << 3;
  }

  /** Its bus, 0 to 255. */
  public static int bus(int requesterId) {
    return requesterId >>> 8;
  }

  /** Its device number, 0 to 31. */
  public static int slot(int requesterId) {
    return (requesterId >>> 3) & 0x1f;
  }

  /** As {@code 00:04.0}. */
  public static String text(int requesterId) {
    return String.format("%02x:%02x.%x", bus(requesterId), slot(requesterId), requesterId & 7);
  }
}
