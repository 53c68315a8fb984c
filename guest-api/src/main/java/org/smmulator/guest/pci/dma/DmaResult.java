package org.smmulator.guest.pci.dma;

import java.util.Locale;

/**
 * What became of one operation.
 *
 * @param status how it ended
 * @param bytesDone bytes finished before the end
 * @param address where an access was refused, or the offset of the first difference (COMPARE)
 * @param value the CRC-32C
 */
public record DmaResult(Status status, long bytesDone, long address, long value) {
  /** Completion codes of the engine, and two ends that the driver adds. */
  public enum Status {
    OK,
    BAD_DESCRIPTOR,
    REFUSED,
    UNSUPPORTED_REQUEST,
    COMPLETER_ABORT,
    MISMATCH,
    STOPPED,
    DEVICE_TIME_OUT,
    /** The driver's own deadline passed. */
    NO_ANSWER,
    /** The device is gone. */
    GONE;

    private static final Status[] BY_CODE = values();
    private static final int CODES = 8;

    static Status of(int code) {
      return code < CODES ? BY_CODE[code] : BAD_DESCRIPTOR;
    }

    /** In words, for reports. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  static DmaResult without(Status status) {
    return new DmaResult(status, 0, 0, 0);
  }

  public boolean isOk() {
    return status == Status.OK;
  }
}
