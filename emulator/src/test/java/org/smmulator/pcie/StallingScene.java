package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.smmulator.arch.event.EventField;
import org.smmulator.pcie.ledger.GrantLedger;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.SmmuCounter;

/** A machine with one function whose faults stall, and another one with ATS, which has none. */
abstract class StallingScene {
  static final int ID = 0x20;
  static final int WITH_ATS = 0x28;
  static final int PASID = 3;
  static final int UR = 1;
  static final long VA = 0x7f00_1234_5000L;
  static final long NEXT = VA + 0x1000;

  final TestMachine machine;
  final MinimalGuest guest;

  /** The page table of all PASIDs of the stalling function. */
  final long root;

  /** For {@link #VA}, which is not mapped yet. */
  final long frame;

  final ScriptedDevice device;
  final ScriptedDevice other;

  StallingScene() {
    this(RootComplexConfig.defaults(), SmmuFeatures.defaults());
  }

  StallingScene(RootComplexConfig config, SmmuFeatures features) {
    machine =
        new TestMachine(
            config,
            GrantLedger.DEFAULT_LIMIT,
            features.change(f -> f.stallingFunctions(Set.of(ID))));
    guest = machine.guest;
    root = guest.translatingStream(ID);
    guest.letStall(ID);
    frame = guest.allocate(4096);
    device = machine.master(new ScriptedDevice(ID, 0).withoutAts());
    other = machine.master(WITH_ATS);
  }

  /** Config of a root complex with room for as many held requests. */
  static RootComplexConfig room(int stalled) {
    RootComplexConfig usual = RootComplexConfig.defaults();
    return new RootComplexConfig(
        usual.completionTimeoutNanos(),
        usual.trainingTimeoutNanos(),
        usual.invalidationTimeoutNanos(),
        usual.helloTimeoutNanos(),
        usual.maxDevices(),
        usual.buses(),
        stalled);
  }

  /** Four bytes with one value in each. */
  static byte[] bytes(int value) {
    return new byte[] {(byte) value, (byte) value, (byte) value, (byte) value};
  }

  final void write(long address, int value) {
    device.write(PASID, 0, address, bytes(value));
    machine.run();
  }

  final void read(int tag, long address) {
    device.read(tag, PASID, address, 4);
    machine.run();
  }

  final int load(long pa) {
    return (int) (guest.load(pa & ~7L) >>> ((pa & 4) * 8));
  }

  /** The next record: of a stall. */
  final long[] stall() {
    long[] record = Objects.requireNonNull(guest.takeEvent());
    assertThat(EventField.STALL.get(record[1])).isEqualTo(1);
    assertThat(EventField.STREAM_ID.get(record[0])).isEqualTo(ID);
    return record;
  }

  static int tag(long[] record) {
    return EventField.STAG.getInt(record[1]);
  }

  final void retry(long[] record) {
    resume(record, true, false);
  }

  final void resume(long[] record, boolean retry, boolean abort) {
    guest.resume(ID, tag(record), retry, abort);
    machine.run();
  }

  final void map(long va, long pa) {
    guest.map(root, va, pa, true);
  }

  final long counted(FunctionCounter counter) {
    return machine.device("00:04.0").count(counter);
  }

  final long stalledInSmmu() {
    return machine.smmu.counters().of(SmmuCounter.STALLED_NOW);
  }

  /** Tag, status and payload of what the device received. */
  final List<String> answers() {
    return device.takeAll().stream()
        .map(packet -> packet.tag() + ": " + packet.status() + " " + packet.payload())
        .toList();
  }
}
