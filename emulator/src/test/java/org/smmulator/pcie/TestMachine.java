package org.smmulator.pcie;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.smmulator.bus.wire.InProcessWire;
import org.smmulator.memory.AddressMap;
import org.smmulator.memory.SparseMemory;
import org.smmulator.pcie.ledger.GrantLedger;
import org.smmulator.pcie.ledger.RecordedViolations;
import org.smmulator.pcie.ledger.Violation;
import org.smmulator.smmu.Smmu;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.SmmuInterrupt;
import org.smmulator.smmu.port.SmmuOutputs;
import org.smmulator.smmu.port.Transaction;

/** Root complex, SMMU and memory as one machine on manual time, with software that is a test. */
final class TestMachine implements SmmuOutputs {
  static final long MILLI = 1_000_000L;

  final ManualLoop loop = new ManualLoop();
  final RecordedViolations violations = new RecordedViolations();
  final List<Integer> msis = new ArrayList<>();
  final SparseMemory ram = new SparseMemory(MinimalGuest.RAM, MinimalGuest.RAM_BYTES);
  final GrantLedger ledger;
  final HotplugBlock hotplug = new HotplugBlock(() -> {});
  final RootComplexConfig config;
  final Smmu smmu;
  final RootComplex root;
  final MinimalGuest guest;

  TestMachine() {
    this(RootComplexConfig.defaults());
  }

  TestMachine(RootComplexConfig config) {
    this(config, GrantLedger.DEFAULT_LIMIT);
  }

  TestMachine(RootComplexConfig config, int grantsPerFunction) {
    this(config, grantsPerFunction, SmmuFeatures.defaults());
  }

  TestMachine(RootComplexConfig config, int grantsPerFunction, SmmuFeatures features) {
    this.config = config;
    ledger =
        new GrantLedger(
            loop, violations, MinimalGuest.RAM, MinimalGuest.RAM_BYTES, grantsPerFunction);
    AddressMap bus = AddressMap.of(ram, msis::add);
    smmu = new Smmu(features, bus, this);
    root = new RootComplex(loop, smmu, bus, config, ledger, violations, hotplug);
    MemoryWindows.add(bus, root);
    guest = new MinimalGuest(bus, smmu);
  }

  @Override
  public void pulse(SmmuInterrupt line) {}

  @Override
  public void command(int index, long word0, long word1) {
    root.command(word0, word1);
  }

  @Override
  public void atcInvalidate(
      int streamId, int substreamId, long address, int pagesLog2, boolean global) {
    root.atcInvalidate(streamId, substreamId, address, pagesLog2, global);
  }

  @Override
  public void pageResponse(int streamId, int substreamId, int prgIndex, int busCode) {
    root.pageResponse(streamId, substreamId, prgIndex, busCode);
  }

  @Override
  public void workAvailable() {}

  @Override
  public void registersChanged() {}

  @Override
  public void transactionResumed(Transaction tx) {
    root.transactionResumed(tx);
  }

  @Override
  public void sendEvent() {}

  /** Lets hardware and links come to rest, without time passing. */
  void run() {
    loop.run();
    while (smmu.hasWork()) {
      smmu.step();
      loop.run();
    }
  }

  void advance(long nanos) {
    run();
    loop.advance(nanos);
    run();
  }

  /** Connects a device and lets it be trained. */
  ScriptedDevice attach(ScriptedDevice device) {
    InProcessWire.join(root.newPort(), loop, device, loop, config.linkLimits());
    run();
    return device;
  }

  ScriptedDevice attach(int wantedId) {
    return attach(new ScriptedDevice(wantedId, 0));
  }

  /** Attaches a device and enables all it has but page requests; its packets are the test's. */
  ScriptedDevice master(int wantedId) {
    return master(new ScriptedDevice(wantedId, 0));
  }

  ScriptedDevice master(ScriptedDevice device) {
    attach(device);
    enable(device);
    return device;
  }

  /** Memory space, bus mastering, AtomicOps, PASID and ATS. */
  void enable(ScriptedDevice device) {
    configWrite(device.id(), 0x04, 2, 0b110);
    configWrite(device.id(), ScriptedDevice.EXPRESS + 0x28, 2, 1 << 6);
    configWrite(device.id(), ScriptedDevice.PASID + 6, 2, 1);
    configWrite(device.id(), ScriptedDevice.ATS + 6, 2, 1 << 15);
  }

  /** Enables page requests, at most so many at a time. */
  void enablePageRequests(int requesterId, int allocation) {
    configWrite(requesterId, ScriptedDevice.PRI + 0xc, 4, allocation);
    configWrite(requesterId, ScriptedDevice.PRI + 4, 2, 1);
  }

  /** A configuration read of a device that answers at once. */
  long configRead(int requesterId, int register, int bytes) {
    AtomicLong value = new AtomicLong(-2);
    root.configRead(requesterId, register, bytes, value::set);
    run();
    return value.get();
  }

  void configWrite(int requesterId, int register, int bytes, long value) {
    root.configWrite(requesterId, register, bytes, value, () -> {});
    run();
  }

  DeviceCounters device(String id) {
    return root.counters().devices().stream()
        .filter(device -> device.id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  List<String> violationTexts() {
    return violations.violations().stream().map(Violation::text).toList();
  }
}
