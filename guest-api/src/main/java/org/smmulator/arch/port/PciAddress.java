package org.smmulator.arch.port;

import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Bus, device and function of a PCI function, written {@code 00:04.0}.
 *
 * @param requesterId bus in [15:8], device in [7:3], function in [2:0]; also its StreamID
 */
public record PciAddress(int requesterId) {
  /** What {@link #parse} takes. */
  public static final String EXPRESSION = "[0-9a-fA-F]{2}:[01][0-9a-fA-F]\\.[0-7]";

  private static final Pattern BDF =
      Pattern.compile("([0-9a-fA-F]{2}):([01][0-9a-fA-F])\\.([0-7])");

  public PciAddress {
    if (requesterId < 0 || requesterId > 0xffff) {
      throw new IllegalArgumentException(
          "requester id 0x" + Integer.toHexString(requesterId) + " has more than 16 bits");
    }
  }

  public static PciAddress of(int bus, int device, int function) {
    return new PciAddress(bus << 8 | device << 3 | function);
  }

  /**
   * Reads BUS:DEVICE.FUNCTION in hexadecimal.
   *
   * @throws IllegalArgumentException with a sentence that says what is right
   */
  public static PciAddress parse(String text) {
    Matcher matcher = BDF.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "'"
              + text
              + "' is not a PCI id; use BUS:DEVICE.FUNCTION in hexadecimal, such as 00:04.0");
    }
    return of(
        Integer.parseInt(matcher.group(1), 16),
        Integer.parseInt(matcher.group(2), 16),
        Integer.parseInt(matcher.group(3), 16));
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

  /** As {@code lspci} writes it: {@code 00:04.0}. */
  @Override
  public String toString() {
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits((byte) bus())
        + ":"
        + hex.toHexDigits((byte) device())
        + "."
        + function();
  }
}
