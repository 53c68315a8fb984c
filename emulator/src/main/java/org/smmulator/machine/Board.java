package org.smmulator.machine;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.bus.wire.LinkLimits;
import org.smmulator.bus.wire.NettyTransport;
import org.smmulator.config.BusConfig;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.SmmuConfig;
import org.smmulator.guest.Hardware;
import org.smmulator.guest.sched.ThreadExecution;
import org.smmulator.memory.PhysicalBus;
import org.smmulator.memory.SparseMemory;
import org.smmulator.pcie.HotplugBlock;
import org.smmulator.pcie.RootComplex;
import org.smmulator.pcie.RootComplexConfig;
import org.smmulator.pcie.ledger.GrantLedger;
import org.smmulator.pcie.ledger.ViolationLog;
import org.smmulator.smmu.Smmu;
import org.smmulator.smmu.SmmuFeatures;
import org.smmulator.smmu.SmmuInterrupt;
import org.smmulator.smmu.SmmuOutputs;
import org.smmulator.time.HardwareLoop;
import org.smmulator.time.NettyHardwareLoop;

/**
 * The hardware of one machine, wired together on one event loop: memory, SMMU, root complex, ledger
 * and the listeners for devices.
 */
final class Board implements AutoCloseable {
  private static final int VIOLATIONS_KEPT = 1000;
  private static final int ROOT_BUSES = 1;
  private static final int CONFIGURATION_CACHE_ENTRIES = 256;

  private final MultiThreadIoEventLoopGroup group;
  private final EventLoop eventLoop;
  private final HardwareLoop loop;
  private final ThreadExecution execution = new ThreadExecution();
  private final InterruptController interrupts = new InterruptController();
  private final SparseMemory ram;
  private final Smmu smmu;
  private final SmmuMmio smmuMmio;
  private final CommandTurns commands;
  private final ViolationLog violations;
  private final GrantLedger ledger;
  private final HotplugBlock hotPlug;
  private final RootComplex rootComplex;
  private final List<NettyTransport.Listener> listeners = new ArrayList<>();

  Board(MachineConfig config) {
    group =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("hardware", true), NioIoHandler.newFactory());
    eventLoop = (EventLoop) group.next();
    loop = new NettyHardwareLoop(eventLoop);
    ram = new SparseMemory(MemoryMap.RAM, config.machine().ramBytes());
    PhysicalBus bus = new PhysicalBus(ram, interrupts::raise);
    violations = new ViolationLog(loop, VIOLATIONS_KEPT);
    ledger = new GrantLedger(loop, violations, MemoryMap.RAM, config.machine().ramBytes());
    hotPlug = new HotplugBlock(() -> interrupts.raise(MemoryMap.HOTPLUG_INTID));
    smmu = new Smmu(features(config.smmu()), bus, new Outputs());
    smmuMmio = new SmmuMmio(loop, execution, smmu);
    commands = new CommandTurns(loop, smmu, config.smmu().commandsPerTurn());
    rootComplex =
        new RootComplex(
            loop, smmu, bus, rootComplexConfig(config.bus()), ledger, violations, hotPlug);
    Integer lost = config.sabotage().loseInvalidation();
    if (lost != null) {
      rootComplex.loseInvalidation(lost);
    }
  }

  /** Where the SMMU's outputs lead. */
  private final class Outputs implements SmmuOutputs {
    @Override
    public void pulse(SmmuInterrupt line) {
      interrupts.raise(
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
    public void workAvailable() {
      commands.workAvailable();
    }

    @Override
    public void registersChanged() {
      smmuMmio.wakeWaiters();
    }
  }

  private static SmmuFeatures features(SmmuConfig config) {
    return SmmuFeatures.defaults()
        .withStreamIdBits(config.streamIdBits())
        .withSubstreamIdBits(config.substreamIdBits())
        .withOutputAddressBits(config.outputAddressBits())
        .withQueues(
            new SmmuFeatures.Queues(
                config.commandQueueLog2(), config.eventQueueLog2(), config.priQueueLog2()))
        .withCaches(
            new SmmuFeatures.Caches(
                config.tlbEntries(),
                config.tlbWays(),
                config.walkCacheEntries(),
                CONFIGURATION_CACHE_ENTRIES));
  }

  private static RootComplexConfig rootComplexConfig(BusConfig config) {
    return new RootComplexConfig(
        TimeUnit.MILLISECONDS.toNanos(config.completionTimeoutMillis()),
        TimeUnit.MILLISECONDS.toNanos(config.invalidationTimeoutMillis()),
        TimeUnit.MILLISECONDS.toNanos(config.helloTimeoutMillis()),
        config.maxDevices(),
        ROOT_BUSES);
  }

  /** Opens the listeners; devices may come from here on. */
  void listen(BusConfig config) throws IOException {
    LinkLimits limits =
        new LinkLimits(
            TimeUnit.MILLISECONDS.toNanos(config.helloTimeoutMillis()),
            LinkLimits.DEFAULT.unsentBytes());
    for (String address : config.listen()) {
      listeners.add(
          NettyTransport.listen(
              eventLoop, BusAddress.parse(address), limits, rootComplex::newPort));
    }
  }

  List<String> busAddresses() {
    return listeners.stream().map(listener -> listener.address().toString()).toList();
  }

  /** The hardware as the guest sees it. */
  Hardware hardware() {
    HardwareCalls calls = new HardwareCalls(loop, execution);
    return new Hardware(
        execution,
        ram,
        smmuMmio,
        new ConfigMmio(calls, rootComplex),
        new PciMemoryMmio(calls, rootComplex),
        new HotPlugMmio(calls, hotPlug),
        interrupts,
        ledger);
  }

  int rootBuses() {
    return ROOT_BUSES;
  }

  HardwareLoop loop() {
    return loop;
  }

  Smmu smmu() {
    return smmu;
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
    listeners.forEach(NettyTransport.Listener::close);
    eventLoop.submit(rootComplex::shutdown).awaitUninterruptibly(1, TimeUnit.SECONDS);
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
  }
}
