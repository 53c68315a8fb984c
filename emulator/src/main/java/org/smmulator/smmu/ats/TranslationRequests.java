package org.smmulator.smmu.ats;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.event.EventType;
import org.smmulator.arch.vmsa.Granule;
import org.smmulator.bus.tlp.AtsEntry;
import org.smmulator.smmu.config.Configuration;
import org.smmulator.smmu.config.Configurations;
import org.smmulator.smmu.config.ContextDescriptor;
import org.smmulator.smmu.config.StreamTableEntry;
import org.smmulator.smmu.fault.EventRecorder;
import org.smmulator.smmu.fault.Fault;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.AtsAnswer;
import org.smmulator.smmu.port.AtsAnswer.Status;
import org.smmulator.smmu.port.Transaction;
import org.smmulator.smmu.register.Registers;
import org.smmulator.smmu.tlb.Translation;
import org.smmulator.smmu.translation.Access;
import org.smmulator.smmu.translation.Stages;

/**
 * ATS translation requests (IHI 0070 3.9.1.2, 3.9.1.3). Every entry covers the smallest granule,
 * which is the STU. Permissions come as far as they go; a page that is not there is a Success
 * without permissions. Write permission is granted only where it was asked for, so that an endpoint
 * that reads never makes a page dirty.
 */
public final class TranslationRequests {
  private static final long NOT_PRESENT = 0;

  private final Registers registers;
  private final Configurations configurations;
  private final Stages stages;
  private final EventRecorder events;
  private final int outputBits;
  private final int unitLog2;

  /** What makes an entry cover the unit. */
  private final long entrySize;

  // The request under way.
  private long intermediate;
  private int access;
  private boolean split;
  private boolean bypassed;
  private final Fault fault = new Fault();
  private long requests;

  public TranslationRequests(
      SmmuFeatures features,
      Registers registers,
      Configurations configurations,
      Stages stages,
      EventRecorder events) {
    this.registers = registers;
    this.configurations = configurations;
    this.stages = stages;
    this.events = events;
    this.outputBits = features.outputAddressBits();
    this.unitLog2 = features.smallestGranule().shift();
    this.entrySize = AtsEntry.encode(0, unitLog2, 0);
  }

  /** The recipe: ATS allowed, configuration, then unit by unit until one is not there. */
  public void answer(Transaction tx, int units, AtsAnswer answer) {
    requests++;
    if (!registers.smmuEnabled()) {
      deny(tx, units, answer);
      return;
    }
    // A stream that is denied ATS has no context fetched for it.
    Configuration alone = configurations.findStream(tx.streamId());
    StreamTableEntry stream = alone.stream();
    if (stream == null || !stream.legal()) {
      abort(tx, stream, alone.requireFault(), answer);
    } else if (stream.isAbort()) {
      answer.refuse(Status.UNSUPPORTED_REQUEST);
    } else if (!isAllowed(stream)) {
      deny(tx, units, answer);
    } else {
      Configuration configuration = configurations.find(tx.streamId(), tx.substreamId());
      stream.override(tx);
      answerUnits(tx, stream, configuration, Math.min(units, AtsAnswer.CAPACITY), answer);
    }
  }

  /** Split-stage ATS exists only while translated transactions are checked. */
  private boolean isAllowed(StreamTableEntry stream) {
    return stream.fullAts() || (stream.splitAts() && registers.checksTranslatedAccesses());
  }

