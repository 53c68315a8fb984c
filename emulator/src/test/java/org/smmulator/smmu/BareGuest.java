package org.smmulator.smmu;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.memory.AddressMap;
import org.smmulator.memory.SparseMemory;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.AtsAnswer;
import org.smmulator.smmu.port.Transaction;

/**
 * Software on bare metal with one SMMU: it lays out structures in memory and reads and writes
 * registers, all by the names of {@link Vectors}, and sends transactions as a device would.
 */
final class BareGuest {
  static final long RAM = 0x4000_0000L;
  static final long RAM_BYTES = 0x1000_0000L;
  static final int NONE = Transaction.NO_SUBSTREAM;
  static final int QUEUE_LOG2 = 4;

  private static final int CR0_ALL = 0b1_1111;
  private static final int RECORD_INVALID = 0b1010;

  final RecordedOutputs outputs;
  final List<Integer> msis = new ArrayList<>();
  final FlakyMemory memory;
  final Smmu smmu;
  final Transaction tx = new Transaction();
  final AtsAnswer answer = new AtsAnswer();

  private final SparseMemory ram = new SparseMemory(RAM, RAM_BYTES);
  private long nextFree = RAM + 0x10_0000;
  private long streamTable;
  private long commandQueue;
  private long eventQueue;
  private long pageRequestQueue;

  BareGuest(SmmuFeatures features) {
    this(features, new RecordedOutputs());
  }

  BareGuest(SmmuFeatures features, RecordedOutputs outputs) {
    this.outputs = outputs;
    memory = new FlakyMemory(AddressMap.of(ram, msis::add));
    smmu = new Smmu(features, memory, outputs);
  }

  /** A guest whose SMMU has caches of two entries, and is up: queues, 256 streams, all events. */
  static BareGuest up() {
    return up(smallCaches());
  }

  static BareGuest up(SmmuFeatures features) {
    BareGuest guest = new BareGuest(features);
    guest.bringUp();
    return guest;
  }

  static SmmuFeatures smallCaches() {
    return SmmuFeatures.defaults().withCaches(new SmmuFeatures.Caches(2, 2, 2, 2));
  }

  void bringUp() {
    prepare();
    writeRegister("CR0", CR0_ALL);
  }

  /** Everything but the enables. */
  void prepare() {
    commandQueue = allocate(16L << QUEUE_LOG2);
    eventQueue = allocate(32L << QUEUE_LOG2);
    pageRequestQueue = allocate(16L << QUEUE_LOG2);
    streamTable = allocate(64 * 256);
    writeRegister("CR2", RECORD_INVALID);
    writeRegister64("STRTAB_BASE", streamTable);
    writeRegister("STRTAB_BASE_CFG", 8);
    writeRegister64("CMDQ_BASE", commandQueue | QUEUE_LOG2);
    writeRegister64("EVENTQ_BASE", eventQueue | QUEUE_LOG2);
    writeRegister64("PRIQ_BASE", pageRequestQueue | QUEUE_LOG2);
    writeRegister("IRQ_CTRL", 0b111);
  }

  /** Disables the SMMU, sets CR2 and enables it again. */
  void setCr2(long value) {
    writeRegister("CR0", CR0_ALL & ~1);
    writeRegister("CR2", value);
    writeRegister("CR0", CR0_ALL);
  }

  // Registers

  void writeRegister(String name, long value) {
    smmu.writeRegister(Vectors.register(name), 4, value);
  }

  void writeRegister64(String name, long value) {
    smmu.writeRegister(Vectors.register(name), 8, value);
  }

  long readRegister(String name) {
    return smmu.readRegister(Vectors.register(name), 4);
  }

  long readRegister64(String name) {
    return smmu.readRegister(Vectors.register(name), 8);
  }

  // Memory

