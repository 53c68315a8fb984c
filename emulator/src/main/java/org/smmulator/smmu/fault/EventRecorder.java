package org.smmulator.smmu.fault;

import java.util.EnumMap;
import java.util.Map;
import org.smmulator.arch.BitField;
import org.smmulator.arch.event.EventField;
import org.smmulator.arch.event.EventType;
import org.smmulator.smmu.feature.Architecture;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.Transaction;

/**
 * Composes event records (IHI 0070 7.3). Privilege and instruction are those after the overrides of
 * the STE; with F_UUT and F_BAD_ATS_TREQ, which come before any STE, those of the bus. Without
 * stage 2 (S2 = 0) CLASS is IN and the IPA zero, but for an abort of the stage 1 walk, where CLASS
 * is TT. NSIPA is 0: there is no Secure state.
 *
 * <p>F_UUT, the conflicts, E_PAGE_REQUEST and F_VMS_FETCH have a layout and no cause here: the bus
 * carries reads and writes within a page alone, the caches hold no two entries for one address,
 * nothing is fetched ahead, and there is no MPAM.
 */
public final class EventRecorder {
  private static final long COMMON =
      EventField.SSV.mask() | EventField.SUBSTREAM_ID.mask() | EventField.STREAM_ID.mask();

  private final EventSink sink;

  /** Bits of an address that a record can show. */
  private final long addressMask;

  private final long[] record = new long[EventField.WORDS];
  private final Fault error = new Fault();

  /** By event number. */
  private final long[] recorded = new long[256];

  public EventRecorder(SmmuFeatures features, EventSink sink) {
    this.sink = sink;
    int bits = features.outputAddressBits();
    boolean limited = features.architecture() == Architecture.V3_0;
    this.addressMask = (1L << (limited ? Math.min(bits, 48) : bits)) - 1;
  }

  /** Records an event that names no fetch. */
  public void record(EventType type, Transaction tx) {
    record(error.configuration(type, 0), tx, false);
  }

  /**
   * Records an event of a transaction.
   *
   * @param fetchAddress of F_STE_FETCH, F_CD_FETCH: what could not be read
   */
  public void record(EventType type, Transaction tx, long fetchAddress) {
    record(error.configuration(type, fetchAddress), tx, false);
  }

  /** Records a fault of a transaction that is terminated. */
  public void record(Fault fault, Transaction tx) {
    record(fault, tx, false);
  }

  /**
   * Records a fault of a transaction that is terminated.
   *
   * @param mergeable STE.MEV
   */
  public void record(Fault fault, Transaction tx, boolean mergeable) {
    compose(fault, tx);
    recorded[fault.type().id()]++;
    sink.write(record, mergeable);
  }

  /** Records a fault of a transaction that stalls; false if that cannot be written now. */
  public boolean recordStall(Fault fault, Transaction tx, int stag) {
    compose(fault, tx);
    put(EventField.STALL, 1);
    put(EventField.STAG, stag);
    boolean written = sink.writeStall(record);
    if (written) {
      recorded[fault.type().id()]++;
    }
    return written;
  }

  /** Whether a record would be written now. */
  boolean isWritable() {
    return sink.isWritable();
  }

  /** Records F_BAD_ATS_TREQ: a translation request for {@code pages} that ATS is denied. */
  public void recordBadTranslationRequest(Transaction tx, int pages) {
    start(EventType.F_BAD_ATS_TREQ, tx);
    put(EventField.SPAN, pages & 0xf);
    put(EventField.ATS_P, bit(tx.privileged()));
    put(EventField.ATS_X, bit(tx.execute()));
    put(EventField.ATS_W, bit(tx.write()));
    put(EventField.ATS_R, 1);
    put(EventField.INPUT_ADDRESS, tx.address() & ~0xfffL);
    recorded[EventType.F_BAD_ATS_TREQ.id()]++;
    sink.write(record, false);
  }

