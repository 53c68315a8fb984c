package org.smmulator.smmu.oracle;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.BroadcastTlbi;

/** Software's hands on the SMMU: registers, command queue, event queue; offsets of IHI 0070 6.2. */
final class Driver {
  private static final int CR0 = 0x20;
  private static final int CR2 = 0x2c;
  private static final int GBPA = 0x44;
  private static final int GERROR = 0x60;
  private static final int STRTAB_BASE = 0x80;
  private static final int STRTAB_BASE_CFG = 0x88;
  private static final int CMDQ_BASE = 0x90;
  private static final int CMDQ_PROD = 0x98;
  private static final int CMDQ_CONS = 0x9c;
  private static final int EVENTQ_BASE = 0xa0;
  private static final int EVENTQ_PROD = 0x100a8;
  private static final int EVENTQ_CONS = 0x100ac;
  private static final int QUEUE_LOG2 = 6;
  private static final int INDEX_AND_WRAP = (2 << QUEUE_LOG2) - 1;
  private static final int INDEX = (1 << QUEUE_LOG2) - 1;
  private static final long COMMANDS = Arena.QUEUES;
  private static final long EVENTS = Arena.QUEUES + 0x8000;
  private static final long OVERFLOW = 1L << 31;
  private static final int QUEUES_ENABLED = 0b1100;

  private final SmmuUnderTest smmu;
  private final Arena arena;
  private int commandProducer;
  private int eventConsumer;
  private @Nullable EventRecord lastTaken;
  private int released;
  private boolean full;
  private int enabled;

  Driver(SmmuUnderTest smmu, Arena arena) {
    this.smmu = smmu;
    this.arena = arena;
  }

  /** Queues on, translation off. */
  void start(long cr2, long strtabBase, long strtabBaseCfg) {
    smmu.write(CR2, 4, cr2);
    smmu.write(STRTAB_BASE, 8, strtabBase);
    smmu.write(STRTAB_BASE_CFG, 4, strtabBaseCfg);
    smmu.write(CMDQ_BASE, 8, COMMANDS | QUEUE_LOG2);
    smmu.write(CMDQ_PROD, 4, 0);
    smmu.write(CMDQ_CONS, 4, 0);
    smmu.write(EVENTQ_BASE, 8, EVENTS | QUEUE_LOG2);
    smmu.write(EVENTQ_PROD, 4, 0);
    smmu.write(EVENTQ_CONS, 4, 0);
    smmu.write(CR0, 4, QUEUES_ENABLED);
  }

  void globalAbort(boolean abort) {
    smmu.write(GBPA, 4, (1L << 31) | (abort ? 1L << 20 : 0) | (1 << 12));
  }

  /**
   * Translation on.
   *
   * @param vmw how many low bits of VMIDs invalidations ignore
   */
  void enable(boolean checkAts, int vmw) {
    enabled = QUEUES_ENABLED | 1 | (checkAts ? 1 << 4 : 0) | (vmw << 6);
    smmu.write(CR0, 4, enabled);
  }

  /** Translation off, and on again as it was. */
  void disable() {
    smmu.write(CR0, 4, enabled & ~1);
  }

  void enableAgain() {
    smmu.write(CR0, 4, enabled);
  }

  BroadcastTlbi cpus() {
    return smmu.cpus();
  }

  RegisterValues registers() {
    return RegisterValues.readFrom(smmu::read);
  }

  void command(long dw0, long dw1) {
    long at = COMMANDS + (commandProducer & INDEX) * 16L;
    arena.poke(at, dw0);
    arena.poke(at + 8, dw1);
    commandProducer = (commandProducer + 1) & INDEX_AND_WRAP;
    smmu.write(CMDQ_PROD, 4, commandProducer);
    smmu.runCommands();
  }

  /** The last commands, oldest first, from the queue itself. */
  String recentCommands() {
    StringBuilder text = new StringBuilder();
    for (int back = 6; back > 0; back--) {
      long at = COMMANDS + ((commandProducer - back) & INDEX) * 16L;
      text.append(String.format(" %016x:%016x", arena.peek(at), arena.peek(at + 8)));
    }
    return text.toString();
  }

  /** CMD_SYNC without a signal; everything before it must be consumed, without error. */
  void sync() {
    command(0x46, 0);
    long consumer = smmu.read(CMDQ_CONS, 4);
    if ((consumer & INDEX_AND_WRAP) != commandProducer || smmu.read(GERROR, 4) != 0) {
      throw new AssertionError(
          String.format(
              "commands up to %x, consumed %x, GERROR %x; next %016x",
              commandProducer,
              consumer,
              smmu.read(GERROR, 4),
              arena.peek(COMMANDS + (consumer & INDEX) * 16)));
    }
  }

  /** The next event record; null if there is none. {@link #release} lets go of it. */
  @Nullable EventRecord takeEvent() {
    int producer = (int) smmu.read(EVENTQ_PROD, 4) & INDEX_AND_WRAP;
    if (producer == eventConsumer) {
      return null;
    }
    long at = EVENTS + (eventConsumer & INDEX) * 32L;
    eventConsumer = (eventConsumer + 1) & INDEX_AND_WRAP;
    EventRecord taken =
        new EventRecord(
            arena.peek(at), arena.peek(at + 8), arena.peek(at + 16), arena.peek(at + 24));
    lastTaken = taken;
    return taken;
  }

  /** Frees what was taken; whether there are new records. */
  boolean release() {
    if (full || released == eventConsumer) {
      return false;
    }
    acknowledge();
    return ((int) smmu.read(EVENTQ_PROD, 4) & INDEX_AND_WRAP) != eventConsumer;
  }

  private void acknowledge() {
    released = eventConsumer;
    long overflow = smmu.read(EVENTQ_PROD, 4) & OVERFLOW;
    smmu.write(EVENTQ_CONS, 4, eventConsumer | overflow);
  }

  /** Lets the queue look as if none of a full queue's records had been read. */
  void fillUp() {
    full = true;
    long overflow = smmu.read(EVENTQ_PROD, 4) & OVERFLOW;
    smmu.write(EVENTQ_CONS, 4, (eventConsumer ^ (1 << QUEUE_LOG2)) | overflow);
  }

  /** The queue is empty again, and an overflow acknowledged. */
  void makeRoom() {
    full = false;
    acknowledge();
  }

  /** Whether the event queue is full. */
  boolean losesEvents() {
    return full;
  }

  /** Whether the last record in the queue speaks for a wanted one: all but the page offset. */
  boolean mergesWithLast(EventRecord wanted) {
    EventRecord last = lastTaken;
    return last != null
        && wanted.dw0() == last.dw0()
        && wanted.dw1() == last.dw1()
        && wanted.dw2() >>> 12 == last.dw2() >>> 12
        && wanted.dw3() == last.dw3();
  }

  /** Whether a record was lost that software was not told of before. */
  boolean hasOverflowed() {
    return ((smmu.read(EVENTQ_PROD, 4) ^ smmu.read(EVENTQ_CONS, 4)) & OVERFLOW) != 0;
  }
}
