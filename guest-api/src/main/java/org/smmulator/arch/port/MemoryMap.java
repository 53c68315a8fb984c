package org.smmulator.arch.port;

/** Physical addresses and interrupt numbers: those of QEMU's {@code virt} machine. */
public final class MemoryMap {
  /** GICv2m frame of 4 KiB: a 32-bit write of an interrupt number to SETSPI_NS raises it. */
  public static final long MSI_FRAME = 0x0802_0000L;

  public static final long MSI_FRAME_BYTES = 0x1000L;
  public static final long MSI_SETSPI = MSI_FRAME + 0x40;

  /** First interrupt number that an MSI may raise. */
  public static final int MSI_FIRST_INTID = 80;

  /** How many, those of wired interrupts among them, as in QEMU's map. */
  public static final int MSI_INTIDS = 64;

  public static final long SMMU = 0x0905_0000L;
  public static final long SMMU_BYTES = 0x2_0000L;

  /** Wired interrupts of the SMMU, in QEMU's order: event, PRI, sync, global error. */
  public static final int SMMU_EVENTQ_INTID = 106;

  public static final int SMMU_PRIQ_INTID = 107;
  public static final int SMMU_SYNC_INTID = 108;
  public static final int SMMU_GERROR_INTID = 109;

  /** The hot-plug register block; not of QEMU's map. */
  public static final long HOTPLUG = 0x090c_0000L;

  public static final long HOTPLUG_BYTES = 0x1000L;
  public static final int HOTPLUG_INTID = 110;

  /** 32-bit window of PCIe memory space. */
  public static final long PCIE_MMIO32 = 0x1000_0000L;

  public static final long PCIE_MMIO32_BYTES = 0x2eff_0000L;

  public static final long RAM = 0x4000_0000L;

  /** Configuration space of 256 buses, 1 MiB each. */
  public static final long ECAM = 0x40_1000_0000L;

  public static final long ECAM_BYTES = 0x1000_0000L;

  /** 64-bit window of PCIe memory space. */
  public static final long PCIE_MMIO64 = 0x80_0000_0000L;

  public static final long PCIE_MMIO64_BYTES = 0x80_0000_0000L;

  private MemoryMap() {}

  /** Whether an interrupt number has a wire, and is none for messages. */
  public static boolean isWired(int intid) {
    return intid == HOTPLUG_INTID || (intid >= SMMU_EVENTQ_INTID && intid <= SMMU_GERROR_INTID);
  }
}
