package org.smmulator.guest.iommu.smmuv3;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import org.smmulator.arch.port.Interrupts;
import org.smmulator.arch.port.Mmio;
import org.smmulator.execution.Execution;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.WaitQueue;

/**
 * The driver's view of an SMMU, scripted: it acknowledges handshakes, consumes commands from memory
 * one at a time, fails those of silent devices, and writes down what happened in a journal. It
 * decodes with bit numbers of its own, runs on the deterministic execution as a task, and complains
 * when software breaks a rule of the register interface.
 */
public final class FakeSmmu implements Mmio, Interrupts {
  static final long TIMEOUT_NANOS = 1_000_000_000L;

  private static final int CR0 = 0x20;
  private static final int CR0ACK = 0x24;
  private static final int GBPA = 0x44;
  private static final int IRQ_CTRL = 0x50;
  private static final int IRQ_CTRLACK = 0x54;
  private static final int GERROR = 0x60;
  private static final int GERRORN = 0x64;
  private static final int CMDQ_BASE = 0x90;
  private static final int CMDQ_PROD = 0x98;
  private static final int CMDQ_CONS = 0x9c;

  final List<String> journal = new ArrayList<>();

  /** What software has put into memory for the streams. */
  public final StreamTables tables;

  /** Streams whose devices do not answer ATC invalidations. */
  final Set<Integer> silent = new HashSet<>();

  /** Opcodes to be refused. */
  final Set<Integer> illegal = new HashSet<>();

  /** First two words of a descriptor or entry each time its invalidation is executed. */
  final List<List<Long>> seenAtInvalidation = new ArrayList<>();

  /** How many fetches of commands abort from now on. */
  int fetchAborts;

  /** Whether handshakes are answered. */
  boolean dead;

  int timeouts;

  private int commandsLeft = Integer.MAX_VALUE;

  private final Sched sched;
  private final FakeRam ram;
  private final WaitQueue work;
  private final Map<Integer, Long> registers = new HashMap<>();
  private final Map<Integer, Runnable> handlers = new HashMap<>();
  private final List<Execution.Handle> polling = new ArrayList<>();
  private final List<Integer> atcInvalidations = new ArrayList<>();
  private final Set<Integer> staleSte = new HashSet<>();
  private final Map<Integer, long[]> cachedSte = new HashMap<>();

  public FakeSmmu(Sched sched, FakeRam ram) {
    this.sched = sched;
    this.ram = ram;
    this.tables = new StreamTables(ram, this::get);
    this.work = sched.waitQueue("fake smmu");
    // S1P, TTF AArch64, COHACC, Hyp, ATS, ASID16, PRI, CD2L, TTENDIAN little, ATSRECERR, 2-level.
    set(0x00, 0x2 | 0x8 | 0x10 | 0x200 | 0x400 | 0x1000 | 0x1_0000 | 0x8_0000 | 0x40_0000);
    set(0x00, get(0x00) | 0x80_0000 | 0x800_0000);
    sizes(16, 20, 4, 3, 3);
    set(0x14, 0x15);
    set(GBPA, 0x1000);
    sched.spawn("fake smmu", this::serve);
  }

  void sizes(int streamBits, int substreamBits, int commands, int events, int requests) {
    set(4, streamBits | substreamBits << 6 | requests << 11 | events << 16 | commands << 21);
  }

  long get(int offset) {
    return registers.getOrDefault(offset, 0L);
  }

  void set(int offset, long value) {
    registers.put(offset, value);
  }

  @Override
  public long read(long offset, int sizeBytes) {
    sched.execution().yieldPoint();
    return get((int) offset);
  }

  @Override
  public void write(long offset, int sizeBytes, long value) {
    sched.execution().yieldPoint();
    int register = (int) offset;
    checkRules(register);
    if (RegisterNames.of(register) == null) {
      throw new AssertionError("write to read-only or unknown register 0x" + hex(offset));
    }
    boolean index = (register & 0xffff) >= 0x98 && isEnabledQueueIndex(register);
    if (!index) {
      journal.add(RegisterNames.of(register) + "=0x" + hex(value));
    }
    set(register, value);
    changed();
  }

  private boolean isEnabledQueueIndex(int register) {
    long cr0 = get(CR0ACK);
    return switch (register) {
      case CMDQ_PROD -> (cr0 & 8) != 0;
      case 0x100ac -> (cr0 & 4) != 0;
      case 0x100cc -> (cr0 & 2) != 0;
      default -> false;
    };
  }

