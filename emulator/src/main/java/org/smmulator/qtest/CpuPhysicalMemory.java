package org.smmulator.qtest;

import org.smmulator.arch.port.BusAbort;
import org.smmulator.memory.AddressMap;
import org.smmulator.memory.Region;
import org.smmulator.memory.Target;

/**
 * The physical address space as a CPU sees it, at the addresses of QEMU's {@code virt} machine. An
 * access of its natural size and alignment reaches a register as it is; any other one in parts. A
 * range must lie in one region, and one that touches an address with nothing behind it fails whole.
 */
final class CpuPhysicalMemory {
  /** Registers are read in words when a range of them is. */
  private static final int WORD = 4;

  private final HarnessMachine machine;
  private final AddressMap map;

  CpuPhysicalMemory(HarnessMachine machine) {
    this.machine = machine;
    this.map = machine.map();
  }

  private Region region(long address, long length) throws CommandException {
    Region region = map.find(address, length);
    if (region == null) {
      throw nothingAt(address);
    }
    return region;
  }

  /** RAM answers unless there is none of the host's behind it. */
  private CommandException aborted(long address) {
    if (map.ram().contains(address, 1)) {
      return CommandException.failed("out of memory: " + map.ram().whyAborted());
    }
    return nothingAt(address);
  }

  private static CommandException nothingAt(long address) {
    return CommandException.failed(String.format("abort: nothing answers at 0x%x", address));
  }

  /** Reads 1, 2, 4 or 8 bytes as a little-endian number. */
  long readNumber(long address, int bytes) throws CommandException {
    if (!map.isShared(address, bytes)) {
      Region region = region(address, bytes);
      if (region.allows(address, bytes)) {
        return readRegister(region, address, bytes);
      }
    }
    return LittleEndian.get(read(address, bytes), 0, bytes);
  }

  /** Writes 1, 2, 4 or 8 bytes of a little-endian number. */
  void writeNumber(long address, int bytes, long value) throws CommandException {
    if (!map.isShared(address, bytes)) {
      Region region = region(address, bytes);
      if (region.allows(address, bytes)) {
        writeRegister(region, address, bytes, value);
        return;
      }
    }
    byte[] data = new byte[bytes];
    LittleEndian.put(data, 0, bytes, value);
    write(address, data);
  }

  /** Reads a range in ascending order. */
  byte[] read(long address, int length) throws CommandException {
    byte[] data = new byte[length];
    if (map.isShared(address, length)) {
      onMemory(address, () -> map.read(address, data, 0, length));
      return data;
    }
    Region region = region(address, length);
    for (int done = 0, part; done < length; done += part) {
      part = part(address + done, length - done);
      LittleEndian.put(data, done, part, readRegister(region, address + done, part));
    }
    return data;
  }

  /** Writes a range in ascending order. */
  void write(long address, byte[] data) throws CommandException {
    if (map.isShared(address, data.length)) {
      onMemory(address, () -> map.write(address, data, 0, data.length));
      return;
    }
    Region region = region(address, data.length);
    for (int done = 0, part; done < data.length; done += part) {
      part = part(address + done, data.length - done);
      writeRegister(region, address + done, part, LittleEndian.get(data, done, part));
    }
  }

  /** Sets a range of RAM, of any length, to one value. */
  void fill(long address, long length, byte value) throws CommandException {
    if (!map.ram().contains(address, length)) {
      throw nothingAt(address);
    }
    onMemory(address, () -> map.ram().fill(address, length, value));
  }

  /** The largest aligned part of a range, at most a word. */
  private static int part(long address, int left) {
    int aligned = address % WORD == 0 ? WORD : address % 2 == 0 ? 2 : 1;
    return Math.min(aligned, Integer.highestOneBit(left));
  }

  private interface MemoryAccess {
    void perform() throws BusAbort;
  }

  private void onMemory(long address, MemoryAccess access) throws CommandException {
    boolean[] aborted = new boolean[1];
    Runnable step =
        () -> {
          try {
            access.perform();
          } catch (BusAbort e) {
            aborted[0] = true;
          }
        };
    if (map.ram().contains(address, 1)) {
      step.run();
    } else {
      // The MSI frame raises interrupts, which is for the hardware's thread; RAM is for all.
      machine.hardware().run(step);
    }
    if (aborted[0]) {
      throw aborted(address);
    }
  }

  private long readRegister(Region region, long address, int bytes) throws CommandException {
    long value =
        LateAnswer.ask(
            machine,
            answer -> region.read(address, bytes, (response, read) -> answer.accept(read)));
    return value & Target.allOnes(bytes); // no answer is all ones, and has no size
  }

  private void writeRegister(Region region, long address, int bytes, long value)
      throws CommandException {
    if (region.posted()) {
      machine.hardware().run(() -> region.write(address, bytes, value, response -> {}));
    } else {
      LateAnswer.ask(
          machine, answer -> region.write(address, bytes, value, response -> answer.accept(0)));
    }
  }
}
