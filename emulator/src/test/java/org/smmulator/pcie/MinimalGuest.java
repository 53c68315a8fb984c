package org.smmulator.pcie;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.command.CommandField;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.arch.structure.Cd;
import org.smmulator.arch.structure.Ste;
import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.smmu.Smmu;

/**
 * The least software that makes an SMMU translate: one linear stream table, for each stream a table
 * of context descriptors and one page table for all PASIDs, and the queues.
 */
public final class MinimalGuest {
  public static final long RAM = 0x4000_0000L;
  public static final long RAM_BYTES = 64L << 20;

  private static final int QUEUE_LOG2 = 8;
  private static final int STREAMS_LOG2 = 8;
  private static final int PASIDS_LOG2 = 4;
  private static final int ALL_ENABLES = 0b1_1111;
  private static final long GBPA_UPDATE = 1L << 31;
  private static final long GBPA_ABORT = 1 << 20;

  /** How software reaches the SMMU's registers. */
  public interface Registers {
    void write(int offset, int bytes, long value);

    long read(int offset, int bytes);
  }

  private final PhysicalMemory memory;
  private final Registers registers;
  private long nextFree = RAM + 0x10_0000;
  private final long streams = allocate(64L << STREAMS_LOG2);
  private final long commands = allocate(16L << QUEUE_LOG2);
  private final long events = allocate(32L << QUEUE_LOG2);
  private final long pageRequests = allocate(16L << QUEUE_LOG2);
  private int produced;

  public MinimalGuest(PhysicalMemory memory, Smmu smmu) {
    this(
        memory,
        new Registers() {
          @Override
          public void write(int offset, int bytes, long value) {
            smmu.writeRegister(offset, bytes, value);
          }

          @Override
          public long read(int offset, int bytes) {
            return smmu.readRegister(offset, bytes);
          }
        });
  }

  public MinimalGuest(PhysicalMemory memory, Registers registers) {
    this.memory = memory;
    this.registers = registers;
    write(SmmuRegister.STRTAB_BASE, streams);
    write(SmmuRegister.STRTAB_BASE_CFG, STREAMS_LOG2);
    write(SmmuRegister.CMDQ_BASE, commands | QUEUE_LOG2);
    write(SmmuRegister.EVENTQ_BASE, events | QUEUE_LOG2);
    write(SmmuRegister.PRIQ_BASE, pageRequests | QUEUE_LOG2);
    write(SmmuRegister.CR0, ALL_ENABLES);
  }

  private void write(SmmuRegister register, long value) {
    registers.write(register.offset(), register.widthBytes(), value);
  }

  long read(SmmuRegister register) {
    return registers.read(register.offset(), register.widthBytes());
  }

  /** Zeroed memory, aligned to its size, a page at least. */
  public long allocate(long bytes) {
    long size = Math.max(4096, Long.highestOneBit(bytes * 2 - 1));
    nextFree = (nextFree + size - 1) & -size;
    nextFree += size;
    return nextFree - size;
  }

  public void store(long pa, long value) {
    try {
      memory.store64(pa, value);
    } catch (BusAbort e) {
      throw new IllegalArgumentException("no memory at 0x" + Long.toHexString(pa), e);
    }
  }

  public long load(long pa) {
    try {
      return memory.load64(pa);
    } catch (BusAbort e) {
      throw new IllegalArgumentException("no memory at 0x" + Long.toHexString(pa), e);
    }
  }

  /** Translation with and without PASID for a stream, and ATS; the root of its page table. */
  public long translatingStream(int streamId) {
    long root = allocate(4096);
    long contexts = allocate((long) Cd.BYTES << PASIDS_LOG2);
    for (int pasid = 0; pasid < 1 << PASIDS_LOG2; pasid++) {
      long cd = contexts + (long) Cd.BYTES * pasid;
      long first = Cd.T0SZ.of(16) | Cd.EPD1.of(1) | Cd.V.of(1) | Cd.IPS.of(5) | Cd.AA64.of(1);
      store(cd + 8, Cd.TTB0.set(0, root >>> 4));
      store(cd, first | Cd.R.of(1) | Cd.A.of(1) | Cd.ASET.of(1) | Cd.ASID.of(pasid + 1));
    }
    long ste = streams + (long) Ste.BYTES * streamId;
    store(ste + 8, Ste.S1DSS.of(Ste.S1DSS_SSID0) | Ste.EATS.of(Ste.EATS_FULL));
    store(
        ste,
        Ste.V.of(1)
            | Ste.CONFIG.of(Ste.CONFIG_STAGE1)
            | Ste.S1CONTEXTPTR.set(0, contexts >>> 6)
            | Ste.S1CDMAX.of(PASIDS_LOG2));
    return root;
  }

  /** From now on faults of the stream stall, with the PASIDs that it has. */
  public void letStall(int streamId) {
    long contexts = Ste.S1CONTEXTPTR.get(load(streams + (long) Ste.BYTES * streamId)) << 6;
    for (int pasid = 0; pasid < 1 << PASIDS_LOG2; pasid++) {
      long cd = contexts + (long) Cd.BYTES * pasid;
      store(cd, load(cd) | Cd.S.of(1));
    }
  }

  /** The stream's entry aborts everything, without a record. */
  void abortAll(int streamId) {
    long ste = streams + (long) Ste.BYTES * streamId;
    store(ste, Ste.CONFIG.set(load(ste), Ste.CONFIG_ABORT));
    submit(CommandOpcode.CFGI_STE, CommandField.STREAM_ID.of(streamId), CommandField.LEAF.of(1));
    submit(CommandOpcode.SYNC, 0, 0);
  }