  private void checkRules(int register) {
    long cr0 = get(CR0) | get(CR0ACK);
    long irq = get(IRQ_CTRL) | get(IRQ_CTRLACK);
    boolean broken =
        switch (register) {
          case CR0 -> get(CR0) != get(CR0ACK);
          case IRQ_CTRL -> get(IRQ_CTRL) != get(IRQ_CTRLACK);
          case GBPA -> get(GBPA) >>> 31 != 0;
          case 0x28 -> (cr0 & 0xf) != 0;
          case 0x2c, 0x80, 0x88 -> (cr0 & 1) != 0;
          case CMDQ_BASE, CMDQ_CONS -> (cr0 & 8) != 0;
          case 0xa0, 0x100a8 -> (cr0 & 4) != 0;
          case 0xc0, 0x100c8 -> (cr0 & 2) != 0;
          case 0x68, 0x70, 0x74 -> (irq & 1) != 0;
          case 0xd0, 0xd8, 0xdc -> (irq & 2) != 0;
          case 0xb0, 0xb8, 0xbc -> (irq & 4) != 0;
          default -> false;
        };
    if (broken) {
      throw new AssertionError(RegisterNames.of(register) + " must not be written now");
    }
  }

  @Override
  public boolean awaitChange(long offset, IntPredicate until, long deadlineNanos) {
    sched.execution().yieldPoint();
    while (!until.test((int) get((int) offset))) {
      if (sched.nanoTime() >= deadlineNanos) {
        return false;
      }
      polling.add(sched.execution().current());
      if (!until.test((int) get((int) offset))) {
        sched.execution().park(deadlineNanos);
      }
    }
    return true;
  }

  private void changed() {
    List<Execution.Handle> woken = List.copyOf(polling);
    polling.clear();
    woken.forEach(sched.execution()::unpark);
    work.wakeAll();
  }

  @Override
  public void connect(int intid, Runnable handler) {
    handlers.put(intid, handler);
  }

  @Override
  public void disconnect(int intid) {
    handlers.remove(intid);
  }

  /** Enabled by a bit of IRQ_CTRL; as a message if the source has an address, else by wire. */
  private void interrupt(int enableBit, int wired, int configuration) {
    if ((get(IRQ_CTRLACK) & enableBit) == 0) {
      return;
    }
    boolean message = get(configuration) == 0x0802_0040L;
    Runnable handler = handlers.get(message ? (int) get(configuration + 8) : wired);
    if (handler == null) {
      throw new AssertionError("nobody is connected to interrupt " + wired);
    }
    handler.run();
  }

  private void serve() {
    while (true) {
      work.await(() -> !dead && (handshakePending() || canConsume()), Long.MAX_VALUE);
      if (handshakePending()) {
        set(CR0ACK, get(CR0));
        set(IRQ_CTRLACK, get(IRQ_CTRL));
        set(GBPA, get(GBPA) & 0x7fff_ffffL);
        changed();
      } else {
        consume();
      }
    }
  }

  /** Consumes so many commands, and then none until told to go on. */
  void consumeOnly(int commands) {
    commandsLeft = commands;
    work.wakeAll();
  }

  private boolean handshakePending() {
    return get(CR0) != get(CR0ACK) || get(IRQ_CTRL) != get(IRQ_CTRLACK) || get(GBPA) >>> 31 != 0;
  }

  private boolean canConsume() {
    int lap = 2 * commandEntries() - 1;
    return commandsLeft > 0
        && (get(CR0ACK) & 8) != 0
        && ((get(GERROR) ^ get(GERRORN)) & 1) == 0
        && (get(CMDQ_PROD) & lap) != (get(CMDQ_CONS) & lap);
  }

  private int commandEntries() {
    return 1 << (get(CMDQ_BASE) & 0x1f);
  }

  private void consume() {
    int entries = commandEntries();
    long index = get(CMDQ_CONS) & (2 * entries - 1);
    long at = (get(CMDQ_BASE) & 0xf_ffff_ffff_ffe0L) + (index & (entries - 1)) * 16;
    long word0 = ram.peek(at);
    long word1 = ram.peek(at + 8);
    if (fetchAborts > 0) {
      fetchAborts--;
      commandError(2);
    } else if (illegal.contains((int) (word0 & 0xff))) {
      journal.add("refused " + decode(word0, word1));
      commandError(1);
    } else if ((word0 & 0xff) == 0x46 && !completeSync()) {
      commandError(3);
    } else {
      journal.add(decode(word0, word1));
      commandsLeft--;
      set(CMDQ_CONS, (index + 1) & (2 * entries - 1));
      changed();
    }
  }

  private void commandError(long code) {
    set(CMDQ_CONS, (get(CMDQ_CONS) & 0xfffff) | code << 24);
    set(GERROR, get(GERROR) ^ 1);
    changed();
    interrupt(1, 109, 0x68);
  }

  private boolean completeSync() {
    boolean failed = atcInvalidations.stream().anyMatch(silent::contains);
    atcInvalidations.clear();
    if (failed) {
      sched.sleep(TIMEOUT_NANOS);
      timeouts++;
      journal.add("time-out");
      return false;
    }
    // As late as the architecture allows.
    staleSte.forEach(cachedSte::remove);
    staleSte.clear();
    return true;
  }

