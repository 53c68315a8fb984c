package org.smmulator.smmu;

import java.util.List;
import org.smmulator.arch.port.BroadcastTlbi;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.bus.tlp.PageRequestFlags;
import org.smmulator.counter.Counts;
import org.smmulator.smmu.ats.PageRequests;
import org.smmulator.smmu.ats.TranslatedAccesses;
import org.smmulator.smmu.ats.TranslationRequests;
import org.smmulator.smmu.command.AtcInvalidations;
import org.smmulator.smmu.command.CommandExecutor;
import org.smmulator.smmu.config.Configurations;
import org.smmulator.smmu.explain.Explainer;
import org.smmulator.smmu.explain.Question;
import org.smmulator.smmu.explain.RegisterTranslation;
import org.smmulator.smmu.explain.StreamReader;
import org.smmulator.smmu.fault.EventRecorder;
import org.smmulator.smmu.fault.StalledTransactions;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.AccessesUnderWay;
import org.smmulator.smmu.port.AtsAnswer;
import org.smmulator.smmu.port.SmmuCounter;
import org.smmulator.smmu.port.SmmuCounters;
import org.smmulator.smmu.port.SmmuOutputs;
import org.smmulator.smmu.port.Transaction;
import org.smmulator.smmu.queue.CommandOrder;
import org.smmulator.smmu.queue.CommandQueue;
import org.smmulator.smmu.queue.EventQueue;
import org.smmulator.smmu.queue.PageRequestQueue;
import org.smmulator.smmu.register.ControlChanges;
import org.smmulator.smmu.register.GlobalErrors;
import org.smmulator.smmu.register.MsiWriter;
import org.smmulator.smmu.register.QueueInterrupts;
import org.smmulator.smmu.register.RegisterWrites;
import org.smmulator.smmu.register.Registers;
import org.smmulator.smmu.tlb.BroadcastMaintenance;
import org.smmulator.smmu.tlb.TlbSpaces;
import org.smmulator.smmu.tlb.TranslationCaches;
import org.smmulator.smmu.translation.FaultHandling;
import org.smmulator.smmu.translation.Stages;
import org.smmulator.smmu.translation.Translator;

/**
 * An Arm SMMUv3 (IHI 0070), Non-secure programming interface, up to SMMUv3.2: both stages with
 * VMSAv8-64 tables, ATS and PRI, stalls, EL2 stream worlds, broadcast TLB maintenance. Everything
 * runs on the hardware's thread, one step at a time, to its end; only {@link #readRegister} may be
 * called by others.
 *
 * <p>A transaction is finished or stalled when its method returns, so at the time of any command no
 * transaction is under way in here: what a CMD_SYNC still has to wait for is ATC invalidations and
 * what is held back before it is performed: whoever does so says it with {@link #accessBegins}, or
 * holds back {@link #step} as well.
 *
 * <p>Not modelled, and therefore not advertised by the ID registers: AArch32 tables, big-endian
 * tables, memory attributes of transactions (they are decoded for GATOS alone), VATOS, Secure and
 * Realm state, MPAM, PMCG, ECMDQ, and all of SMMUv3.4.
 *
 * <p>Prefetch, large ATS entries, the Contiguous hint and conflicts of overlapping TLB entries are
 * choices of an implementation; this one makes none of them.
 */
public final class Smmu {
  private final SmmuFeatures features;
  private final Registers registers;
  private final RegisterWrites registerWrites;
  private final Configurations configurations;
  private final TranslationCaches caches;
  private final Stages stages;
  private final BroadcastTlbi broadcasts;
  private final Explainer explainer;
  private final StreamReader streamReader;
  private final EventQueue eventQueue;
  private final EventRecorder events;
  private final StalledTransactions stalled;
  private final Translator translator;
  private final TranslationRequests translationRequests;
  private final TranslatedAccesses translatedAccesses;
  private final PageRequestQueue pageRequestQueue;
  private final PageRequests pageRequests;
  private final AtcInvalidations invalidations;
  private final AccessesUnderWay accesses;
  private final CommandExecutor executor;
  private final CommandQueue commandQueue;

  /**
   * An SMMU after reset: disabled, with GBPA letting everything pass. Long, but a list: what each
   * part is connected to.
   *
   * @param bus what the SMMU's own accesses reach: tables, queues, MSIs
   */
  public Smmu(SmmuFeatures features, PhysicalMemory bus, SmmuOutputs outputs) {
    this.features = features;
    registers = new Registers(features, outputs);
    registerWrites =
        new RegisterWrites(
            registers,
            features,
            outputs,
            new Changes(),
            new RegisterTranslation(features, registers, bus));
    MsiWriter msi = new MsiWriter(features, bus);
    GlobalErrors errors = new GlobalErrors(registers, msi, outputs);
    QueueInterrupts interrupts = new QueueInterrupts(registers, msi, errors, outputs);
    caches = new TranslationCaches(features.caches());
    TlbSpaces spaces = caches.spaces();
    stages = new Stages(bus, bus, caches);
    configurations =
        new Configurations(bus, bus, stages.intermediateAddresses(), registers, spaces, features);
    explainer = new Explainer(features, registers, bus, configurations, caches);
    streamReader = new StreamReader(features, registers, bus);
    eventQueue = new EventQueue(features, bus, registers, errors, interrupts, outputs);
    events = new EventRecorder(features, eventQueue);
    stalled = new StalledTransactions(features, events, outputs, this::translate);
    FaultHandling faults = new FaultHandling(features, registers, events, stalled);
    translator = new Translator(features, registers, configurations, stages, faults);
    translationRequests =
        new TranslationRequests(features, registers, configurations, stages, events);
    translatedAccesses =
        new TranslatedAccesses(features, registers, configurations, translator, events);
    pageRequestQueue = new PageRequestQueue(features, bus, registers, errors, interrupts, outputs);
    pageRequests =
        new PageRequests(features, registers, configurations, pageRequestQueue, events, outputs);
    invalidations = new AtcInvalidations(outputs);
    accesses = new AccessesUnderWay(outputs);
    broadcasts = new BroadcastMaintenance(features, registers, caches, accesses);
    executor =
        new CommandExecutor(
            features,
            registers,
            configurations,
            caches,
            invalidations,
            accesses,
            stalled,
            interrupts,
            outputs);
    commandQueue =
        new CommandQueue(
            features, bus, registers, errors, executor, invalidations, accesses, outputs);
  }

