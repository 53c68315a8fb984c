package org.smmulator.machine;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.bus.wire.LinkLimits;
import org.smmulator.bus.wire.NettySockets;
import org.smmulator.bus.wire.NettyTransport;
import org.smmulator.config.BusConfig;
import org.smmulator.config.MachineConfig;
import org.smmulator.execution.Loop;
import org.smmulator.memory.HostMemory;
import org.smmulator.memory.PhysicalBus;
import org.smmulator.memory.SparseMemory;
import org.smmulator.pcie.HotplugBlock;
import org.smmulator.pcie.RootComplex;
import org.smmulator.pcie.RootComplexConfig;
import org.smmulator.pcie.ledger.GrantLedger;
import org.smmulator.pcie.ledger.ViolationLog;
import org.smmulator.smmu.Smmu;
import org.smmulator.smmu.SmmuInterrupt;
import org.smmulator.smmu.SmmuOutputs;
import org.smmulator.smmu.Transaction;
import org.smmulator.smmu.probe.Question;

/**
 * The hardware of one machine, wired together on one thread: memory, SMMU, root complex, ledger and
 * the listeners for devices. What runs on it, a guest kernel or a harness, comes from outside.
 */
final class Board implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Board.class);
  private static final int VIOLATION_GROUPS_KEPT = 20;
  private static final int ROOT_BUSES = 1;
  private static final long ANSWER_SECONDS = 5;

  private final HardwareThread thread;
  private final Loop loop;
  private final IntConsumer interrupts;
  private final SparseMemory ram;
  private final PhysicalBus bus;
  private final Smmu smmu;
  private final CommandTurns commands;
  private final ViolationLog violations;
  private final GrantLedger ledger;
  private final HotplugBlock hotPlug;
  private final RootComplex rootComplex;
  private final LinkLimits linkLimits;
  private final List<NettySockets.Listener> listeners = new ArrayList<>();
  private Runnable onRegistersChanged = () -> {};

  /** Only streams outside of PCIe stall, and all devices of a board are on PCIe. */
  private Consumer<Transaction> onTransactionResumed = tx -> {};

  /** The CPUs of the built-in guest wait for no event. */
  private Runnable onSendEvent = () -> {};

  /**
   * @param loop where the hardware runs, on that thread
   * @param interrupts given the number of each interrupt, on the hardware's thread
   */
  Board(MachineConfig config, HardwareThread thread, Loop loop, IntConsumer interrupts) {
    this.thread = thread;
    this.loop = loop;
    this.interrupts = interrupts;
    HostMemory host = HostMemory.ofJvm(this::hostMemoryUsedUp);
    ram = new SparseMemory(MemoryMap.RAM, config.machine().ramBytes(), host);
    bus = new PhysicalBus(ram, interrupts);
    violations = new ViolationLog(VIOLATION_GROUPS_KEPT);
    ledger =
        new GrantLedger(
            loop,
            violations,
            MemoryMap.RAM,
            config.machine().ramBytes(),
            config.bus().grantsPerDevice());
    hotPlug = new HotplugBlock(() -> interrupts.accept(MemoryMap.HOTPLUG_INTID));
    smmu = new Smmu(config.smmu().toFeatures(), bus, new Outputs());
    commands = new CommandTurns(loop, smmu, config.smmu().commandsPerTurn());
    RootComplexConfig links = rootComplexConfig(config.bus());
    linkLimits = links.linkLimits();
    rootComplex = new RootComplex(loop, smmu, bus, links, ledger, violations, hotPlug);
    Integer lost = config.sabotage().loseInvalidation();
    if (lost != null) {
      rootComplex.loseInvalidation(lost);
    }
  }

  private void hostMemoryUsedUp() {
    log.error("{}; writes to more of it abort", ram.host().usedUp(ram.bytes()));
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
    public void sendEvent() {
      onSendEvent.run();
    }

    @Override
    public void transactionResumed(Transaction tx) {
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

  private static RootComplexConfig rootComplexConfig(BusConfig config) {
    return new RootComplexConfig(
        TimeUnit.MILLISECONDS.toNanos(config.completionTimeoutMillis()),
        TimeUnit.MILLISECONDS.toNanos(config.trainingTimeoutMillis()),
        TimeUnit.MILLISECONDS.toNanos(config.invalidationTimeoutMillis()),
        TimeUnit.MILLISECONDS.toNanos(config.helloTimeoutMillis()),
        config.maxDevices(),
        ROOT_BUSES);
  }

  /** Opens the listeners; devices may come from here on. */
  void listen(BusConfig config) throws IOException {
    for (String address : config.listen()) {
      listeners.add(
          NettyTransport.listen(
              thread.eventLoop(), BusAddress.parse(address), linkLimits, rootComplex::newPort));
    }
  }

  /** As {@code RunningMachine.tellNews}; callable from any thread. */
  void tellNews(Consumer<String> news) {
    loop.execute(() -> rootComplex.tellNews(news));
  }

  LinkLimits linkLimits() {
    return linkLimits;
  }

  List<String> busAddresses() {
    return listeners.stream().map(listener -> listener.address().toString()).toList();
  }

  /** A step for the hardware's thread whenever a register that software polls has changed. */
  void onRegistersChanged(Runnable step) {
    onRegistersChanged = step;
  }

  /** Told as {@code SmmuOutputs.transactionResumed} is. */
  void onTransactionResumed(Consumer<Transaction> step) {
    onTransactionResumed = step;
  }

  /** Told as {@code SmmuOutputs.sendEvent} is. */
  void onSendEvent(Runnable step) {
    onSendEvent = step;
  }

  /**
   * The answer of a step on the hardware's thread. Callable from any other thread.
   *
   * @throws IllegalStateException if there is no answer; its message says why
   */
  <T> T ask(Supplier<T> step) throws InterruptedException {
    CompletableFuture<T> answer = new CompletableFuture<>();
    try {
      loop.execute(
          () -> {
            try {
              answer.complete(step.get());
            } catch (RuntimeException e) {
              answer.completeExceptionally(e);
            }
          });
      return answer.get(ANSWER_SECONDS, TimeUnit.SECONDS);
    } catch (RejectedExecutionException e) {
      throw new IllegalStateException("the machine has stopped", e);
    } catch (TimeoutException e) {
      throw new IllegalStateException(
          "the machine is busy: its hardware has not answered for "
              + ANSWER_SECONDS
              + " s; ask again",
          e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the hardware failed: " + e.getCause(), e);
    }
  }

  /**
   * Explains one translation, as {@link Smmu#explain} does. Callable from any thread but the
   * hardware's.
   */
  List<String> explain(Question question) {
    try {
      return ask(() -> smmu.explain(question));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the hardware worked", e);
    }
  }

  int rootBuses() {
    return ROOT_BUSES;
  }

  Loop loop() {
    return loop;
  }

  SparseMemory ram() {
    return ram;
  }

  /** RAM and the MSI frame, as everything but software sees them. */
  PhysicalBus bus() {
    return bus;
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

  @Override
  public void close() {
    listeners.forEach(NettySockets.Listener::close);
    thread.eventLoop().submit(rootComplex::shutdown).awaitUninterruptibly(1, TimeUnit.SECONDS);
    thread.close();
    violations.close();
  }
}
