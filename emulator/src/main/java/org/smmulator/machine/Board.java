package org.smmulator.machine;

import static org.smmulator.record.Recorder.NO_CAUSE;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.bus.wire.LinkLimits;
import org.smmulator.config.BusConfig;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.Step;
import org.smmulator.config.Step.Carried;
import org.smmulator.execution.Execution;
import org.smmulator.execution.Loop;
import org.smmulator.memory.AddressMap;
import org.smmulator.memory.Ram;
import org.smmulator.pcie.AtcContents;
import org.smmulator.pcie.HotplugBlock;
import org.smmulator.pcie.Injection;
import org.smmulator.pcie.InjectionPoint;
import org.smmulator.pcie.RootComplex;
import org.smmulator.pcie.RootComplexConfig;
import org.smmulator.pcie.ledger.GrantLedger;
import org.smmulator.pcie.ledger.ViolationLog;
import org.smmulator.record.Carrier;
import org.smmulator.record.EventKind;
import org.smmulator.record.Recorder;
import org.smmulator.smmu.Smmu;
import org.smmulator.smmu.explain.Question;
import org.smmulator.smmu.port.SmmuInterrupt;
import org.smmulator.smmu.port.SmmuOutputs;
import org.smmulator.smmu.port.Transaction;

/**
 * The hardware of one machine, wired together on one thread: memory, SMMU, root complex, ledger and
 * the listeners for devices. What runs on it, a guest kernel or a harness, comes from outside.
 */
