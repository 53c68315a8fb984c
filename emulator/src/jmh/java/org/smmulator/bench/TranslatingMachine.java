package org.smmulator.bench;

import java.util.SplittableRandom;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.register.Cr0;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.arch.register.StrtabBase;
import org.smmulator.arch.structure.Cd;
import org.smmulator.arch.structure.Ste;
import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.memory.PhysicalBus;
import org.smmulator.memory.SparseMemory;
import org.smmulator.smmu.Smmu;
import org.smmulator.smmu.SmmuFeatures;
import org.smmulator.smmu.SmmuInterrupt;
import org.smmulator.smmu.SmmuOutputs;

/** One SMMU, one stream with a PASID, and a range of pages mapped for it one by one. */
final class TranslatingMachine {
  static final int STREAM = 0;
  static final int PASID = 1;
  static final long FIRST_PAGE = 0x7f00_0000_0000L;

  private static final long RAM = 0x4000_0000L;
  private static final long RAM_BYTES = 1L << 30;
  private static final long STREAM_TABLE = RAM;
  private static final long CONTEXTS = RAM + 0x1000;
  private static final long ROOT = RAM + 0x2000;

  final PhysicalMemory bus = new PhysicalBus(new SparseMemory(RAM, RAM_BYTES), intid -> {});
  final Smmu smmu;

  /** Addresses of the mapped pages, in a random order without repeats. */
  final long[] addresses;

  private long nextTable = ROOT + 0x1000;

  TranslatingMachine(SmmuFeatures features, int pages) throws BusAbort {
    smmu = new Smmu(features, bus, new SilentOutputs());
    addresses = new long[pages];
    SplittableRandom random = new SplittableRandom(42);
    for (int i = 0; i < pages; i++) {
      long address = FIRST_PAGE + i * Descriptor.PAGE_BYTES;
      map(address);
      int j = random.nextInt(i + 1);
      addresses[i] = addresses[j];
      addresses[j] = address;
    }
    writeStructures();
    smmu.writeRegister(SmmuRegister.STRTAB_BASE.offset(), 8, STREAM_TABLE);
    smmu.writeRegister(SmmuRegister.STRTAB_BASE_CFG.offset(), 4, StrtabBase.LOG2SIZE.of(0));
    smmu.writeRegister(SmmuRegister.CR0.offset(), 4, Cr0.SMMUEN.of(1) | Cr0.ATSCHK.of(1));
  }

  static long root() {
    return ROOT;
  }

  private void writeStructures() throws BusAbort {
    bus.store64(
        STREAM_TABLE,
        Ste.V.of(1)
            | Ste.CONFIG.of(Ste.CONFIG_STAGE1)
            | Ste.S1CDMAX.of(1)
            | Ste.S1CONTEXTPTR.inPlace(CONTEXTS));
    bus.store64(STREAM_TABLE + 8, Ste.S1DSS.of(Ste.S1DSS_SSID0) | Ste.EATS.of(Ste.EATS_FULL));
    long cd = CONTEXTS + (long) PASID * Cd.BYTES;
    bus.store64(cd + 8, Cd.TTB0.inPlace(ROOT));
    bus.store64(
        cd,
        Cd.V.of(1)
            | Cd.AA64.of(1)
            | Cd.T0SZ.of(16)
            | Cd.IPS.of(5)
            | Cd.EPD1.of(1)
            | Cd.A.of(1)
            | Cd.R.of(1)
            | Cd.ASID.of(1));
  }

  private void map(long address) throws BusAbort {
    long table = ROOT;
    for (int level = 0; level < 3; level++) {
      long at = table + 8L * Descriptor.index(address, level);
      long descriptor = bus.load64(at);
      if (!Descriptor.isValid(descriptor)) {
        descriptor = Descriptor.table(nextTable);
        nextTable += Descriptor.PAGE_BYTES;
        bus.store64(at, descriptor);
      }
      table = Descriptor.address(descriptor);
    }
    long leaf =
        RAM
            | Descriptor.VALID
            | Descriptor.TABLE_OR_PAGE
            | Descriptor.AF
            | Descriptor.NG
            | Descriptor.AP_UNPRIVILEGED;
    bus.store64(table + 8L * Descriptor.index(address, 3), leaf);
  }

  private static final class SilentOutputs implements SmmuOutputs {
    @Override
    public void pulse(SmmuInterrupt line) {}

    @Override
    public void atcInvalidate(
        int streamId, int substreamId, long address, int pagesLog2, boolean global) {}

    @Override
    public void pageResponse(int streamId, int substreamId, int prgIndex, int busCode) {}

    @Override
    public void workAvailable() {}

    @Override
    public void registersChanged() {}
  }
}
