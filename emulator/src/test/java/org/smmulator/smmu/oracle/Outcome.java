package org.smmulator.smmu.oracle;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of an access. Of a translation request: of its first page.
 *
 * @param address the output address, of {@link Kind#TRANSLATED} and {@link Kind#GRANTED}
 * @param flags of {@link Kind#GRANTED}: Priv 4, Exe 3, U 2, W 1, R 0
 * @param sizeLog2 largest region that the answer may speak for
 * @param cause the fault that ended it, recorded or not
 * @param event the record, or null; STAG, where there is one, is 0
 * @param updates what the hardware update of access flags and dirty state writes
 * @param updatesDue whether a walk must have made all of the updates; else it may have
 * @param rule the rule that alone decided, for the report, or null
 */
record Outcome(
    Kind kind,
    long address,
    int flags,
    int sizeLog2,
    @Nullable EventRecord event,
    @Nullable ExpectedFault cause,
    List<Update> updates,
    boolean updatesDue,
    @Nullable String rule) {

  /** How it ends. */
  enum Kind {
    TRANSLATED,
    ABORT,
    RAZ_WI,
    STALL,
    /** Success with an entry that permits something. */
    GRANTED,
    /** Success with R = W = 0. */
    NOTHING_GRANTED,
    UNSUPPORTED_REQUEST,
    COMPLETER_ABORT
  }

  static final int READ = 1;
  static final int WRITE = 2;
  static final int EXECUTE = 8;
  static final int PRIVILEGED = 16;

  /** A descriptor that the hardware rewrites. */
  record Update(long pa, long before, long after) {}

  static Outcome stopped(Kind kind, @Nullable EventRecord event) {
    return stopped(kind, event, null);
  }

  static Outcome stopped(Kind kind, @Nullable EventRecord event, @Nullable ExpectedFault cause) {
    return new Outcome(
        kind, 0, 0, 0, event, cause, List.of(), false, cause == null ? null : cause.rule);
  }

  static Outcome translated(long address, int sizeLog2) {
    return new Outcome(Kind.TRANSLATED, address, 0, sizeLog2, null, null, List.of(), true, null);
  }

  static Outcome granted(long address, int flags, int sizeLog2) {
    return new Outcome(Kind.GRANTED, address, flags, sizeLog2, null, null, List.of(), true, null);
  }

  Outcome with(List<Update> made) {
    return new Outcome(kind, address, flags, sizeLog2, event, cause, made, updatesDue, rule);
  }

  Outcome because(String decisive) {
    return new Outcome(kind, address, flags, sizeLog2, event, cause, updates, updatesDue, decisive);
  }

  /** The event's number, or 0 without event. */
  int eventType() {
    return event == null ? 0 : event.type();
  }
}
