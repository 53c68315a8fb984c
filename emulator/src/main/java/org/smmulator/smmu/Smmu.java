package org.smmulator.smmu;

import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.smmu.ats.AtcInvalidations;
import org.smmulator.smmu.ats.PageRequests;
import org.smmulator.smmu.ats.TranslatedAccesses;
import org.smmulator.smmu.ats.TranslationRequests;
import org.smmulator.smmu.command.CommandExecutor;
import org.smmulator.smmu.config.Configurations;
import org.smmulator.smmu.fault.EventRecorder;
import org.smmulator.smmu.queue.CommandQueue;
import org.smmulator.smmu.queue.EventQueue;
import org.smmulator.smmu.queue.PageRequestQueue;
import org.smmulator.smmu.register.GlobalErrors;
import org.smmulator.smmu.register.Interrupts;
import org.smmulator.smmu.register.MsiWriter;
import org.smmulator.smmu.register.RegisterWrites;
import org.smmulator.smmu.register.Registers;
import org.smmulator.smmu.tlb.TranslationCaches;
import org.smmulator.smmu.translation.Stage1;
import org.smmulator.smmu.translation.Translator;

/**
 * An Arm SMMUv3.1 (IHI 0070), Non-secure programming interface, stage 1 with VMSAv8-64 tables of 4
 * KiB granules, ATS and PRI. Everything runs on the hardware's thread, one step at a time, to its
 * end; only {@link #readRegister} may be called by others.
 *
 * <p>A transaction is finished when its method returns, so at the time of any command no
 * transaction is under way in here: what a CMD_SYNC still has to wait for is ATC invalidations.
 * Whoever holds a translated transaction back before performing it must hold back {@link #step} as
 * well.
 *
 * <p>Not modelled, and therefore not advertised by the ID registers:
 *
 * <ul>
 *   <li>stage 2 and nested translation, VMIDs, split-stage ATS
 *   <li>granules of 16 KiB and 64 KiB, 52-bit addresses, small tables (STT), AArch32 tables
 *   <li>hardware update of access flag and dirty state (HTTU)
 *   <li>stalling faults, CMD_RESUME and CMD_STALL_TERM
 *   <li>EL2 stream worlds (Hyp), broadcast TLB maintenance (BTM)
 *   <li>range and level hints of TLBI (RIL), translation probes by register (ATOS), SEV
 *   <li>memory attributes and shareability; overrides of attributes or permissions by STE and GBPA
 *   <li>Secure and Realm state, MPAM, PMCG, ECMDQ, E0PD
 * </ul>
 *
 * <p>Merging of events, caching of level 1 descriptors, prefetch and large ATS entries are choices
 * of an implementation; this one makes none of them.
 */
public final class Smmu {
  private final Registers registers;
  private final RegisterWrites registerWrites;
  private final Configurations configurations;
  private final TranslationCaches caches;
  private final Stage1 stage1;
  private final EventQueue eventQueue;
  private final EventRecorder events;
  private final Translator translator;
  private final TranslationRequests translationRequests;
  private final TranslatedAccesses translatedAccesses;
  private final PageRequestQueue pageRequestQueue;
  private final PageRequests pageRequests;
  private final AtcInvalidations invalidations;
  private final CommandExecutor executor;
  private final CommandQueue commandQueue;

  /**
   * An SMMU after reset: disabled, with GBPA letting everything pass.
   *
   * @param bus what the SMMU's own accesses reach: tables, queues, MSIs
   */
  public Smmu(SmmuFeatures features, PhysicalMemory bus, SmmuOutputs outputs) {
    registers = new Registers(features, outputs);
    registerWrites = new RegisterWrites(registers, outputs);
    MsiWriter msi = new MsiWriter(bus);
    GlobalErrors errors = new GlobalErrors(registers, msi, outputs);
    Interrupts interrupts = new Interrupts(registers, msi, errors, outputs);
    configurations = new Configurations(bus, registers, features);
    caches = new TranslationCaches(features.caches());
    stage1 = new Stage1(bus, caches);
    eventQueue = new EventQueue(features, bus, registers, errors, interrupts);
    events = new EventRecorder(eventQueue);
    translator = new Translator(features, registers, configurations, stage1, events);
    translationRequests =
        new TranslationRequests(features, registers, configurations, stage1, events);
    translatedAccesses = new TranslatedAccesses(features, registers, configurations, events);
    pageRequestQueue = new PageRequestQueue(features, bus, registers, errors, interrupts);
    pageRequests =
        new PageRequests(features, registers, configurations, pageRequestQueue, events, outputs);
    invalidations = new AtcInvalidations(outputs);
    executor =
        new CommandExecutor(
            features, registers, configurations, caches, invalidations, interrupts, outputs);
    commandQueue = new CommandQueue(features, bus, registers, errors, executor, invalidations);
  }

  /**
   * What software reads: aligned, 4 bytes or, of a 64-bit register, 8; zero where no register
   * answers. An acquire load; any thread may call it, and reading has no side effect.
   */
  public long readRegister(int offset, int sizeBytes) {
    return registers.read(offset, sizeBytes);
  }

  /** A write by software, with the same sizes; ignored where no register answers. */
  public void writeRegister(int offset, int sizeBytes, long value) {
    registerWrites.write(offset, sizeBytes, value);
    commandQueue.registersWritten();
  }

  /** An untranslated transaction, within one 4 KiB page. */
  public void translate(Transaction tx) {
    translator.translate(tx);
  }

  /** A transaction whose address the endpoint translated by itself (AT = 10). */
  public void checkTranslated(Transaction tx) {
    translatedAccesses.check(tx);
  }

  /**
   * An ATS translation request for {@code pages} of 4 KiB, at least 1, from the transaction's
   * address on. All is in the answer; the transaction's outcome stays as it was.
   */
  public void translationRequest(Transaction tx, int pages, AtsAnswer answer) {
    translationRequests.answer(tx, pages, answer);
  }

  /**
   * A page request message of an endpoint, a Stop PASID marker included.
   *
   * @param substreamId the PASID, or -1
   * @param prgIndex 9 bits
   * @param flags of {@link PageRequestFlags}
   */
  public void pageRequest(int streamId, int substreamId, long address, int prgIndex, int flags) {
    pageRequests.request(streamId, substreamId, address, prgIndex, flags);
  }

  /** One request of {@link SmmuOutputs#atcInvalidate} is complete, or was given up. */
  public void atcInvalidationDone(boolean timedOut) {
    invalidations.done(timedOut);
  }

  /** Whether {@link #step} would execute a command. */
  public boolean hasWork() {
    return commandQueue.hasWork();
  }

  /** Executes one command, if there is one to execute. */
  public void step() {
    commandQueue.step();
  }

  /** What has been counted so far. */
  public SmmuCounters counters() {
    return new SmmuCounters(
        caches.tlb().lookups(),
        caches.tlb().hits(),
        stage1.walks(),
        stage1.descriptorReads(),
        configurations.lookups(),
        configurations.hits(),
        executor.counts(),
        events.counts(),
        eventQueue.lost(),
        pageRequestQueue.written(),
        pageRequests.automaticResponses(),
        translationRequests.requests(),
        translator.translations());
  }
}