  /** Everything passes or everything aborts from now on, without translation. */
  void disable(boolean abort) {
    write(SmmuRegister.GBPA, GBPA_UPDATE | (abort ? GBPA_ABORT : 0));
    write(SmmuRegister.CR0, ALL_ENABLES & ~1);
  }

  /** Answers a stall. */
  public void resume(int streamId, int stag, boolean retry, boolean abort) {
    submit(
        CommandOpcode.RESUME,
        CommandField.STREAM_ID.of(streamId)
            | CommandField.AC.of(retry ? 1 : 0)
            | CommandField.AB.of(abort ? 1 : 0),
        CommandField.STAG.of(stag));
  }

  /** Aborts all that has stalled of a stream. */
  void terminateStalls(int streamId) {
    submit(CommandOpcode.STALL_TERM, CommandField.STREAM_ID.of(streamId), 0);
  }

  /** A record of the event queue that was not taken yet, or null. */
  public long @Nullable [] takeEvent() {
    int consumed = (int) read(SmmuRegister.EVENTQ_CONS) & ((2 << QUEUE_LOG2) - 1);
    if (consumed == (int) read(SmmuRegister.EVENTQ_PROD)) {
      return null;
    }
    long at = events + 32L * (consumed & ((1 << QUEUE_LOG2) - 1));
    long[] record = {load(at), load(at + 8), load(at + 16), load(at + 24)};
    write(SmmuRegister.EVENTQ_CONS, (consumed + 1) & ((2 << QUEUE_LOG2) - 1));
    return record;
  }

  /** Refuses the stream's translated and translation requests from now on. */
  void fence(int streamId) {
    long ste = streams + (long) Ste.BYTES * streamId;
    store(ste + 8, Ste.EATS.set(load(ste + 8), Ste.EATS_ABORT));
    submit(CommandOpcode.CFGI_STE, CommandField.STREAM_ID.of(streamId), CommandField.LEAF.of(1));
  }

  /** Ends a mapping in the table, and in the table alone. */
  public void unmap(long root, long va) {
    long table = root;
    for (int level = 0; level < 3; level++) {
      table = Descriptor.address(load(table + 8L * Descriptor.index(va, level)));
    }
    store(table + 8L * Descriptor.index(va, 3), 0);
  }

  /** The TLB forgets everything of the stream's worlds. */
  public void invalidateTlb() {
    submit(CommandOpcode.TLBI_NSNH_ALL, 0, 0);
    submit(CommandOpcode.SYNC, 0, 0);
  }

  /** Maps a page for reading, and for writing if wanted. */
  public void map(long root, long va, long pa, boolean writable) {
    long table = root;
    for (int level = 0; level < 3; level++) {
      long at = table + 8L * Descriptor.index(va, level);
      if (load(at) == 0) {
        store(at, Descriptor.table(allocate(4096)));
      }
      table = Descriptor.address(load(at));
    }
    long readOnly = writable ? 0 : Descriptor.AP_READ_ONLY;
    long flags = Descriptor.AP_UNPRIVILEGED | Descriptor.AF | Descriptor.NG | readOnly;
    store(
        table + 8L * Descriptor.index(va, 3),
        pa | flags | Descriptor.TABLE_OR_PAGE | Descriptor.VALID);
  }

  /** Puts a command into the queue. */
  void submit(CommandOpcode opcode, long firstWord, long secondWord) {
    long at = commands + 16L * (produced & ((1 << QUEUE_LOG2) - 1));
    store(at, CommandField.OPCODE.of(opcode.code()) | firstWord);
    store(at + 8, secondWord);
    produced = (produced + 1) & ((2 << QUEUE_LOG2) - 1);
    write(SmmuRegister.CMDQ_PROD, produced);
  }

  /** One ATC_INV of 2^pagesLog2 pages and a CMD_SYNC; {@code pasid} negative for none. */
  public void invalidate(int streamId, int pasid, long va, int pagesLog2) {
    atcInvalidation(streamId, pasid, va, pagesLog2);
    submit(CommandOpcode.SYNC, 0, 0);
  }

  void atcInvalidation(int streamId, int pasid, long va, int pagesLog2) {
    long substream = pasid < 0 ? 0 : CommandField.SSV.of(1) | CommandField.SUBSTREAM_ID.of(pasid);
    long address = pagesLog2 == CommandField.SIZE_ALL ? 0 : va & -4096L;
    submit(
        CommandOpcode.ATC_INV,
        substream | CommandField.STREAM_ID.of(streamId),
        address | CommandField.SIZE.of(pagesLog2));
  }

  /** Answers a page request group with Success. */
  void respond(int streamId, int pasid, int group) {
    submit(
        CommandOpcode.PRI_RESP,
        CommandField.SSV.of(1)
            | CommandField.SUBSTREAM_ID.of(pasid)
            | CommandField.STREAM_ID.of(streamId),
        CommandField.PRG_INDEX.of(group) | CommandField.RESP.of(CommandField.RESP_SUCCESS));
  }

  /** Whether all commands are consumed and no global error is up. */
  public boolean isIdle() {
    return (int) read(SmmuRegister.CMDQ_CONS) == produced
        && read(SmmuRegister.GERROR) == read(SmmuRegister.GERRORN);
  }

  /** The command queue's error code: 3 is CERROR_ATC_INV_SYNC. */
  int commandError() {
    return (int) (read(SmmuRegister.CMDQ_CONS) >>> 24) & 0x7f;
  }

  /** Lets the command queue go on after an error. */
  void acknowledgeErrors() {
    write(SmmuRegister.GERRORN, read(SmmuRegister.GERROR));
  }

  /** Records of the PRI queue so far. */
  int pageRequestsQueued() {
    return (int) read(SmmuRegister.PRIQ_PROD);
  }

  /** First word of a PRI queue record. */
  long pageRequest(int index) {
    return load(pageRequests + 16L * index);
  }
}
