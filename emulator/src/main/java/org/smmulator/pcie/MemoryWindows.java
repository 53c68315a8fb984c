package org.smmulator.pcie;

import java.util.function.Consumer;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.memory.AddressMap;
import org.smmulator.memory.Region;
import org.smmulator.memory.Response;
import org.smmulator.memory.Target;

/**
 * The windows of PCIe memory, whose addresses are the same on both sides of the root complex. CPUs
 * reach the BARs of functions through them, and so do functions each other's.
 */
public final class MemoryWindows {
  private static final int UP_TO_8 = 1 | 2 | 4 | 8;

  private MemoryWindows() {}

  /** Puts both windows in their places. */
  public static void add(AddressMap map, RootComplex root) {
    map.add(window(32, MemoryMap.PCIE_MMIO32, MemoryMap.PCIE_MMIO32_BYTES, root));
    map.add(window(64, MemoryMap.PCIE_MMIO64, MemoryMap.PCIE_MMIO64_BYTES, root));
  }

  private static Region window(int bits, long base, long bytes, RootComplex root) {
    String name = "the " + bits + "-bit window of PCIe memory";
    Target memory = new Window(root, base);
    return new Region(name, base, bytes, UP_TO_8, Region.Reach.CPUS_AND_DEVICES, true, memory);
  }

  private record Window(RootComplex root, long base) implements Target.Later {
    @Override
    public void read(long offset, int bytes, Answer answer) {
      root.memoryRead(base + offset, bytes, answer);
    }

    @Override
    public void write(long offset, int bytes, long value, Consumer<Response> done) {
      done.accept(root.memoryWrite(base + offset, bytes, value));
    }
  }
}
