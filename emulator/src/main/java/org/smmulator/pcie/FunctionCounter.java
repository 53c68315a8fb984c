package org.smmulator.pcie;

/** What the root complex counts of each function by itself. */
public enum FunctionCounter {
  TRANSLATION_REQUESTS(0),
  /** Page Requests without stop markers. */
  PAGE_REQUESTS(1),
  STOP_MARKERS(2),
  TRANSLATED_ACCESSES(3),
  UNTRANSLATED_ACCESSES(4),
  /** Bytes that the device read from memory. */
  BYTES_READ(5),
  BYTES_WRITTEN(6),
  /** Requests answered with Unsupported Request or Completer Abort, and writes dropped. */
  REFUSED(7),
  /** Memory requests while Bus Master Enable was clear; refused too. */
  WITHOUT_BUS_MASTER(8),
  INVALIDATIONS_SENT(9),
  INVALIDATIONS_COMPLETED(10),
  INVALIDATIONS_TIMED_OUT(11),
  /** Given up because the link was lost. */
  INVALIDATIONS_LINK_LOST(12),
  /** Given up at once because an earlier one had timed out. */
  INVALIDATIONS_NOT_ANSWERED(13),
  /** Over with the device's detach. */
  INVALIDATIONS_DETACHED(14),
  /** Invalidate Completions after the time-out. */
  INVALIDATIONS_LATE(15),
  /** Completions of configuration and BAR accesses after the time-out. */
  COMPLETIONS_LATE(16),
  /** Resets of the function after which it answered again. */
  RESETS(17),
  /** Packets that software has not permitted the function; a rule broken each. */
  FORBIDDEN(18),
  /** Translations given for untranslated accesses only: the function has too many grants. */
  TRANSLATIONS_WITHHELD(19);

  static final int COUNT = 20;

  private final int slot;

  FunctionCounter(int slot) {
    this.slot = slot;
  }

  /** Index in an array of {@link #COUNT}. */
  int slot() {
    return slot;
  }
}