  /** Zeroed memory, aligned to its size. */
  long allocate(long bytes) {
    long size = Math.max(4096, Long.highestOneBit(bytes * 2 - 1));
    nextFree = (nextFree + size - 1) & -size;
    long at = nextFree;
    nextFree += size;
    return at;
  }

  long load(long pa) {
    try {
      return ram.load64(pa);
    } catch (BusAbort e) {
      throw new IllegalArgumentException("no memory at 0x" + Long.toHexString(pa), e);
    }
  }

  void store(long pa, long value) {
    try {
      ram.store64(pa, value);
    } catch (BusAbort e) {
      throw new IllegalArgumentException("no memory at 0x" + Long.toHexString(pa), e);
    }
  }

  void store(long pa, Structure structure) {
    for (int i = 0; i < structure.words().length; i++) {
      store(pa + 8L * i, structure.word(i));
    }
  }

  /** All words from the stream table on, in which the guest keeps its tables. */
  long[] tables() {
    return LongStream.iterate(streamTable, at -> at < nextFree, at -> at + 8)
        .map(this::load)
        .toArray();
  }

  // Structures

  static Structure ste(int config) {
    return new Structure("ste", 8).set("v", 1).set("config", config).set("shcfg", 1);
  }

  /** An entry that translates through the one context descriptor at {@code cd}. */
  static Structure translatingSte(long cd) {
    return ste(0b101).set("s1contextptr", cd).set("eats", 1);
  }

  /** A context descriptor as Linux writes it: 48 bits, TTB0, faults recorded and aborted. */
  static Structure cd(int asid, long ttb0) {
    return new Structure("cd", 8)
        .set("v", 1)
        .set("t0sz", 16)
        .set("ips", 5)
        .set("epd1", 1)
        .set("aa64", 1)
        .set("r", 1)
        .set("a", 1)
        .set("aset", 1)
        .set("asid", asid)
        .set("ttb0", ttb0);
  }

  /** A page, readable and writable for all, accessed, of one ASID. */
  static Structure page(long pa) {
    return new Structure("pte", 1)
        .set("valid", 1)
        .set("table", 1)
        .set("ap1", 1)
        .set("af", 1)
        .set("ng", 1)
        .set("address", pa);
  }

  /** A stage 2 page, Normal, readable, writable and executable for all, accessed. */
  static Structure stage2Page(long pa) {
    return new Structure("s2pte", 1)
        .with("valid=1 table=1 memattr=15 s2ap=3 af=1")
        .set("address", pa);
  }

  static Structure block(long pa) {
    return page(pa).set("table", 0);
  }

  static Structure table(long pa) {
    return new Structure("pte", 1).set("valid", 1).set("table", 1).set("address", pa);
  }

  void storeSte(int streamId, Structure ste) {
    store(streamTable + 64L * streamId, ste);
  }

  long streamTable() {
    return streamTable;
  }

  /** A stream with one context descriptor, over a new empty table; that table. */
  long translatingStream(int streamId, int asid) {
    long root = allocate(4096);
    long context = allocate(64);
    store(context, cd(asid, root));
    storeSte(streamId, translatingSte(context));
    return root;
  }

  /** Stores a leaf of {@code level} for an address, with tables on the way as needed. */
  long map(long root, long va, int level, Structure leaf) {
    long table = root;
    for (int l = 0; l < level; l++) {
      long at = descriptorAddress(table, va, l);
      if ((load(at) & 1) == 0) {
        store(at, table(allocate(4096)));
      }
      table = load(at) & 0x0000_ffff_ffff_f000L;
    }
    long at = descriptorAddress(table, va, level);
    store(at, leaf);
    return at;
  }

  long map(long root, long va, long pa) {
    return map(root, va, 3, page(pa));
  }

  static long descriptorAddress(long table, long va, int level) {
    return table + 8 * ((va >>> (39 - 9 * level)) & 511);
  }

  // Commands