  private void compose(Fault fault, Transaction tx) {
    start(fault.type(), tx);
    switch (fault.type()) {
      case C_BAD_STREAMID, C_BAD_STE, C_BAD_CD, F_CFG_CONFLICT -> {}
      case F_STE_FETCH, F_CD_FETCH, F_VMS_FETCH -> putFetchAddress(fault);
      case F_STREAM_DISABLED -> keep(EventField.STREAM_ID.mask());
      case F_TRANSL_FORBIDDEN -> {
        keep(EventField.STREAM_ID.mask());
        put(EventField.RNW, bit(!tx.write()));
        put(EventField.INPUT_ADDRESS, tx.address());
      }
      case C_BAD_SUBSTREAMID -> keep(EventField.STREAM_ID.mask() | EventField.SUBSTREAM_ID.mask());
      case F_UUT -> putAccess(tx, tx.privileged(), tx.execute());
      case F_WALK_EABT -> {
        putTranslation(fault, tx);
        put(EventField.CLASS, fault.stage2() ? fault.walkClass() : EventField.CLASS_TT);
        putFetchAddress(fault);
      }
      case F_TRANSLATION, F_ADDR_SIZE, F_ACCESS -> putClassAndIpa(fault, tx);
      case F_PERMISSION -> {
        putClassAndIpa(fault, tx);
        boolean descriptor = fault.stage2() && fault.walkClass() == EventField.CLASS_TT;
        put(EventField.TT_RNW, bit(descriptor && !fault.descriptorWrite()));
      }
      case F_TLB_CONFLICT -> {
        putTranslation(fault, tx);
        putIpa(fault);
      }
      case E_PAGE_REQUEST -> putWanted(tx);
      case F_BAD_ATS_TREQ -> throw new IllegalStateException("a transaction is not a request");
    }
  }

  private void start(EventType type, Transaction tx) {
    record[0] = EventField.ID.of(type.id()) | common(tx);
    record[1] = 0;
    record[2] = 0;
    record[3] = 0;
  }

  private static long common(Transaction tx) {
    long stream = EventField.STREAM_ID.of(Integer.toUnsignedLong(tx.streamId()));
    return tx.hasSubstream()
        ? stream | EventField.SSV.of(1) | EventField.SUBSTREAM_ID.of(tx.substreamId())
        : stream;
  }

  private void keep(long fields) {
    record[0] &= ~COMMON | fields;
  }

  private void putAccess(Transaction tx, boolean privileged, boolean execute) {
    put(EventField.PNU, bit(privileged));
    put(EventField.IND, bit(execute && !tx.write()));
    put(EventField.RNW, bit(!tx.write()));
    put(EventField.INPUT_ADDRESS, tx.address());
  }

  private void putTranslation(Fault fault, Transaction tx) {
    putAccess(tx, tx.effectivePrivileged(), tx.effectiveExecute());
    put(EventField.S2, bit(fault.stage2()));
  }

  private void putClassAndIpa(Fault fault, Transaction tx) {
    putTranslation(fault, tx);
    put(EventField.CLASS, fault.stage2() ? fault.walkClass() : EventField.CLASS_IN);
    putIpa(fault);
  }

  private void putIpa(Fault fault) {
    if (fault.stage2()) {
      record[EventField.IPA.word()] |= EventField.IPA.inPlace(fault.ipa() & addressMask);
    }
  }

  private void putFetchAddress(Fault fault) {
    record[EventField.FETCH_ADDRESS.word()] |=
        EventField.FETCH_ADDRESS.inPlace(fault.fetchAddress() & addressMask);
  }

  /** A hint for software: what access of one page would have been welcome. */
  private void putWanted(Transaction tx) {
    boolean privileged = tx.effectivePrivileged();
    boolean execute = tx.effectiveExecute() && !tx.write();
    put(privileged ? EventField.WANTED_PW : EventField.WANTED_UW, bit(tx.write()));
    put(privileged ? EventField.WANTED_PX : EventField.WANTED_UX, bit(execute));
    put(privileged ? EventField.WANTED_PR : EventField.WANTED_UR, bit(!tx.write() && !execute));
    put(EventField.INPUT_ADDRESS, tx.address() & ~0xfffL);
  }

  private static int bit(boolean set) {
    return set ? 1 : 0;
  }

  private void put(BitField field, long value) {
    record[field.word()] |= field.of(value);
  }

  /** Events given to the queue so far, by type. */
  public Map<EventType, Long> counts() {
    Map<EventType, Long> counts = new EnumMap<>(EventType.class);
    for (EventType type : EventType.values()) {
      if (recorded[type.id()] != 0) {
        counts.put(type, recorded[type.id()]);
      }
    }
    return counts;
  }
}
