package org.smmulator.metrics;

import org.jspecify.annotations.Nullable;

/**
 * One violation.
 *
 * @param kind which count of the verdict it belongs to
 * @param device id of the device
 * @param pasid null if the packet had none
 * @param address what the device accessed, in hexadecimal
 * @param frame the physical frame, in hexadecimal
 * @param text one sentence
 */
public record Violation(
    Kind kind,
    @Nullable String device,
    @Nullable Integer pasid,
    @Nullable String address,
    @Nullable String frame,
    String text) {
  /** The counts of a verdict. */
  public enum Kind {
    DATA_MISMATCH("data mismatch"),
    STALE_ACCESS("stale access"),
    OVERDUE_ACCESS("overdue access"),
    FREED_UNDER_GRANT("freed under grant"),
    PROTOCOL_VIOLATION("protocol violation");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    public String words() {
      return words;
    }
  }

  /** An address as violations show it. */
  public static String hex(long address) {
    return "0x" + Long.toHexString(address);
  }
}