  private void answerUnits(
      Transaction tx,
      StreamTableEntry stream,
      Configuration configuration,
      int units,
      AtsAnswer answer) {
    boolean privileged = stream.effectivePrivilege(tx.hasSubstream() && tx.privileged());
    access = Access.grant(tx.write(), privileged, stream.readsAreFetches());
    split = stream.splitAts();
    bypassed = configuration.action() == Configuration.Action.BYPASS;
    answer.begin();
    long first = tx.address() & -(1L << unitLog2);
    for (int unit = 0; unit < units; unit++) {
      long address = first + ((long) unit << unitLog2);
      if (Long.compareUnsigned(address, first) < 0) {
        // There is nothing above the last address.
        return;
      }
      long translation = translate(configuration, address);
      if (translation == Translation.FAULT && unit == 0 && !fault.isTranslationRelated()) {
        abort(tx, stream, fault, answer);
        return;
      }
      long entry =
          translation == Translation.FAULT || translation == 0
              ? NOT_PRESENT
              : entry(tx, stream, privileged, translation, address);
      // Entries without permissions only ever stand alone; the endpoint asks again for the rest.
      if (entry != NOT_PRESENT) {
        answer.add(entry);
      } else if (unit == 0) {
        answer.add(entrySize | privilege(tx));
        return;
      } else {
        return;
      }
    }
  }

  private long translate(Configuration configuration, long address) {
    ContextDescriptor context = configuration.context();
    switch (configuration.action()) {
      case FAULT -> {
        fault.copy(configuration.requireFault());
        return Translation.FAULT;
      }
      case BYPASS -> {
        return identity(address);
      }
      case TRANSLATE, ABORT -> {
        long translation;
        if (split && context != null) {
          translation = stages.translateSplit(context, configuration.stage2(), address, access);
          intermediate = stages.intermediate();
        } else {
          translation = stages.translate(configuration, address, access);
          intermediate = address;
        }
        if (translation == Translation.FAULT) {
          fault.copy(stages.fault());
        }
        return translation;
      }
    }
    throw new IllegalStateException("no such action: " + configuration.action());
  }

  /** Stage 1 is skipped, and there is no other: everything may be read and written. */
  private long identity(long address) {
    if (address >>> outputBits != 0) {
      fault.stage1(EventType.F_ADDR_SIZE);
      return Translation.FAULT;
    }
    int permissions = Translation.STAGE1_ALL | Translation.STAGE2_ALL;
    return Translation.of(address, unitLog2, Granule.KB4, Granule.LAST_LEVEL, permissions);
  }

  /** Of the wanted permissions, those that both stages have. */
  private long entry(
      Transaction tx, StreamTableEntry stream, boolean privileged, long translation, long address) {
    int permissions = Translation.permissions(translation);
    boolean fetch = Access.permits(permissions, privileged, Access.Kind.FETCH);
    boolean read =
        stream.readsAreFetches()
            ? fetch
            : Access.permits(permissions, privileged, Access.Kind.READ);
    // What no stage looks at may be written without being asked for: nothing gets dirty by it.
    boolean write =
        (tx.write() || bypassed) && Access.permits(permissions, privileged, Access.Kind.WRITE);
    if (!read && !write) {
      return NOT_PRESENT;
    }
    boolean execute =
        tx.hasSubstream() && tx.execute() && read && (stream.fetchesAreReads() || fetch);
    return (split ? intermediate & -(1L << unitLog2) : Translation.output(translation, address))
        | entrySize
        | (read ? AtsEntry.READ : 0)
        | (write ? AtsEntry.WRITE : 0)
        | (execute ? AtsEntry.EXECUTE : 0)
        | privilege(tx);
  }

  /** The privilege of the request, which is that of its answer whatever the stream makes of it. */
  private static long privilege(Transaction tx) {
    return tx.hasSubstream() && tx.privileged() ? AtsEntry.PRIVILEGED : 0;
  }

  private void deny(Transaction tx, int units, AtsAnswer answer) {
    events.recordBadTranslationRequest(tx, units);
    answer.refuse(Status.UNSUPPORTED_REQUEST);
  }

  private void abort(
      Transaction tx, @Nullable StreamTableEntry stream, Fault reason, AtsAnswer answer) {
    if (registers.recordsAtsConfigurationErrors()
        && (reason.type() != EventType.C_BAD_STREAMID || registers.recordsBadStreamIds())) {
      events.record(reason, tx, stream != null && stream.mergesEvents());
    }
    answer.refuse(Status.COMPLETER_ABORT);
  }

  public long requests() {
    return requests;
  }
}
