package org.smmulator.qemu;

import java.io.IOException;
import java.nio.file.Path;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.bus.pcie.ConfigHeader;

/**
 * The SMMU's place in the guest's memory map. It is a PCI function that the guest's kernel must not
 * find: it sits behind a bridge of QEMU's on bus 128, of which the device tree says nothing, so
 * that nobody gives its BAR an address. That is done here before the CPU runs: QEMU is started with
 * {@code -S}, its configuration space written over its own qtest socket, and then it goes on.
 */
public final class SmmuPlace {
  /** Its registers are the first in the window of 32 bits. */
  static final long ADDRESS = MemoryMap.PCIE_MMIO32;

  /** What the kernel's window of 32 bits loses. */
  static final long WINDOW_BYTES = 0x1000_0000L;

  /** Buses from here on are not the kernel's. */
  static final int FIRST_BUS = 128;

  private static final int LOG2_BUS_BYTES = 20;
  private static final int BUS_NUMBERS = 0x18;
  private static final int MEMORY_WINDOW = 0x20;

  private final long bridge;
  private final long function;

  /**
   * @param ecam where the configuration space of bus 0 is
   */
  public SmmuPlace(long ecam) {
    bridge = ecam + ((long) FIRST_BUS << LOG2_BUS_BYTES);
    function = ecam + ((long) (FIRST_BUS + 1) << LOG2_BUS_BYTES);
  }

  /**
   * Gives the SMMU its place and lets the CPU run.
   *
   * @throws IOException if QEMU does not do it, or the SMMU does not answer there; the message is a
   *     sentence
   */
  public void take(Path qtest, Path qmp) throws IOException {
    try (SocketLines monitor = SocketLines.monitor(qmp)) {
      String status = monitor.command("{\"execute\": \"query-status\"}");
      if (!status.contains("prelaunch")) {
        throw new IOException("the CPU of QEMU runs already; start it with -S");
      }
      try (SocketLines registers = SocketLines.connect(qtest)) {
        place(registers);
      }
      String unused = monitor.command("{\"execute\": \"cont\"}");
    }
  }

  private void place(SocketLines registers) throws IOException {
    int last = FIRST_BUS + 1;
    write(registers, 'l', bridge + BUS_NUMBERS, last << 16 | last << 8 | FIRST_BUS);
    // Both ends of the window in the upper 12 bits of 16, so that it is the first MiB.
    long window = ADDRESS >>> 16;
    write(registers, 'l', bridge + MEMORY_WINDOW, window << 16 | window);
    enable(registers, bridge);
    write(registers, 'l', function + ConfigHeader.BAR0, ADDRESS);
    enable(registers, function);
    String features = registers.ask(String.format("readl 0x%x", ADDRESS), "OK ").substring(3);
    if (features.endsWith("ffffffff") || features.endsWith("00000000")) {
      throw new IOException(
          String.format("no SMMU answers at 0x%x: IDR0 reads %s", ADDRESS, features));
    }
  }

  private static void enable(SocketLines registers, long header) throws IOException {
    write(
        registers,
        'w',
        header + ConfigHeader.COMMAND,
        ConfigHeader.MEMORY_SPACE | ConfigHeader.BUS_MASTER);
  }

  private static void write(SocketLines registers, char width, long address, long value)
      throws IOException {
    String unused =
        registers.ask(
            String.format("write%c 0x%x 0x%x", width, address, value & 0xffff_ffffL), "OK");
  }
}
