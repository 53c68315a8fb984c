package org.smmulator.bench;

import java.util.SplittableRandom;
import org.smmulator.arch.command.CommandField;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.register.Cr0;
import org.smmulator.arch.register.QueueBase;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.arch.register.StrtabBase;
import org.smmulator.arch.structure.Cd;
import org.smmulator.arch.structure.Ste;
import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.memory.AddressMap;
import org.smmulator.memory.Ram;
import org.smmulator.memory.SparseMemory;
import org.smmulator.smmu.SilentOutputs;
import org.smmulator.smmu.Smmu;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.SmmuCounter;
import org.smmulator.smmu.port.Transaction;

/**
 * One SMMU, one stream, a number of PASIDs from 1 on, each with an ASID of the same number, and
 * pages mapped one by one in a table that all PASIDs share.
 */
final class TranslatingMachine {
  static final int STREAM = 0;
  static final int PASID = 1;
  static final int QUEUE_LOG2 = 16;
  static final int DENSE = Descriptor.PAGE_SHIFT;
  static final int SPARSE = Descriptor.levelShift(2);

  private static final long FIRST_PAGE = 0x7f00_0000_0000L;
  static final long RAM = 0x4000_0000L;
  static final long RAM_BYTES = 1L << 30;
  private static final long STREAM_TABLE = RAM;
  private static final long COMMAND_QUEUE = RAM + 0x10_0000;
  private static final long CONTEXTS = RAM + 0x20_0000;
  private static final int CONTEXTS_LOG2 = 9;
  private static final long ROOT = RAM + 0x30_0000;
  private static final long STAGE2_ROOT = ROOT + Descriptor.PAGE_BYTES;
  private static final long PAGES = RAM + RAM_BYTES;
  private static final long STAGE1_LEAF =
      Descriptor.VALID
          | Descriptor.TABLE_OR_PAGE
          | Descriptor.AF
          | Descriptor.NG
          | Descriptor.AP_UNPRIVILEGED;
  private static final long STAGE2_LEAF =
      Descriptor.VALID
          | Descriptor.TABLE_OR_PAGE
          | Descriptor.AF
          | Descriptor.S2AP_READ
          | Descriptor.S2AP_WRITE
          | 0xfL << Descriptor.S2_MEMATTR_SHIFT;

  final PhysicalMemory bus;
  final Smmu smmu;

  /** Addresses of the mapped pages, in a random order without repeats. */
  final long[] addresses;

  private final Transaction tx = new Transaction();
  private long nextTable = STAGE2_ROOT + Descriptor.PAGE_BYTES;
  private int prod;

  /**
   * Stage 1 alone.
   *
   * @param spacingLog2 log2 of the bytes from one page to the next
   */
  TranslatingMachine(SmmuFeatures features, int pages, int spacingLog2) throws BusAbort {
    this(features, pages, spacingLog2, new SparseMemory(RAM, RAM_BYTES));
  }

  /**
   * As above, in RAM that is zero, or was used for the same.
   *
   * @param ram from {@link #RAM} on
   */
  TranslatingMachine(SmmuFeatures features, int pages, int spacingLog2, Ram ram) throws BusAbort {
    bus = AddressMap.of(ram, intid -> {});
    smmu = new Smmu(features, bus, new SilentOutputs());
    addresses = new long[pages];
    SplittableRandom random = new SplittableRandom(42);
    for (int i = 0; i < pages; i++) {
      long address = FIRST_PAGE + ((long) i << spacingLog2);
      map(ROOT, address, PAGES + i * Descriptor.PAGE_BYTES | STAGE1_LEAF);
      int j = random.nextInt(i + 1);
      addresses[i] = addresses[j];
      addresses[j] = address;
    }
    writeStructures();
    smmu.writeRegister(SmmuRegister.STRTAB_BASE.offset(), 8, STREAM_TABLE);
    smmu.writeRegister(SmmuRegister.STRTAB_BASE_CFG.offset(), 4, StrtabBase.LOG2SIZE.of(0));
    long queue = QueueBase.ADDR.inPlace(COMMAND_QUEUE) | QueueBase.LOG2SIZE.of(QUEUE_LOG2);
    smmu.writeRegister(SmmuRegister.CMDQ_BASE.offset(), 8, queue);
    long enables = Cr0.SMMUEN.of(1) | Cr0.CMDQEN.of(1) | Cr0.ATSCHK.of(1);
    smmu.writeRegister(SmmuRegister.CR0.offset(), 4, enables);
  }

