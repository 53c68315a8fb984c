package org.smmulator.smmu.config;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.event.EventType;
import org.smmulator.smmu.fault.Fault;

/**
 * What the stream table and the context descriptors say about one {StreamID, SubstreamID}.
 *
 * @param stream the stream table entry; null if none could be read
 * @param context the context descriptor; null unless stage 1 translates
 * @param stage2 null unless stage 2 translates
 * @param fault why there is nothing to be done; null unless the action is to fault
 */
public record Configuration(
    Action action,
    @Nullable StreamTableEntry stream,
    @Nullable ContextDescriptor context,
    @Nullable Stage2Context stage2,
    @Nullable Fault fault) {

  /** What is done to the transaction. */
  public enum Action {
    /** Terminated without an event. */
    ABORT,
    /** Goes on at its own address. */
    BYPASS,
    /** One or two stages translate it. */
    TRANSLATE,
    /** Terminated with a configuration event, or a fault of stage 2 on the way to the context. */
    FAULT
  }

  private static final Configuration BAD_STREAM_ID =
      fault(null, Fault.of(EventType.C_BAD_STREAMID));

  static Configuration badStreamId() {
    return BAD_STREAM_ID;
  }

  /** What the stream table entry says by itself: stage 1, if enabled, has no context yet. */
  static Configuration of(StreamTableEntry stream) {
    if (!stream.legal()) {
      return fault(stream, Fault.of(EventType.C_BAD_STE));
    }
    return stream.isAbort()
        ? new Configuration(Action.ABORT, stream, null, null, null)
        : withoutStage1(stream);
  }

  /** Stage 1 is off or skipped. */
  static Configuration withoutStage1(StreamTableEntry stream) {
    Action action = stream.stage2() == null ? Action.BYPASS : Action.TRANSLATE;
    return new Configuration(action, stream, null, stream.stage2(), null);
  }

  static Configuration fault(@Nullable StreamTableEntry stream, Fault fault) {
    Stage2Context stage2 = stream == null ? null : stream.stage2();
    return new Configuration(Action.FAULT, stream, null, stage2, fault);
  }

  static Configuration of(StreamTableEntry stream, ContextDescriptor context) {
    return context.legal()
        ? new Configuration(Action.TRANSLATE, stream, context, stream.stage2(), null)
        : new Configuration(
            Action.FAULT, stream, context, stream.stage2(), Fault.of(EventType.C_BAD_CD));
  }

  /** Why an action to fault. */
  public Fault requireFault() {
    if (fault == null) {
      throw new IllegalStateException(action + " is no fault");
    }
    return fault;
  }

  /**
   * Whether the architecture lets it be cached: structures that were read, valid or not, but never
   * a fetch that failed or a lookup that found no structure.
   */
  boolean isCacheable() {
    return fault == null
        || fault.type() == EventType.C_BAD_STE
        || fault.type() == EventType.C_BAD_CD;
  }
}
