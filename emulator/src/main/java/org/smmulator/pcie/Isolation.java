package org.smmulator.pcie;

import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * That a function is cut off, because it did not do what it must. It is sent no Invalidate Request
 * and no memory request until it is reset or attached anew; what it sends itself is not refused.
 * Configuration requests still reach it, or software could not reset it.
 */
final class Isolation {
  private static final Logger LOG = LoggerFactory.getLogger(Isolation.class);
  private static final double NANOS_OF_MILLI = 1e6;

  private final String function;
  private final String words;
  private long reads;
  private long writes;

  /**
   * Says so in the log.
   *
   * @param function whose, for people
   * @param nanos time of the machine
   * @param why half a sentence
   */
  Isolation(String function, long nanos, String why) {
    this.function = function;
    this.words =
        String.format(Locale.ROOT, "isolated since %.3f ms: %s", nanos / NANOS_OF_MILLI, why);
    LOG.warn(
        "{} is {}; it is sent no invalidations and no register accesses until it is reset or"
            + " attached anew",
        function,
        words);
  }

  /** Since when and why: {@code isolated since 12.345 ms: ...}. */
  String words() {
    return words;
  }

  /** A register read that is answered with all ones. */
  void readRefused(long address) {
    if (reads++ == 0) {
      refused("read of its register", address, "is all ones");
    }
  }

  /** A register write that is dropped. */
  void writeRefused(long address) {
    if (writes++ == 0) {
      refused("write to its register", address, "is dropped");
    }
  }

  /** The first of each kind only: software may poll. */
  private void refused(String access, long address, String then) {
    LOG.warn(
        "a {} at 0x{} {}, and so are all others: {} is {}",
        access,
        Long.toHexString(address),
        then,
        function,
        words);
  }

  /** What became of register accesses, for people. */
  String refusals() {
    return String.format(
        Locale.ROOT,
        "registers: reads are answered with all ones (%,d so far), writes dropped (%,d), until the"
            + " device is reset or attached anew",
        reads,
        writes);
  }

  /** The function has been reset. */
  void over() {
    LOG.info("{} has been reset and is no longer isolated", function);
  }
}
