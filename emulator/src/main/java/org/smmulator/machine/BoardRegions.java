package org.smmulator.machine;

import java.util.function.Consumer;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.memory.AddressMap;
import org.smmulator.memory.Region;
import org.smmulator.memory.Response;
import org.smmulator.memory.Target;
import org.smmulator.pcie.HotplugBlock;
import org.smmulator.pcie.MemoryWindows;
import org.smmulator.pcie.RootComplex;
import org.smmulator.smmu.Smmu;

/**
 * The registers of a board, each at its place in the address map. CPUs alone have a path there, but
 * for the windows of PCIe memory: devices reach each other through them.
 */
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
    MemoryWindows.add(map, root);
  }

  /** Both register pages of an SMMU. */
  static Region smmu(Smmu smmu, long base) {
    return region("the SMMU", base, MemoryMap.SMMU_BYTES, UP_TO_8, new SmmuPages(smmu));
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

  /**
   * ECAM: 4 KiB for each requester ID. The host bridge answers for a function that does not, with
   * all ones.
   */
  private record ConfigurationSpace(RootComplex root) implements Target.Later {
    private static final int FUNCTION_SHIFT = 12;
    private static final int REGISTER_MASK = (1 << FUNCTION_SHIFT) - 1;

    @Override
    public void read(long offset, int bytes, Answer answer) {
      int register = (int) offset & REGISTER_MASK;
      root.configRead(
          (int) (offset >>> FUNCTION_SHIFT),
          register,
          bytes,
          value -> answer.done(Response.OKAY, value));
    }

    @Override
    public void write(long offset, int bytes, long value, Consumer<Response> done) {
      int register = (int) offset & REGISTER_MASK;
      root.configWrite(
          (int) (offset >>> FUNCTION_SHIFT),
          register,
          bytes,
          value,
          () -> done.accept(Response.OKAY));
    }
  }
}
