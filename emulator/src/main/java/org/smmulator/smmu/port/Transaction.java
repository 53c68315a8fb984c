package org.smmulator.smmu.port;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.event.EventType;

/**
 * One client transaction, or one ATS translation request, on its way through the SMMU: what the bus
 * said, and what became of it. Reused by its owner; touched by the hardware's thread only.
 */
public final class Transaction {
  /** Substream of a transaction without PASID. */
  public static final int NO_SUBSTREAM = -1;

  private static final int NO_EVENT = 0;
  private static final int TRANSLATED = 0;
  private static final int FAULTED = 1;
  private static final int TERMINATED = 2;
  private static final int STALLED = 3;

  /** By number. */
  private static final Outcome[] OUTCOMES = {
    Outcome.TRANSLATED, Outcome.FAULTED, Outcome.TERMINATED, Outcome.STALLED
  };

  /** What became of a transaction. */
  public enum Outcome {
    /** Goes on at {@link Transaction#pa}. */
    TRANSLATED,
    /** Stopped with {@link Transaction#event}. */
    FAULTED,
    /** Stopped without an event. */
    TERMINATED,
    /** Waits in the SMMU for software to decide, with {@link Transaction#event}. */
    STALLED
  }

  private int streamId;
  private int substreamId = NO_SUBSTREAM;
  private long address;
  private boolean write;
  private boolean privileged;
  private boolean execute;
  private boolean effectivePrivileged;
  private boolean effectiveExecute;

  /**
   * Outcome and event by number: references would cost every transaction the garbage collector's
   * write barriers.
   */
  private int outcome = TERMINATED;

  private int event = NO_EVENT;
  private long pa;
  private boolean razWi;
  private long ticket;
  private boolean canWait = true;
  private boolean stallRefused;

  /**
   * Starts a new transaction.
   *
   * @param substreamId the PASID, or {@link #NO_SUBSTREAM}
   * @param write of a translation request: write permission wanted (the bus's NW clear)
   * @param execute of a read: an instruction fetch; a write is always data
   */
  public Transaction request(
      int streamId,
      int substreamId,
      long address,
      boolean write,
      boolean privileged,
      boolean execute) {
    this.streamId = streamId;
    this.substreamId = substreamId;
    this.address = address;
    this.write = write;
    this.privileged = privileged;
    this.execute = execute;
    this.canWait = true;
    this.stallRefused = false;
    treatAs(privileged, execute);
    terminated(false);
    return this;
  }

  /** Starts anew what another transaction asks for. */
  public void copyRequest(Transaction from) {
    request(
        from.streamId, from.substreamId, from.address, from.write, from.privileged, from.execute);
  }

  /** Sets the attributes that the stream makes of those it came with; a write is always data. */
  public void treatAs(boolean asPrivileged, boolean asExecute) {
    effectivePrivileged = asPrivileged;
    effectiveExecute = asExecute && !write;
  }

  public int streamId() {
    return streamId;
  }

  public int substreamId() {
    return substreamId;
  }

  public boolean hasSubstream() {
    return substreamId != NO_SUBSTREAM;
  }

  public long address() {
    return address;
  }

  public boolean write() {
    return write;
  }

  public boolean privileged() {
    return privileged;
  }

  public boolean execute() {
    return execute;
  }

  /** Privilege after the stream's override. */
  public boolean effectivePrivileged() {
    return effectivePrivileged;
  }

  /** Whether it is an instruction fetch after the stream's override. */
  public boolean effectiveExecute() {
    return effectiveExecute;
  }

  /** Whoever sent it has no room to hold it: instead of stalling it ends with an abort. */
  public Transaction withoutRoom() {
    canWait = false;
    return this;
  }

  /** Whether it can be held if a fault stalls it. */
  public boolean canWait() {
    return canWait;
  }

  /** It would have stalled, and was aborted for want of room. */
  public void stallRefused() {
    stallRefused = true;
  }

  /** Whether it would have stalled, and was aborted for want of room. */
  public boolean isStallRefused() {
    return stallRefused;
  }

  public Outcome outcome() {
    return OUTCOMES[outcome];
  }

  public boolean isTranslated() {
    return outcome == TRANSLATED;
  }

  /** Physical address of {@link #address}; valid to the end of its 4 KiB page. */
  public long pa() {
    return pa;
  }

  /** Why it faulted or stalls; null otherwise. */
  public @Nullable EventType event() {
    return event == NO_EVENT ? null : EventType.of(event);
  }

  /**
   * Whether a stopped transaction completes without an error, reading zeroes or dropping what it
   * writes (CD.A = 0); otherwise the client sees an abort.
   */
  public boolean isRazWi() {
    return razWi;
  }

  /** The transaction goes on at {@code pa}. */
  public void translated(long pa) {
    this.outcome = TRANSLATED;
    this.pa = pa;
    this.event = NO_EVENT;
    this.razWi = false;
  }

  /** The transaction stops, and the event queue was given a record. */
  public void faulted(EventType type, boolean razWi) {
    this.outcome = FAULTED;
    this.event = type.id();
    this.razWi = razWi;
  }

  /** The transaction waits; what becomes of it is told later under its ticket. */
  public void stalled(EventType type, long newTicket) {
    this.outcome = STALLED;
    this.event = type.id();
    this.razWi = false;
    this.ticket = newTicket;
  }

  /** Ends like another transaction. */
  public void copyOutcome(Transaction from) {
    outcome = from.outcome;
    event = from.event;
    pa = from.pa;
    razWi = from.razWi;
    ticket = from.ticket;
  }

  /** Names a transaction from the moment it stalls until it is resumed. */
  public long ticket() {
    return ticket;
  }

  /** The transaction stops silently. */
  public void terminated(boolean razWi) {
    this.outcome = TERMINATED;
    this.event = NO_EVENT;
    this.razWi = razWi;
  }
}