  /** What this SMMU can do. */
  public SmmuFeatures features() {
    return features;
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
    eventQueue.registersWritten();
    stalled.reportMore();
  }

  /** Power-on: registers and caches are as new, memory is as it was, and counters go on. */
  public void reset() {
    registers.reset();
    stalled.terminateAll();
    configurations.invalidateAll();
    caches.nsnhAll();
    caches.el2All();
    invalidations.reset();
    commandQueue.reset();
    eventQueue.registersWritten();
  }

  private final class Changes implements ControlChanges {
    @Override
    public void disabled() {
      stalled.terminateAll();
    }

    @Override
    public void cr2Changed() {
      configurations.invalidateAll();
    }
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

  /**
   * A transaction that was translated is performed later. What makes sure of invalidations from now
   * on waits for it: CMD_SYNCs, and {@link BroadcastTlbi#sync}.
   *
   * @return for {@link #accessEnds}
   */
  public long accessBegins() {
    return accesses.begin();
  }

  /** The transaction of that {@link #accessBegins} was performed, or never will be. */
  public void accessEnds(long access) {
    accesses.end(access);
  }

  /**
   * The client of a stream is gone, and all that it sent and that has stalled ends with an abort.
   * Of what software knows the STAG stays in use until software has answered; that does nothing
   * more.
   */
  public void withdraw(int streamId) {
    stalled.withdraw(streamId);
  }

  /** Whether {@link #step} would execute a command. */
  public boolean hasWork() {
    return commandQueue.hasWork();
  }

  /** Executes one command, if there is one to execute. */
  public void step() {
    commandQueue.step();
  }

  /** Which command {@link #step} is at: its index and wrap bit in the queue. */
  public int commandIndex() {
    return commandQueue.index();
  }

  /** A planted fault: the command that {@link #step} is at is consumed and has no effect. */
  public void skipCommand() {
    commandQueue.skip();
  }

  /** A planted fault: the command that {@link #step} is at takes effect twice. */
  public void repeatCommand() {
    commandQueue.repeat();
  }

  /** From now on invalidations between two CMD_SYNCs take effect in this order. */
  public void commandOrder(CommandOrder order) {
    commandQueue.order(order);
  }

  /** Where CPUs broadcast their TLB maintenance to; on the hardware's thread. */
  public BroadcastTlbi broadcastTlbi() {
    return broadcasts;
  }

  /**
   * Explains one translation, a line each: what is read, the rule that decides, and the outcome.
   * Nothing changes by it.
   */
  public List<String> explain(Question question) {
    return explainer.explain(question);
  }

  /** What stream table and context tables say; nothing changes by reading them. */
  public StreamReader streams() {
    return streamReader;
  }

  /** Descriptors that table walks have read so far. */
  public long descriptorReads() {
    return stages.descriptorReads();
  }

  /** What has been counted so far. */
  public SmmuCounters counters() {
    return new SmmuCounters(
        SmmuCounters.ofCaches(
            cache ->
                switch (cache) {
                  case TLB -> caches.tlb().counters();
                  case WALK_CACHE -> caches.walkCache().counters();
                  case CONFIGURATION_CACHE -> configurations.counters();
                }),
        Counts.of(SmmuCounter.class, this::count),
        executor.counts(),
        events.counts());
  }

  private long count(SmmuCounter row) {
    return switch (row) {
      case TRANSLATIONS -> translator.translations();
      case ATS_REQUESTS -> translationRequests.requests();
      case WALKS -> stages.walks();
      case DESCRIPTOR_READS -> stages.descriptorReads();
      case READS_OF_LEVEL0 -> stages.readsOfLevel(0);
      case READS_OF_LEVEL1 -> stages.readsOfLevel(1);
      case READS_OF_LEVEL2 -> stages.readsOfLevel(2);
      case READS_OF_LEVEL3 -> stages.readsOfLevel(3);
      case STALLS -> stalled.stalls();
      case STALLED_NOW -> stalled.stalledNow();
      case PAGE_REQUESTS -> pageRequestQueue.written();
      case AUTOMATIC_RESPONSES -> pageRequests.automaticResponses();
      case EVENTS_LOST -> eventQueue.lost();
      case COMMANDS_WAITING -> commandQueue.waiting();
      case EVENTS_UNREAD -> eventQueue.unread();
      case PAGE_REQUESTS_UNREAD -> pageRequestQueue.unread();
    };
  }
}
