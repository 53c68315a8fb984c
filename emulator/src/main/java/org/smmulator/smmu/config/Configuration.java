package org.smmulator.smmu.config;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.event.EventType;

/**
 * What the stream table and the context descriptors say about one {StreamID, SubstreamID}.
 *
 * @param stream the stream table entry; null if none could be read
 * @param context the context descriptor; null unless the action is to translate
 * @param fault the configuration error; null unless the action is to fault
 * @param fetchAddress of a fetch that aborted
 */
public record Configuration(
    Action action,
    @Nullable StreamTableEntry stream,
    @Nullable ContextDescriptor context,
    @Nullable EventType fault,
    long fetchAddress) {

  /** What is done to the transaction. */
  public enum Action {
    /** Terminated without an event. */
    ABORT,
    /** Goes on at its own address. */
    BYPASS,
    /** Stage 1 translates it. */
    TRANSLATE,
    /** Terminated with a configuration event. */
    FAULT
  }

  private static final Configuration BAD_STREAM_ID =
      new Configuration(Action.FAULT, null, null, EventType.C_BAD_STREAMID, 0);

  static Configuration badStreamId() {
    return BAD_STREAM_ID;
  }

  static Configuration steFetchAborted(long fetchAddress) {
    return new Configuration(Action.FAULT, null, null, EventType.F_STE_FETCH, fetchAddress);
  }

  /** What the stream table entry says by itself. */
  static Configuration of(StreamTableEntry stream) {
    if (!stream.legal()) {
      return fault(stream, EventType.C_BAD_STE);
    }
    Action action =
        stream.isAbort() ? Action.ABORT : stream.translates() ? Action.TRANSLATE : Action.BYPASS;
    return new Configuration(action, stream, null, null, 0);
  }

  static Configuration fault(StreamTableEntry stream, EventType type) {
    return new Configuration(Action.FAULT, stream, null, type, 0);
  }

  static Configuration bypass(StreamTableEntry stream) {
    return new Configuration(Action.BYPASS, stream, null, null, 0);
  }

  static Configuration cdFetchAborted(StreamTableEntry stream, long fetchAddress) {
    return new Configuration(Action.FAULT, stream, null, EventType.F_CD_FETCH, fetchAddress);
  }

  static Configuration of(StreamTableEntry stream, ContextDescriptor context) {
    return context.legal()
        ? new Configuration(Action.TRANSLATE, stream, context, null, 0)
        : new Configuration(Action.FAULT, stream, context, EventType.C_BAD_CD, 0);
  }

  /** The configuration error of an action to fault. */
  public EventType faultType() {
    if (fault == null) {
      throw new IllegalStateException(action + " is no configuration error");
    }
    return fault;
  }

  /**
   * Whether the architecture lets it be cached: structures that were read, valid or not, but never
   * a fetch that failed or a lookup that found no structure.
   */
  boolean isCacheable() {
    return fault == null || fault == EventType.C_BAD_STE || fault == EventType.C_BAD_CD;
  }
}
