package org.smmulator.metrics;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One violation, for all that are like it: of the same kind, device and PASID, with a sentence that
 * differs in numbers only.
 *
 * @param kind which count of the verdict it belongs to
 * @param device id of the device
 * @param pasid null if the packet had none
 * @param address what the device accessed, in hexadecimal
 * @param frame the physical frame, in hexadecimal
 * @param text one sentence
 * @param count how many there are, this one included
 * @param packet what stood in the packet that did it, by the keys of {@link
 *     org.smmulator.bus.tlp.PacketField}; null if none did
 */
public record ViolationSummary(
    Kind kind,
    @Nullable String device,
    @Nullable Integer pasid,
    @Nullable String address,
    @Nullable String frame,
    String text,
    long count,
    @Nullable Map<String, String> packet) {
  /** The counts of a verdict. */
  public enum Kind {
    DATA_MISMATCH("data mismatch"),
    STALE_ACCESS("stale access"),
    OVERDUE_ACCESS("overdue access"),
    FREED_UNDER_GRANT("freed under grant"),
    PROTOCOL_VIOLATION("protocol violation"),
    KERNEL_FAILURE("kernel failure"),
    UNENDED_OPERATION("operation that did not end");

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
