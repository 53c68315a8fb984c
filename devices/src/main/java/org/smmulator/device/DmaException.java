package org.smmulator.device;

import java.util.Locale;

/** A DMA access that did not happen, or not whole. Expected in a machine's life; has no trace. */
public final class DmaException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Why an access failed. */
  public enum Status {
    /** No translation with the wanted permission, and no page request could bring one. */
    REFUSED,
    /** A completion said Unsupported Request (Base Specification 2.2.9). */
    UNSUPPORTED_REQUEST,
    /** A completion said Completer Abort. */
    COMPLETER_ABORT,
    /** No completion came in time. */
    TIMED_OUT,
    /** Software has not enabled what the access needs: bus mastering, or PASIDs of this width. */
    DISABLED,
    /** The function was reset, or its link is closed. */
    LINK_DOWN;

    /** In words, for logs. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  private final Status status;
  private final long address;

  DmaException(Status status, long address) {
    super(
        "DMA access failed at address 0x" + Long.toHexString(address) + ": " + status,
        null,
        false,
        false);
    this.status = status;
    this.address = address;
  }

  public Status status() {
    return status;
  }

  /** The untranslated address of the first byte of the packet that failed. */
  public long address() {
    return address;
  }
}
