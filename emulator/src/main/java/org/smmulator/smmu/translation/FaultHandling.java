package org.smmulator.smmu.translation;

import java.util.Arrays;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.event.EventType;
import org.smmulator.smmu.config.Configuration;
import org.smmulator.smmu.config.ContextDescriptor;
import org.smmulator.smmu.config.Stage2Context;
import org.smmulator.smmu.config.StreamTableEntry;
import org.smmulator.smmu.fault.EventRecorder;
import org.smmulator.smmu.fault.Fault;
import org.smmulator.smmu.fault.Stalls;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.Transaction;
import org.smmulator.smmu.register.Registers;

/**
 * What a fault does to an ordinary transaction (IHI 0070 3.12, 5.4 and 7.3): whether it is
 * recorded, and whether the transaction aborts, completes as RAZ/WI, or stalls. CD.A, R and S
 * decide for stage 1, STE.S2R and S2S for stage 2, and nobody for configuration errors and external
 * aborts.
 */
public final class FaultHandling {
  /** In ascending order. */
  private final int[] stallingStreams;

  private final Registers registers;
  private final EventRecorder events;
  private final Stalls stalled;

  public FaultHandling(
      SmmuFeatures features, Registers registers, EventRecorder events, Stalls stalled) {
    this.stallingStreams =
        Stream.concat(features.platformStreams().stream(), features.stallingFunctions().stream())
            .mapToInt(Integer::intValue)
            .sorted()
            .toArray();
    this.registers = registers;
    this.events = events;
    this.stalled = stalled;
  }

  /** Ends a transaction, or lets it stall. */
  void handle(Transaction tx, Configuration configuration, Fault fault) {
    ContextDescriptor context = configuration.context();
    Stage2Context stage2 = configuration.stage2();
    if (!fault.isTranslationRelated()) {
      boolean silent = fault.type() == EventType.C_BAD_STREAMID && !registers.recordsBadStreamIds();
      terminate(tx, configuration, fault, !silent, false);
    } else if (fault.stage2() && stage2 != null) {
      handle(tx, configuration, fault, stage2.stalls(), stage2.records(), false);
    } else if (context != null) {
      handle(tx, configuration, fault, context.stalls(), context.records(), !context.aborts());
    } else {
      terminate(tx, configuration, fault, true, false);
    }
  }

  private void handle(
      Transaction tx,
      Configuration configuration,
      Fault fault,
      boolean stalls,
      boolean records,
      boolean razWi) {
    if (!stalls) {
      terminate(tx, configuration, fault, records, razWi);
    } else if (!mayStall(tx)) {
      terminate(tx, configuration, fault, true, false);
    } else if (!tx.canWait() || !stalled.stall(tx, fault)) {
      terminate(tx, configuration, fault, true, false);
      tx.stallRefused();
    }
  }

  /**
   * A PCIe endpoint must not stall (3.12.2), because its fabric could deadlock, unless it is one
   * that is said to.
   */
  private boolean mayStall(Transaction tx) {
    return Arrays.binarySearch(stallingStreams, tx.streamId()) >= 0;
  }

  private void terminate(
      Transaction tx, Configuration configuration, Fault fault, boolean record, boolean razWi) {
    if (record) {
      events.record(fault, tx, merges(configuration.stream()));
      tx.faulted(fault.type(), razWi);
    } else {
      tx.terminated(razWi);
    }
  }

  private static boolean merges(@Nullable StreamTableEntry stream) {
    return stream != null && stream.mergesEvents();
  }
}
