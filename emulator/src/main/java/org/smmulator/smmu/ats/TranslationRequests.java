package org.smmulator.smmu.ats;

import static org.smmulator.smmu.tlb.Translation.EXECUTE;
import static org.smmulator.smmu.tlb.Translation.READ;
import static org.smmulator.smmu.tlb.Translation.WRITE;

import org.smmulator.arch.event.EventType;
import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.smmu.AtsAnswer;
import org.smmulator.smmu.AtsAnswer.Status;
import org.smmulator.smmu.SmmuFeatures;
import org.smmulator.smmu.Transaction;
import org.smmulator.smmu.config.Configuration;
import org.smmulator.smmu.config.Configurations;
import org.smmulator.smmu.config.ContextDescriptor;
import org.smmulator.smmu.config.StreamTableEntry;
import org.smmulator.smmu.fault.EventRecorder;
import org.smmulator.smmu.register.Registers;
import org.smmulator.smmu.tlb.Translation;
import org.smmulator.smmu.translation.Stage1;

/**
 * ATS translation requests (IHI 0070 3.9.1.2, 3.9.1.3). Every entry covers 4 KiB, the smallest
 * granule and so the STU. Permissions come as far as they go; a page that is not there is a Success
 * without permissions.
 */
public final class TranslationRequests {
  private static final long ENTRY_READ = 1L;
  private static final long ENTRY_WRITE = 1L << 1;
  private static final long ENTRY_EXECUTE = 1L << 3;
  private static final long ENTRY_PRIVILEGED = 1L << 4;
  private static final long NOT_PRESENT = 0;
  private static final int LEAF_LEVEL = 3;

  private final Registers registers;
  private final Configurations configurations;
  private final Stage1 stage1;
  private final EventRecorder events;
  private final int outputBits;
  private long requests;

  public TranslationRequests(
      SmmuFeatures features,
      Registers registers,
      Configurations configurations,
      Stage1 stage1,
      EventRecorder events) {
    this.registers = registers;
    this.configurations = configurations;
    this.stage1 = stage1;
    this.events = events;
    this.outputBits = features.outputAddressBits();
  }

  /** The recipe: ATS allowed, configuration, then page by page until one is not there. */
  public void answer(Transaction tx, int pages, AtsAnswer answer) {
    requests++;
    if (!registers.smmuEnabled()) {
      deny(tx, pages, answer);
      return;
    }
    Configuration configuration = configurations.find(tx.streamId(), tx.substreamId());
    StreamTableEntry stream = configuration.stream();
    if (stream == null || !stream.legal()) {
      abort(tx, configuration.faultType(), configuration.fetchAddress(), answer);
    } else if (stream.isAbort()) {
      answer.refuse(Status.UNSUPPORTED_REQUEST);
    } else if (!stream.translates() || !stream.fullAts()) {
      deny(tx, pages, answer);
    } else if (configuration.action() == Configuration.Action.FAULT) {
      abort(tx, configuration.faultType(), configuration.fetchAddress(), answer);
    } else {
      answerPages(tx, configuration, Math.min(pages, AtsAnswer.CAPACITY), answer);
    }
  }

  private void answerPages(
      Transaction tx, Configuration configuration, int pages, AtsAnswer answer) {
    answer.begin();
    long address = tx.address() & -Descriptor.PAGE_BYTES;
    for (int page = 0; page < pages; page++, address += Descriptor.PAGE_BYTES) {
      long translation = translate(configuration, address);
      boolean aborted = isAborted(translation);
      if (aborted && page == 0) {
        long fetched = Translation.fetchAddress(translation);
        abort(tx, EventType.F_WALK_EABT, fetched, answer);
        return;
      }
      long entry = aborted ? NOT_PRESENT : entry(translation, address, tx);
      // Entries without permissions only ever stand alone; the endpoint asks again for the rest.
      if (entry != NOT_PRESENT || page == 0) {
        answer.add(entry);
      }
      if (entry == NOT_PRESENT) {
        return;
      }
    }
  }

  /** The translation of a page; identity with all permissions where stage 1 is bypassed. */
  private long translate(Configuration configuration, long address) {
    ContextDescriptor context = configuration.context();
    if (context != null) {
      return stage1.translate(context, address);
    }
    return address >>> outputBits != 0
        ? Translation.fault(EventType.F_ADDR_SIZE)
        : Translation.of(address, LEAF_LEVEL, READ | WRITE);
  }

  private static boolean isAborted(long translation) {
    return Translation.isFault(translation)
        && Translation.faultType(translation) == EventType.F_WALK_EABT;
  }

  /**
   * Without a PASID a request is unprivileged and for data. Write permission is granted only where
   * it was asked for, so that an endpoint that reads never makes a page dirty.
   */
  private static long entry(long translation, long address, Transaction tx) {
    if (Translation.isFault(translation)) {
      return NOT_PRESENT;
    }
    boolean privileged = tx.hasSubstream() && tx.privileged();
    int permissions = Translation.permissions(translation, privileged);
    if ((permissions & READ) == 0) {
      return NOT_PRESENT;
    }
    long entry = Translation.output(translation, address) | ENTRY_READ;
    entry |= (permissions & WRITE) != 0 && tx.write() ? ENTRY_WRITE : 0;
    entry |= (permissions & EXECUTE) != 0 && tx.execute() && tx.hasSubstream() ? ENTRY_EXECUTE : 0;
    entry |= privileged ? ENTRY_PRIVILEGED : 0;
    return entry;
  }

  private void deny(Transaction tx, int pages, AtsAnswer answer) {
    events.recordBadTranslationRequest(tx, pages);
    answer.refuse(Status.UNSUPPORTED_REQUEST);
  }

  private void abort(Transaction tx, EventType type, long fetchAddress, AtsAnswer answer) {
    if (registers.recordsAtsConfigurationErrors()
        && (type != EventType.C_BAD_STREAMID || registers.recordsBadStreamIds())) {
      events.record(type, tx, fetchAddress);
    }
    answer.refuse(Status.COMPLETER_ABORT);
  }

  public long requests() {
    return requests;
  }
}