  /** A case for each command. */
  private String decode(long word0, long word1) {
    String stream = " sid=" + hex(word0 >>> 32);
    String substream = (word0 & 0x800) != 0 ? " ssid=" + (word0 >>> 12 & 0xfffff) : "";
    String asid = " asid=" + hex(word0 >>> 48);
    String address = " " + hex(word1 & ~0xfffL);
    String leaf = (word1 & 1) != 0 ? " leaf" : "";
    switch ((int) (word0 & 0xff)) {
      case 0x03 -> {
        int id = (int) (word0 >>> 32);
        staleSte.add(id);
        seenAtInvalidation.add(List.of(tables.steWord(id, 0), tables.steWord(id, 1)));
        return "CFGI_STE" + stream + leaf;
      }
      case 0x04 -> {
        return (word1 & 0x1f) == 31 ? "CFGI_ALL" : "CFGI_STE_RANGE";
      }
      case 0x05 -> {
        int id = (int) (word0 >>> 32);
        int context = (int) (word0 >>> 12 & 0xfffff);
        if (tables.steWord(id, 0) != 1) {
          seenAtInvalidation.add(
              List.of(tables.cdWord(id, context, 0), tables.cdWord(id, context, 1)));
        }
        return "CFGI_CD" + stream + " ssid=" + (word0 >>> 12 & 0xfffff) + leaf;
      }
      case 0x11 -> {
        return "TLBI_NH_ASID" + asid;
      }
      case 0x12 -> {
        return "TLBI_NH_VA" + asid + address + leaf;
      }
      case 0x20 -> {
        return "TLBI_EL2_ALL";
      }
      case 0x30 -> {
        return "TLBI_NSNH_ALL";
      }
      case 0x40 -> {
        atcInvalidations.add((int) (word0 >>> 32));
        return "ATC_INV" + stream + substream + address + " size=" + (word1 & 0x3f);
      }
      case 0x41 -> {
        return "PRI_RESP%s%s group=%d code=%d"
            .formatted(stream, substream, word1 & 0x1ff, word1 >>> 12 & 3);
      }
      case 0x44 -> {
        String end = (word0 & 0x1000) != 0 ? "retry" : (word0 & 0x2000) != 0 ? "abort" : "RAZ/WI";
        return "RESUME" + stream + " stag=" + (word1 & 0xffff) + " " + end;
      }
      case 0x45 -> {
        return "STALL_TERM" + stream;
      }
      case 0x46 -> {
        return "SYNC";
      }
      default -> throw new AssertionError("unknown command " + hex(word0) + " " + hex(word1));
    }
  }

  /** Whether translated traffic is let through, by what the SMMU may still have cached. */
  boolean acceptsTranslated(int streamId) {
    long[] entry =
        cachedSte.computeIfAbsent(
            streamId, id -> new long[] {tables.steWord(id, 0), tables.steWord(id, 1)});
    return (entry[0] >>> 1 & 7) == 5 && (entry[1] >>> 28 & 3) == 1;
  }

  /** Writes a record into the event queue as hardware does. */
  void event(long... words) {
    boolean empty = (get(0x100a8) & 0xfffff) == (get(0x100ac) & 0xfffff);
    if (output(0xa0, 0x100a8, 0x100ac, words) && empty) {
      interrupt(4, 106, 0xb0);
    }
  }

  /** Writes a page request; whether there was room. An unacknowledged overflow keeps it out. */
  boolean pageRequest(long word0, long word1) {
    boolean empty = (get(0x100c8) & 0xfffff) == (get(0x100cc) & 0xfffff);
    boolean written =
        ((get(0x100c8) ^ get(0x100cc)) >>> 31 & 1) == 0
            && output(0xc0, 0x100c8, 0x100cc, word0, word1);
    if (written && empty) {
      interrupt(2, 107, 0xd0);
    }
    return written;
  }

  private boolean output(int baseRegister, int prod, int cons, long... words) {
    int entries = 1 << (get(baseRegister) & 0x1f);
    long index = get(prod) & (2 * entries - 1);
    if ((index ^ (get(cons) & (2 * entries - 1))) == entries) {
      if (((get(prod) ^ get(cons)) >>> 31 & 1) == 0) {
        set(prod, get(prod) ^ 0x8000_0000L);
      }
      return false;
    }
    long at =
        (get(baseRegister) & 0xf_ffff_ffff_ffe0L) + (index & (entries - 1)) * 8L * words.length;
    for (int i = 0; i < words.length; i++) {
      ram.poke(at + 8L * i, words[i]);
    }
    set(prod, (get(prod) & 0x8000_0000L) | ((index + 1) & (2 * entries - 1)));
    changed();
    return true;
  }

  static String hex(long value) {
    return Long.toHexString(value);
  }
}