  /** Puts a command into the queue and moves PROD, without letting it run; its address. */
  long submit(Structure command) {
    long prod = readRegister("CMDQ_PROD");
    long at = commandQueue + 16 * (prod & ((1 << QUEUE_LOG2) - 1));
    store(at, command);
    writeRegister("CMDQ_PROD", (prod + 1) & ((2 << QUEUE_LOG2) - 1));
    return at;
  }

  /** Lets the command queue run until it has nothing to do. */
  void run() {
    for (int steps = 0; smmu.hasWork(); steps++) {
      if (steps > 100_000) {
        throw new IllegalStateException("the command queue does not come to rest");
      }
      smmu.step();
    }
  }

  /** Runs one command and a CMD_SYNC to the end. */
  void perform(Structure command) {
    submit(command);
    submit(Structure.command("SYNC"));
    run();
    if (readRegister("CMDQ_CONS") != readRegister("CMDQ_PROD")) {
      throw new IllegalStateException("not consumed: " + command);
    }
  }

  void invalidateAll() {
    perform(Structure.command("CFGI_STE_RANGE").set("range", 31));
    perform(Structure.command("TLBI_NSNH_ALL"));
  }

  int commandError() {
    return (int) (readRegister("CMDQ_CONS") >>> 24) & 0x7f;
  }

  /** Acknowledges all global errors. */
  void acknowledgeErrors() {
    writeRegister("GERRORN", readRegister("GERROR"));
  }

  long activeErrors() {
    return readRegister("GERROR") ^ readRegister("GERRORN");
  }

  // Output queues

  /** Takes all events, acknowledging an overflow. */
  List<Structure> takeEvents() {
    return take("event", eventQueue, 32, "EVENTQ_PROD", "EVENTQ_CONS");
  }

  /** Takes all page requests, acknowledging an overflow. */
  List<Structure> takePageRequests() {
    return take("pri", pageRequestQueue, 16, "PRIQ_PROD", "PRIQ_CONS");
  }

  private List<Structure> take(String kind, long base, int bytes, String prod, String cons) {
    List<Structure> taken = new ArrayList<>();
    long end = readRegister(prod);
    long at = readRegister(cons) & 0xfffff;
    for (; at != (end & 0xfffff); at = (at + 1) & ((2 << QUEUE_LOG2) - 1)) {
      Structure entry = new Structure(kind, bytes / 8);
      long slot = base + bytes * (at & ((1 << QUEUE_LOG2) - 1));
      for (int i = 0; i < entry.words().length; i++) {
        entry.words()[i] = load(slot + 8L * i);
      }
      taken.add(entry);
    }
    writeRegister(cons, end);
    return taken;
  }

  /** The one event there is. */
  Structure takeEvent() {
    List<Structure> events = takeEvents();
    if (events.size() != 1) {
      throw new AssertionError("expected one event, got " + events);
    }
    return events.get(0);
  }

  // Devices

  /** An unprivileged data access; its outcome is in {@link #tx}. */
  Transaction.Outcome access(int streamId, int substreamId, long address, boolean write) {
    return access(streamId, substreamId, address, write, false, false);
  }

  Transaction.Outcome access(
      int streamId,
      int substreamId,
      long address,
      boolean write,
      boolean privileged,
      boolean execute) {
    smmu.translate(tx.request(streamId, substreamId, address, write, privileged, execute));
    return tx.outcome();
  }

  /** Where a read goes; the test fails if it goes nowhere. */
  long read(int streamId, int substreamId, long address) {
    if (access(streamId, substreamId, address, false) != Transaction.Outcome.TRANSLATED) {
      throw new AssertionError("not translated: " + tx.outcome() + " " + tx.event());
    }
    return tx.pa();
  }

  /** A translation request for read and write. */
  AtsAnswer.Status request(int streamId, int substreamId, long address, int pages) {
    smmu.translationRequest(
        tx.request(streamId, substreamId, address, true, false, false), pages, answer);
    return answer.status();
  }
}
