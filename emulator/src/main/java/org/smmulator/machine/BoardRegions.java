package org.smmulator.machine;

import java.util.function.LongConsumer;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.memory.AddressMap;
import org.smmulator.memory.Region;
import org.smmulator.memory.Target;
import org.smmulator.pcie.HotplugBlock;
import org.smmulator.pcie.RootComplex;
import org.smmulator.smmu.Smmu;

/** The registers of a board, each at its place in the address map. CPUs alone have a path there. */
final class BoardRegions {
  private static final int UP_TO_4 = 1 | 2 | 4;
  private static final int UP_TO_8 = UP_TO_4 | 8;

  private BoardRegions() {}

  static void add(AddressMap map, Smmu smmu, HotplugBlock hotPlug, RootComplex root) {
    map.add(smmu(smmu, MemoryMap.SMMU));
    map.add(
        region(
            "the hot-plug block",
            MemoryMap.HOTPLUG,
            MemoryMap.HOTPLUG_BYTES,
            UP_TO_4,
            new HotPlugRegisters(hotPlug)));
    map.add(
        new Region(
            "PCIe configuration space",
            MemoryMap.ECAM,
            MemoryMap.ECAM_BYTES,
            UP_TO_4,
            Region.Reach.CPUS,
            false,
            new ConfigurationSpace(root)));
    map.add(pciMemory(32, MemoryMap.PCIE_MMIO32, MemoryMap.PCIE_MMIO32_BYTES, root));
    map.add(pciMemory(64, MemoryMap.PCIE_MMIO64, MemoryMap.PCIE_MMIO64_BYTES, root));
  }

  /** Both register pages of an SMMU. */
  static Region smmu(Smmu smmu, long base) {
    return region("the SMMU", base, MemoryMap.SMMU_BYTES, UP_TO_8, new SmmuPages(smmu));
  }

  private static Region pciMemory(int bits, long base, long bytes, RootComplex root) {
    String name = "the " + bits + "-bit window of PCIe memory";
    return region(name, base, bytes, UP_TO_8, new PciMemory(root, base));
  }

  private static Region region(String name, long base, long bytes, int widths, Target target) {
    return new Region(name, base, bytes, widths, Region.Reach.CPUS, true, target);
  }

  private record SmmuPages(Smmu smmu) implements Target.Now {
    @Override
    public long read(long offset, int bytes) {
      return smmu.readRegister((int) offset, bytes);
    }

    @Override
    public void write(long offset, int bytes, long value) {
      smmu.writeRegister((int) offset, bytes, value);
    }
  }

  private record HotPlugRegisters(HotplugBlock block) implements Target.Now {
    @Override
    public long read(long offset, int bytes) {
      return block.read(offset);
    }

    @Override
    public void write(long offset, int bytes, long value) {
      block.write(offset, value);
    }
  }

  /** ECAM: 4 KiB for each requester ID. */
  private record ConfigurationSpace(RootComplex root) implements Target.Later {
    private static final int FUNCTION_SHIFT = 12;
    private static final int REGISTER_MASK = (1 << FUNCTION_SHIFT) - 1;

    @Override
    public void read(long offset, int bytes, LongConsumer done) {
      int register = (int) offset & REGISTER_MASK;
      root.configRead((int) (offset >>> FUNCTION_SHIFT), register, bytes, done);
    }

    @Override
    public void write(long offset, int bytes, long value, Runnable done) {
      int register = (int) offset & REGISTER_MASK;
      root.configWrite((int) (offset >>> FUNCTION_SHIFT), register, bytes, value, done);
    }
  }

  /** A window's addresses are the same on both sides of the root complex. */
  private record PciMemory(RootComplex root, long base) implements Target.Later {
    @Override
    public void read(long offset, int bytes, LongConsumer done) {
      root.memoryRead(base + offset, bytes, done);
    }

    @Override
    public void write(long offset, int bytes, long value, Runnable done) {
      root.memoryWrite(base + offset, bytes, value);
      done.run();
    }
  }
}
