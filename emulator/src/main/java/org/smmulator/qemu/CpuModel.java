package org.smmulator.qemu;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a kernel that shares address spaces with devices asks of the SMMU because of its CPUs. */
public final class CpuModel {
  /** The usual one. */
  public static final String USUAL = "cortex-a57";

  /** Bits of a physical address by QEMU's names: ID_AA64MMFR0_EL1.PARange, read in QEMU 11.1.3. */
  private static final Map<String, Integer> ADDRESS_BITS =
      Map.ofEntries(
          Map.entry("cortex-a35", 40),
          Map.entry("cortex-a53", 40),
          Map.entry("cortex-a55", 40),
          Map.entry("cortex-a57", 44),
          Map.entry("cortex-a72", 44),
          Map.entry("cortex-a76", 40),
          Map.entry("cortex-a710", 40),
          Map.entry("a64fx", 40),
          Map.entry("neoverse-n1", 48),
          Map.entry("neoverse-n2", 48),
          Map.entry("neoverse-v1", 48),
          Map.entry("max", 52));

  private CpuModel() {}

  /**
   * Why {@code iommu_sva_bind_device} will fail: the kernel shares page tables only if the SMMU can
   * output every address that they may hold.
   *
   * @param cpu QEMU's name, perhaps with properties behind commas
   * @return a sentence, or null if it need not fail, or nobody knows
   */
  public static @Nullable String refusal(String cpu, int outputAddressBits) {
    Integer bits = ADDRESS_BITS.get(cpu.split(",", 2)[0]);
    if (bits == null || bits <= outputAddressBits) {
      return null;
    }
    return String.format(
        "SVA: iommu_sva_bind_device will fail with -95, because addresses of a %s have %d bits and"
            + " those of the SMMU %d; use smmu.outputAddressBits: %d%s",
        cpu, bits, outputAddressBits, bits, alternative(outputAddressBits));
  }

  /** A CPU that such an SMMU has all addresses of; nothing if there is none. */
  private static String alternative(int outputAddressBits) {
    for (String cpu : List.of(USUAL, "cortex-a53")) {
      if (ADDRESS_BITS.getOrDefault(cpu, Integer.MAX_VALUE) <= outputAddressBits) {
        return ", or --cpu " + cpu;
      }
    }
    return "";
  }
}