final class Board implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Board.class);
  private static final int VIOLATION_GROUPS_KEPT = 20;
  private static final Injection LOSS = new Injection(Injection.Kind.DROP, 0);

  private final Loop loop;
  private final IntConsumer interrupts;
  private final Ram ram;
  private final AddressMap map;
  private final Smmu smmu;
  private final CommandTurns commands;
  private final ViolationLog violations;
  private final GrantLedger ledger;
  private final HotplugBlock hotPlug;
  private final RootComplex rootComplex;
  private final Enquiries enquiries;
  private final HardwareCalls calls;
  private final LinkLimits linkLimits;
  private final Recorder recorder;
  private Runnable onRegistersChanged = () -> {};
  private IntConsumer onMessage;

  /** Somebody may send as streams by themselves; the functions are the root complex's. */
  private Consumer<Transaction> onTransactionResumed = tx -> {};

  /** The CPUs of the built-in guest wait for no event. */
  private Runnable onSendEvent = () -> {};

  /**
   * @param ram as large as the configuration says
   * @param execution runs those who ask the hardware
   * @param loop where the hardware runs
   * @param interrupts given the number of each interrupt, on the hardware's loop
   * @param recorder told what the hardware does
   */
  Board(
      MachineConfig config,
      Ram ram,
      Execution execution,
      Loop loop,
      IntConsumer interrupts,
      Recorder recorder) {
    this.loop = loop;
    this.interrupts = interrupts;
    this.onMessage = interrupts;
    this.recorder = recorder;
    this.ram = ram;
    map = AddressMap.of(ram, intid -> onMessage.accept(intid));
    violations = new ViolationLog(VIOLATION_GROUPS_KEPT);
    ledger =
        new GrantLedger(loop, violations, ram.base(), ram.bytes(), config.bus().grantsPerDevice());
    hotPlug = new HotplugBlock(() -> interrupts.accept(MemoryMap.HOTPLUG_INTID));
    smmu = new Smmu(config.smmuFeatures(), map, new Outputs());
    commands = new CommandTurns(loop, smmu, config.smmu().commandsPerTurn());
    RootComplexConfig links = rootComplexConfig(config.bus());
    linkLimits = links.linkLimits();
    rootComplex = new RootComplex(loop, smmu, map, links, ledger, violations, hotPlug);
    BoardRegions.add(map, smmu, hotPlug, rootComplex);
    rootComplex.recordTo(recorder);
    enquiries = new Enquiries(execution, loop, rootComplex);
    calls = new HardwareCalls(loop, execution);
    Integer lost = config.sabotage().loseInvalidation();
    if (lost != null) {
      rootComplex.invalidateRequests().plan(InjectionPoint.ANY, lost, LOSS);
    }
  }

  /** Where the SMMU's outputs lead. */
  private final class Outputs implements SmmuOutputs {
    @Override
    public void pulse(SmmuInterrupt line) {
      interrupts.accept(
          switch (line) {
            case EVENTQ -> MemoryMap.SMMU_EVENTQ_INTID;
            case PRIQ -> MemoryMap.SMMU_PRIQ_INTID;
            case CMD_SYNC -> MemoryMap.SMMU_SYNC_INTID;
            case GERROR -> MemoryMap.SMMU_GERROR_INTID;
          });
    }

    @Override
    public void atcInvalidate(
        int streamId, int substreamId, long address, int pagesLog2, boolean global) {
      rootComplex.atcInvalidate(streamId, substreamId, address, pagesLog2, global);
    }

    @Override
    public void pageResponse(int streamId, int substreamId, int prgIndex, int busCode) {
      rootComplex.pageResponse(streamId, substreamId, prgIndex, busCode);
    }

    @Override
    public void command(int index, long word0, long word1) {
      rootComplex.command(word0, word1);
      if (recorder.records(EventKind.COMMAND)) {
        long cause = recorder.carried(Carrier.COMMAND_QUEUE, index);
        rootComplex.causedBy(record(EventKind.COMMAND, cause, word0, word1, 0, 0));
      }
    }

    @Override
    public void pageRequestQueued(int index) {
      if (recorder.records(EventKind.PAGE_REQUEST_QUEUED)) {
        long cause = rootComplex.cause();
        long event = record(EventKind.PAGE_REQUEST_QUEUED, cause, index, 0, 0, 0);
        recorder.carry(Carrier.PAGE_REQUEST_QUEUE, index, event);
      }
    }

    @Override
    public void eventRecorded(long[] record) {
      record(EventKind.SMMU_EVENT, NO_CAUSE, record[0], record[1], record[2], record[3]);
    }

    @Override
    public void sendEvent() {
      onSendEvent.run();
    }

    @Override
    public void transactionResumed(Transaction tx) {
      rootComplex.transactionResumed(tx);
      onTransactionResumed.accept(tx);
    }

    @Override
    public void workAvailable() {
      commands.workAvailable();
    }

    @Override
    public void registersChanged() {
      onRegistersChanged.run();
    }
  }

  private long record(EventKind kind, long cause, long a, long b, long c, long d) {
    return recorder.records(kind)
        ? recorder.record(kind, loop.nanoTime(), recorder.name("smmu"), cause, a, b, c, d)
        : NO_CAUSE;
  }

  private static RootComplexConfig rootComplexConfig(BusConfig config) {
    return new RootComplexConfig(
        TimeUnit.MILLISECONDS.toNanos(config.completionTimeoutMillis()),
        TimeUnit.MILLISECONDS.toNanos(config.trainingTimeoutMillis()),
        TimeUnit.MILLISECONDS.toNanos(config.invalidationTimeoutMillis()),
        TimeUnit.MILLISECONDS.toNanos(config.helloTimeoutMillis()),
        config.places(),
        config.rootBuses(),
        config.stalledPerDevice());
  }

  /** As {@code RunningMachine.tellNews}; callable from any thread. */
  void tellNews(Consumer<String> news) {
    loop.execute(() -> rootComplex.tellNews(news));
  }

  LinkLimits linkLimits() {
    return linkLimits;
  }

  /** A step for the hardware's thread whenever a register that software polls has changed. */
  void onRegistersChanged(Runnable step) {
    onRegistersChanged = step;
  }

  /** Told as {@code SmmuOutputs.transactionResumed} is. */
  void onTransactionResumed(Consumer<Transaction> step) {
    onTransactionResumed = step;
  }

  /** Interrupts that are messages go there instead, on the hardware's loop. */
  void onMessage(IntConsumer messages) {
    onMessage = messages;
  }

  /** Told as {@code SmmuOutputs.sendEvent} is. */
  void onSendEvent(Runnable step) {
    onSendEvent = step;
  }

  /** Pulls a device out; it has not gone yet when this returns. Callable from any thread. */
  void unplug(PciAddress device) {
    loop.execute(() -> rootComplex.unplug(device.requesterId(), "pulled out"));
  }

  /**
   * Plants a fault, before anything that the calling task does next.
   *
   * @return false if too many wait for theirs to come
   */
  boolean inject(Step.Inject step) {
    Carried what = Objects.requireNonNull(step.what());
    Long micros = step.micros();
    long nanos = micros == null ? 0 : TimeUnit.MICROSECONDS.toNanos(micros);
    Injection injection = new Injection(kind(step), nanos);
    PciAddress device = step.device();
    int counted = device == null ? InjectionPoint.ANY : device.requesterId();
    InjectionPoint point =
        switch (what) {
          case COMMAND -> commands.injections();
          case PACKET -> rootComplex.invalidateRequests();
          case COMPLETION -> rootComplex.invalidateCompletions();
        };
    return calls.await(
            planned -> planned.accept(point.plan(counted, step.nth(), injection) ? 1 : 0))
        != 0;
  }

  private static Injection.Kind kind(Step.Inject step) {
    if (step.drop() != null) {
      return Injection.Kind.DROP;
    }
    return step.duplicate() != null ? Injection.Kind.DUPLICATE : Injection.Kind.DELAY;
  }

  /** Where the machine's own devices are found by their requester IDs. */
  void plugged(IntFunction<@Nullable PluggedDevice> devices) {
    enquiries.plugged(devices);
  }

  /** As {@link Enquiries#ask}. */
  <T> T ask(Supplier<T> step) {
    return enquiries.ask(step);
  }

  /** All that a device's ATC holds; as {@link Enquiries#atc}. */
  AtcContents atc(int requesterId) {
    return enquiries.atc(requesterId, 0, -1L);
  }

  /**
   * Explains one translation, as {@link Smmu#explain} does, and what the stream's device was given
   * of it and holds. Callable from any thread but the hardware's.
   */
  List<String> explain(Question question) {
    int stream = question.streamId();
    int pasid = question.substreamId();
    long address = question.address();
    List<String> lines =
        ask(
            () -> {
              List<String> explained = new ArrayList<>(smmu.explain(question));
              explained.addAll(rootComplex.explain(stream, pasid, address));
              return explained;
            });
    if (ask(() -> rootComplex.isAttached(stream))) {
      lines.addAll(enquiries.explainAtc(stream, pasid, address));
    }
    return lines;
  }

  Loop loop() {
    return loop;
  }

  Ram ram() {
    return ram;
  }

  /** What CPUs, the SMMU and devices reach. */
  AddressMap map() {
    return map;
  }

  Smmu smmu() {
    return smmu;
  }

  HotplugBlock hotPlug() {
    return hotPlug;
  }

  RootComplex rootComplex() {
    return rootComplex;
  }

  GrantLedger ledger() {
    return ledger;
  }

  ViolationLog violations() {
    return violations;
  }

  /** Tells every device that the machine stops. */
  @Override
  public void close() {
    try {
      ask(
          () -> {
            rootComplex.shutdown();
            return true;
          });
    } catch (IllegalStateException e) {
      log.debug("the hardware had stopped before its devices were told", e);
    } finally {
      violations.close();
    }
  }
}
