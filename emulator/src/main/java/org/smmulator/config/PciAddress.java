package org.smmulator.config;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where a function sits: bus, device and function number, written {@code 00:04.0}. */
public record PciAddress(int bus, int device, int function) {
  static final String EXPRESSION = "[0-9a-fA-F]{2}:[01][0-9a-fA-F]\\.[0-7]";
  private static final Pattern BDF =
      Pattern.compile("([0-9a-fA-F]{2}):([01][0-9a-fA-F])\\.([0-7])");

  /** Reads BUS:DEVICE.FUNCTION in hexadecimal; the exception's message says what is right. */
  @JsonCreator
  public static PciAddress parse(String text) {
    Matcher matcher = BDF.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "'"
              + text
              + "' is not a PCI id; use BUS:DEVICE.FUNCTION in hexadecimal, such as 00:04.0");
    }
    return new PciAddress(
        Integer.parseInt(matcher.group(1), 16),
        Integer.parseInt(matcher.group(2), 16),
        Integer.parseInt(matcher.group(3), 16));
  }

  public static PciAddress ofRequesterId(int requesterId) {
    return new PciAddress(requesterId >>> 8 & 0xff, requesterId >>> 3 & 0x1f, requesterId & 7);
  }

  public int requesterId() {
    return bus << 8 | device << 3 | function;
  }

  @JsonValue
  @Override
  public String toString() {
    return String.format("%02x:%02x.%d", bus, device, function);
  }
}