  /** Both stages: stage 2 leads every page of stage 1, and every table of it, to itself. */
  static TranslatingMachine nested(SmmuFeatures features, int pages) throws BusAbort {
    TranslatingMachine machine = new TranslatingMachine(features, pages, DENSE);
    machine.mapToItself(CONTEXTS, machine.nextTable);
    machine.mapToItself(PAGES, PAGES + pages * Descriptor.PAGE_BYTES);
    machine.enableStage2();
    return machine;
  }

  private void writeStructures() throws BusAbort {
    bus.store64(
        STREAM_TABLE,
        Ste.V.of(1)
            | Ste.CONFIG.of(Ste.CONFIG_STAGE1)
            | Ste.S1CDMAX.of(CONTEXTS_LOG2)
            | Ste.S1CONTEXTPTR.inPlace(CONTEXTS));
    bus.store64(STREAM_TABLE + 8, Ste.S1DSS.of(Ste.S1DSS_SSID0) | Ste.EATS.of(Ste.EATS_FULL));
    for (int pasid = PASID; pasid < 1 << CONTEXTS_LOG2; pasid++) {
      long cd = CONTEXTS + (long) pasid * Cd.BYTES;
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
              | Cd.ASID.of(pasid));
    }
  }

  /** Before the first use of the stream. */
  private void enableStage2() throws BusAbort {
    long first = bus.load64(STREAM_TABLE);
    bus.store64(STREAM_TABLE, Ste.CONFIG.set(first, Ste.CONFIG_NESTED));
    bus.store64(
        STREAM_TABLE + 16,
        Ste.S2VMID.of(1)
            | Ste.S2T0SZ.of(16)
            | Ste.S2SL0.of(2)
            | Ste.S2PS.of(5)
            | Ste.S2AA64.of(1)
            | Ste.S2R.of(1));
    bus.store64(STREAM_TABLE + 24, Ste.S2TTB.inPlace(STAGE2_ROOT));
  }

  private void mapToItself(long first, long end) throws BusAbort {
    for (long page = first; page < end; page += Descriptor.PAGE_BYTES) {
      map(STAGE2_ROOT, page, page | STAGE2_LEAF);
    }
  }

  private void map(long root, long address, long leaf) throws BusAbort {
    long table = root;
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
    bus.store64(table + 8L * Descriptor.index(address, 3), leaf);
  }

  /** What a walk of stage 1 loads, each address out of the load before, and nothing else. */
  long fourDependentLoads(long address) throws BusAbort {
    long table = ROOT;
    for (int level = 0; level < 4; level++) {
      long descriptor = bus.load64(table + 8L * Descriptor.index(address, level));
      table = Descriptor.address(descriptor);
    }
    return table;
  }

  /** An untranslated write; where it goes. */
  long translate(int pasid, long address) {
    smmu.translate(tx.request(STREAM, pasid, address, true, false, false));
    if (!tx.isTranslated()) {
      throw new IllegalStateException("not translated: 0x" + Long.toHexString(address));
    }
    return tx.pa();
  }

  /** One write to every page. */
  void translateAll(int pasid) {
    for (long address : addresses) {
      long unused = translate(pasid, address);
    }
  }

  /** Descriptors that are read for writes to all pages once, for each of them. */
  double descriptorReadsPerWalk() {
    translateAll(PASID);
    long walks = smmu.counters().of(SmmuCounter.WALKS);
    long reads = smmu.counters().of(SmmuCounter.DESCRIPTOR_READS);
    translateAll(PASID);
    if (smmu.counters().of(SmmuCounter.WALKS) - walks < addresses.length) {
      throw new IllegalStateException("the TLB hits");
    }
    return (smmu.counters().of(SmmuCounter.DESCRIPTOR_READS) - reads) / (double) addresses.length;
  }

  /** Puts a command at a position of the queue, to be executed whenever PROD passes it. */
  void storeCommand(int position, long first, long second) throws BusAbort {
    long at = COMMAND_QUEUE + (long) position * CommandField.BYTES;
    bus.store64(at, first);
    bus.store64(at + 8, second);
  }

  /** Writes CMDQ_PROD, {@code count} further, and lets the SMMU run until it has nothing to do. */
  void produce(int count) {
    prod = (prod + count) & ((2 << QUEUE_LOG2) - 1);
    smmu.writeRegister(SmmuRegister.CMDQ_PROD.offset(), 4, prod);
    while (smmu.hasWork()) {
      smmu.step();
    }
  }

  /** Where {@link #produce} goes on. */
  int position() {
    return prod & ((1 << QUEUE_LOG2) - 1);
  }

  /** Fails if a command was refused or is left. */
  void checkConsumed() {
    if (smmu.readRegister(SmmuRegister.CMDQ_CONS.offset(), 4) != prod) {
      throw new IllegalStateException("the command queue stopped");
    }
  }
}
