package org.smmulator.pcie;

/** Bus, device and function in 16 bits, as packets carry them; also the StreamID of a function. */
final class RequesterId {
  /** The root complex itself: the host bridge at 00:00.0. */
  static final int ROOT = 0;

  static final int SLOTS = 32;

  private RequesterId() {}

  static int of(int bus, int slot) {
    return bus << 8 | slot << 3;
  }

  static int bus(int requesterId) {
    return requesterId >>> 8;
  }

  static int slot(int requesterId) {
    return (requesterId >>> 3) & 0x1f;
  }

  /** As {@code 00:04.0}. */
  static String text(int requesterId) {
    return String.format("%02x:%02x.%x", bus(requesterId), slot(requesterId), requesterId & 7);
  }
}
