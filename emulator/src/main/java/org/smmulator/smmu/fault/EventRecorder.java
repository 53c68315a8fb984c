package org.smmulator.smmu.fault;

import java.util.EnumMap;
import java.util.Map;
import org.smmulator.arch.BitField;
import org.smmulator.arch.event.EventField;
import org.smmulator.arch.event.EventType;
import org.smmulator.smmu.Transaction;

/**
 * Composes the event record of a transaction (IHI 0070 7.3). Without stage 2, S2 is 0 and the IPA
 * unknown; CLASS is IN but for an abort of the stage 1 walk, where it is TT.
 */
public final class EventRecorder {
  private static final long COMMON =
      EventField.SSV.mask() | EventField.SUBSTREAM_ID.mask() | EventField.STREAM_ID.mask();

  private final EventSink sink;
  private final long[] record = new long[EventField.WORDS];

  /** By event number. */
  private final long[] recorded = new long[256];

  public EventRecorder(EventSink sink) {
    this.sink = sink;
  }

  /** Records an event that names no fetch. */
  public void record(EventType type, Transaction tx) {
    record(type, tx, 0);
  }

  /**
   * Records an event of a transaction.
   *
   * @param fetchAddress of F_STE_FETCH, F_CD_FETCH, F_WALK_EABT: what could not be read
   */
  public void record(EventType type, Transaction tx, long fetchAddress) {
    start(type, tx);
    switch (type) {
      case C_BAD_STREAMID, C_BAD_STE, C_BAD_CD -> {}
      case F_STE_FETCH, F_CD_FETCH -> putFetchAddress(fetchAddress);
      case F_STREAM_DISABLED -> keep(EventField.STREAM_ID.mask());
      case F_TRANSL_FORBIDDEN -> {
        keep(EventField.STREAM_ID.mask());
        put(EventField.RNW, tx.write() ? 0 : 1);
        put(EventField.INPUT_ADDRESS, tx.address());
      }
      case C_BAD_SUBSTREAMID -> keep(EventField.STREAM_ID.mask() | EventField.SUBSTREAM_ID.mask());
      case F_WALK_EABT -> {
        putAccess(tx, EventField.CLASS_TT);
        putFetchAddress(fetchAddress);
      }
      case F_TRANSLATION, F_ADDR_SIZE, F_ACCESS, F_PERMISSION -> putAccess(tx, EventField.CLASS_IN);
      case F_BAD_ATS_TREQ, F_UUT, F_TLB_CONFLICT, F_CFG_CONFLICT, E_PAGE_REQUEST, F_VMS_FETCH ->
          throw new IllegalStateException(type + " is not the event of a transaction here");
    }
    sink.write(record);
  }

  /** Records F_BAD_ATS_TREQ: a translation request for {@code pages} that ATS is denied. */
  public void recordBadTranslationRequest(Transaction tx, int pages) {
    start(EventType.F_BAD_ATS_TREQ, tx);
    put(EventField.SPAN, pages & 0xf);
    put(EventField.ATS_P, tx.privileged() ? 1 : 0);
    put(EventField.ATS_X, tx.execute() ? 1 : 0);
    put(EventField.ATS_W, tx.write() ? 1 : 0);
    put(EventField.ATS_R, 1);
    put(EventField.INPUT_ADDRESS, tx.address() & ~0xfffL);
    sink.write(record);
  }

  private void start(EventType type, Transaction tx) {
    recorded[type.id()]++;
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

  private void putAccess(Transaction tx, int walkClass) {
    put(EventField.PNU, tx.privileged() ? 1 : 0);
    put(EventField.IND, tx.execute() && !tx.write() ? 1 : 0);
    put(EventField.RNW, tx.write() ? 0 : 1);
    put(EventField.CLASS, walkClass);
    put(EventField.INPUT_ADDRESS, tx.address());
  }

  private void putFetchAddress(long address) {
    record[EventField.FETCH_ADDRESS.word()] |= EventField.FETCH_ADDRESS.inPlace(address);
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
