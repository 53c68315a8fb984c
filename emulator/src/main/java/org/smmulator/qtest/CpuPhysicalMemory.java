package org.smmulator.qtest;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.MemoryMap;

/**
 * The physical address space as a CPU sees it, at the addresses of QEMU's {@code virt} machine. An
 * access of its natural size and alignment reaches a register as it is; any other one in parts. A
 * range must lie in one window, and one that touches an address with nothing behind it fails whole.
 */
final class CpuPhysicalMemory {
  /** Registers are read in words when a range of them is. */
  private static final int WORD = 4;

  private static final long NO_ANSWER = -1;

  private enum Window {
    MEMORY(Long.BYTES),
    SMMU(Long.BYTES),
    HOTPLUG(WORD),
    ECAM(WORD),
    PCIE(Long.BYTES);

    private final int widest;

    Window(int widest) {
      this.widest = widest;
    }
  }

  private final HarnessMachine machine;

  CpuPhysicalMemory(HarnessMachine machine) {
    this.machine = machine;
  }

  private Window window(long address, long length) throws CommandException {
    if (machine.ram().contains(address, length)
        || within(address, length, MemoryMap.MSI_FRAME, MemoryMap.MSI_FRAME_BYTES)) {
      return Window.MEMORY;
    }
    if (within(address, length, MemoryMap.SMMU, MemoryMap.SMMU_BYTES)) {
      return Window.SMMU;
    }
    if (within(address, length, MemoryMap.HOTPLUG, MemoryMap.HOTPLUG_BYTES)) {
      return Window.HOTPLUG;
    }
    if (within(address, length, MemoryMap.ECAM, MemoryMap.ECAM_BYTES)) {
      return Window.ECAM;
    }
    if (within(address, length, MemoryMap.PCIE_MMIO32, MemoryMap.PCIE_MMIO32_BYTES)
        || within(address, length, MemoryMap.PCIE_MMIO64, MemoryMap.PCIE_MMIO64_BYTES)) {
      return Window.PCIE;
    }
    throw nothingAt(address);
  }

  private static boolean within(long address, long length, long base, long bytes) {
    long offset = address - base;
    return offset >= 0 && length >= 0 && length <= bytes && offset <= bytes - length;
  }

  /** RAM answers unless the host has no memory for it. */
  private CommandException aborted(long address) {
    if (machine.ram().contains(address, 1)) {
      return CommandException.failed(
          "out of memory: " + machine.ram().host().usedUp(machine.ram().bytes()));
    }
    return nothingAt(address);
  }

  private static CommandException nothingAt(long address) {
    return CommandException.failed(String.format("abort: nothing answers at 0x%x", address));
  }

  /** Reads 1, 2, 4 or 8 bytes as a little-endian number. */
  long readNumber(long address, int bytes) throws CommandException {
    Window window = window(address, bytes);
    if (window != Window.MEMORY && address % bytes == 0 && bytes <= window.widest) {
      return readRegister(window, address, bytes);
    }
    return LittleEndian.get(read(address, bytes), 0, bytes);
  }

  /** Writes 1, 2, 4 or 8 bytes of a little-endian number. */
  void writeNumber(long address, int bytes, long value) throws CommandException {
    Window window = window(address, bytes);
    if (window != Window.MEMORY && address % bytes == 0 && bytes <= window.widest) {
      writeRegister(window, address, bytes, value);
    } else {
      byte[] data = new byte[bytes];
      LittleEndian.put(data, 0, bytes, value);
      write(address, data);
    }
  }

  /** Reads a range in ascending order. */
  byte[] read(long address, int length) throws CommandException {
    Window window = window(address, length);
    byte[] data = new byte[length];
    if (window == Window.MEMORY) {
      onMemory(address, () -> machine.bus().read(address, data, 0, length));
      return data;
    }
    for (int done = 0, part; done < length; done += part) {
      part = part(address + done, length - done);
      LittleEndian.put(data, done, part, readRegister(window, address + done, part));
    }
    return data;
  }

  /** Writes a range in ascending order. */
  void write(long address, byte[] data) throws CommandException {
    Window window = window(address, data.length);
    if (window == Window.MEMORY) {
      onMemory(address, () -> machine.bus().write(address, data, 0, data.length));
      return;
    }
    for (int done = 0, part; done < data.length; done += part) {
      part = part(address + done, data.length - done);
      writeRegister(window, address + done, part, LittleEndian.get(data, done, part));
    }
  }

  /** Sets a range of RAM, of any length, to one value. */
  void fill(long address, long length, byte value) throws CommandException {
    if (!machine.ram().contains(address, length)) {
      throw nothingAt(address);
    }
    onMemory(address, () -> machine.ram().fill(address, length, value));
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
    if (machine.ram().contains(address, 1)) {
      step.run();
    } else {
      // The MSI frame raises interrupts, which is for the hardware's thread; RAM is for all.
      machine.hardware().run(step);
    }
    if (aborted[0]) {
      throw aborted(address);
    }
  }

  private long readRegister(Window window, long address, int bytes) throws CommandException {
    return askRegister(window, address, bytes) & (-1L >>> (Long.SIZE - Byte.SIZE * bytes));
  }

  private long askRegister(Window window, long address, int bytes) throws CommandException {
    return switch (window) {
      case SMMU ->
          ask(
              answer ->
                  answer.accept(
                      machine.smmu().readRegister((int) (address - MemoryMap.SMMU), bytes)));
      case HOTPLUG ->
          ask(answer -> answer.accept(machine.hotPlug().read(address - MemoryMap.HOTPLUG)));
      case ECAM ->
          ask(
              answer ->
                  machine.root().configRead(function(address), register(address), bytes, answer));
      case PCIE -> ask(answer -> machine.root().memoryRead(address, bytes, answer));
      case MEMORY -> throw new IllegalStateException("memory is no register");
    };
  }

  private void writeRegister(Window window, long address, int bytes, long value)
      throws CommandException {
    Runnable step =
        switch (window) {
          case SMMU ->
              () -> machine.smmu().writeRegister((int) (address - MemoryMap.SMMU), bytes, value);
          case HOTPLUG -> () -> machine.hotPlug().write(address - MemoryMap.HOTPLUG, value);
          case PCIE -> () -> machine.root().memoryWrite(address, bytes, value);
          case ECAM, MEMORY -> null;
        };
    if (step != null) {
      machine.hardware().run(step);
    } else {
      ask(
          answer ->
              machine
                  .root()
                  .configWrite(
                      function(address), register(address), bytes, value, () -> answer.accept(0)));
    }
  }

  private static int function(long address) {
    return (int) ((address - MemoryMap.ECAM) >>> 12);
  }

  private static int register(long address) {
    return (int) address & 0xfff;
  }

  /**
   * Only a device in another process may take longer than the hardware needs to become idle. What
   * it does not answer in time is all ones, whoever measures the time: the root complex on real
   * time, and this port where virtual time stands still.
   */
  private long ask(Consumer<LongConsumer> question) throws CommandException {
    CompletableFuture<Long> answer = new CompletableFuture<>();
    machine.hardware().run(() -> question.accept(answer::complete));
    try {
      return answer.get(machine.patienceNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return NO_ANSWER;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CommandException.failed("the machine stops");
    } catch (ExecutionException e) {
      throw new IllegalStateException("the hardware failed", e.getCause());
    }
  }
}
