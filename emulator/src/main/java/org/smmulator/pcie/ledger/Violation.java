package org.smmulator.pcie.ledger;

import java.util.Map;
import org.smmulator.bus.tlp.PacketField;

/**
 * Something that must never happen and did.
 *
 * @param device bus, device and function as {@code 00:04.0}; empty if none is known
 * @param pasid {@link #NONE} without one
 * @param address the untranslated address, or {@link #NONE}
 * @param frame physical address of the 4 KiB frame, or {@link #NONE}
 * @param packet the fields of the packet that did it; empty if none did
 */
public record Violation(
    Kind kind,
    String device,
    int pasid,
    long address,
    long frame,
    String text,
    Map<PacketField, String> packet) {
  public static final int NONE = -1;

  /** One without a packet. */
  public Violation(Kind kind, String device, int pasid, long address, long frame, String text) {
    this(kind, device, pasid, address, frame, text, Map.of());
  }

  public enum Kind {
    /** A translated access without a live grant. */
    STALE_ACCESS,
    /** A translated access under a grant whose invalidation was given up without an answer. */
    OVERDUE_ACCESS,
    /** A frame freed while a device may still reach it. */
    FREED_UNDER_GRANT,
    /** A device broke a rule of the bus. */
    PROTOCOL,
    /** A part of the guest's kernel threw what it must not, and the kernel goes on without it. */
    KERNEL_FAILURE,
    /** The guest found other data than must be there, or an operation ended as it must not. */
    DATA_MISMATCH,
    /** An operation's device was lost, stopped or silent before it had done it. */
    UNENDED_OPERATION
  }

  @Override
  public String toString() {
    StringBuilder line = new StringBuilder(kind.name());
    if (!device.isEmpty()) {
      line.append(" device ").append(device);
    }
    if (pasid != NONE) {
      line.append(" PASID ").append(pasid);
    }
    if (address != NONE) {
      line.append(" address 0x").append(Long.toHexString(address));
    }
    if (frame != NONE) {
      line.append(" frame 0x").append(Long.toHexString(frame));
    }
    return line.append(": ").append(text).toString();
  }
}
