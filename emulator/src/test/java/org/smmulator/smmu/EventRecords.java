package org.smmulator.smmu;

import java.util.ArrayList;
import java.util.List;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.memory.AddressMap;
import org.smmulator.memory.SparseMemory;
import org.smmulator.smmu.fault.EventRecorder;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.queue.EventQueue;
import org.smmulator.smmu.register.ControlChanges;
import org.smmulator.smmu.register.GlobalErrors;
import org.smmulator.smmu.register.MsiWriter;
import org.smmulator.smmu.register.QueueInterrupts;
import org.smmulator.smmu.register.RegisterWrites;
import org.smmulator.smmu.register.Registers;

/** The event queue of an SMMU by itself, enabled, with room for 16 records. */
final class EventRecords {
  private static final long RAM = 0x4000_0000L;
  private static final int LOG2 = 4;

  final RecordedOutputs outputs = new RecordedOutputs();
  final EventRecorder recorder;
  private final EventQueue queue;
  private final SparseMemory ram = new SparseMemory(RAM, 1 << 20);
  private final Registers registers;
  private final RegisterWrites writes;

  EventRecords(SmmuFeatures features) {
    AddressMap bus = AddressMap.of(ram, message -> {});
    registers = new Registers(features, outputs);
    writes = new RegisterWrites(registers, features, outputs, new NoChanges(), request -> 0);
    MsiWriter msi = new MsiWriter(features, bus);
    GlobalErrors errors = new GlobalErrors(registers, msi, outputs);
    QueueInterrupts interrupts = new QueueInterrupts(registers, msi, errors, outputs);
    queue = new EventQueue(features, bus, registers, errors, interrupts, new SilentOutputs());
    recorder = new EventRecorder(features, queue);
    writes.write(Vectors.register("EVENTQ_BASE"), 8, RAM | LOG2);
    write("CR0", 0b100);
  }

  private static final class NoChanges implements ControlChanges {
    @Override
    public void disabled() {}

    @Override
    public void cr2Changed() {}
  }

  void write(String register, long value) {
    writes.write(Vectors.register(register), 4, value);
    queue.registersWritten();
  }

  long read(String register) {
    return registers.read(Vectors.register(register), 4);
  }

  /** All records that have not been taken yet. */
  List<Structure> take() {
    List<Structure> taken = new ArrayList<>();
    long prod = read("EVENTQ_PROD");
    int wrap = (2 << LOG2) - 1;
    for (long at = read("EVENTQ_CONS") & wrap; at != (prod & wrap); at = (at + 1) & wrap) {
      Structure record = new Structure("event", 4);
      for (int word = 0; word < 4; word++) {
        record.words()[word] = load(RAM + 32 * (at & ((1 << LOG2) - 1)) + 8L * word);
      }
      taken.add(record);
    }
    write("EVENTQ_CONS", prod);
    return taken;
  }

  private long load(long pa) {
    try {
      return ram.load64(pa);
    } catch (BusAbort e) {
      throw new IllegalStateException("no memory at 0x" + Long.toHexString(pa), e);
    }
  }
}
