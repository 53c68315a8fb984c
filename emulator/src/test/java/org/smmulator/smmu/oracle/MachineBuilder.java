package org.smmulator.smmu.oracle;

import java.util.ArrayList;
import java.util.List;

/** Builds the stream table and the streams of one random machine. */
final class MachineBuilder {
  private final Chance chance;
  private final Arena arena;
  private final Driver driver;

  MachineBuilder(Chance chance, Arena arena, Driver driver) {
    this.chance = chance;
    this.arena = arena;
    this.driver = driver;
  }

  /** A machine ready to be enabled, or with fewer streams where memory ran out. */
  RandomMachine build() {
    RegisterValues bare = driver.registers();
    int log2 = chance.between(2, Math.min(bare.streamIdBits(), 12));
    boolean twoLevel = bare.twoLevelStreams() && chance.percent(60);
    int split = chance.oneOf(6, 8, 10);
    List<Integer> streamIds = streamIds(log2);
    RandomMachine machine = new RandomMachine(bare);
    machine.streamTableLog2 = log2;
    long table =
        twoLevel
            ? twoLevel(machine, streamIds, log2, split)
            : arena.allocate(64L << log2, log2 + 6);
    long cfg = log2 | ((long) split << 6) | (twoLevel ? 1L << 16 : 0);
    // PTM, under which CPUs are not heard, only now and then.
    long cr2 = chance.bits(4) & (chance.percent(70) ? ~4L : ~0L);
    driver.start(cr2, table, cfg);
    machine.registers = driver.registers();
    fill(machine, streamIds, table, twoLevel ? split : -1);
    return machine;
  }

  private List<Integer> streamIds(int log2) {
    List<Integer> ids = new ArrayList<>();
    for (int i = chance.between(3, 6); i > 0; i--) {
      int id = (int) chance.bits(log2);
      if (!ids.contains(id)) {
        ids.add(id);
      }
    }
    return ids;
  }

  private long twoLevel(RandomMachine machine, List<Integer> streamIds, int log2, int split) {
    int l1Log2 = Math.max(3, log2 - split + 3);
    long l1 = arena.allocate(1L << l1Log2, Math.max(6, l1Log2));
    machine.level1Table = l1;
    machine.split = split;
    for (int id : streamIds) {
      long l1std = l1 + (id >>> split) * 8L;
      if (arena.peek(l1std) == 0) {
        int span = chance.percent(85) ? split + 1 : chance.between(1, split + 1);
        long l2 = arena.allocate(64L << (span - 1), span + 5);
        arena.poke(l1std, l2 | span);
        machine.l1Stds.add(l1std);
      }
    }
    return l1;
  }

  private long stePa(long table, int split, int streamId) {
    if (split < 0) {
      return table + streamId * 64L;
    }
    long l1std = arena.peek(table + (streamId >>> split) * 8L);
    long index = streamId & Bits.ones(split);
    int span = (int) l1std & 0x1f;
    return index >= 1L << (span - 1) ? -1 : (l1std & ~0x3fL) + index * 64;
  }

  private void fill(RandomMachine machine, List<Integer> streamIds, long table, int split) {
    RegisterValues registers = machine.registers;
    StreamBuilder streams = new StreamBuilder(chance, arena, registers);
    boolean globals = registers.stage2Supported() && chance.percent(35);
    boolean el2Taken = false;
    int vmid = chance.percent(50) ? 0 : 1;
    for (int streamId : streamIds) {
      long stePa = stePa(table, split, streamId);
      if (stePa < 0) {
        continue;
      }
      int config = config(registers);
      boolean el2 = config == 5 && registers.hyp() && chance.percent(60);
      if (el2 && el2Taken && (globals || !registers.e2h())) {
        el2 = false;
      }
      el2Taken |= el2;
      int tag = registers.stage2Supported() ? vmid++ : 0;
      Stream stream =
          streams.build(new StreamBuilder.Plan(streamId, config, tag, el2, globals), stePa);
      if (stream == null) {
        return;
      }
      machine.streams.add(stream);
    }
  }

  private int config(RegisterValues registers) {
    int lot = chance.below(100);
    if (lot < 6) {
      return chance.oneOf(0, 4, 4, 4);
    }
    if (!registers.stage2Supported()) {
      return 5;
    }
    if (!registers.stage1Supported()) {
      return 6;
    }
    return lot < 35 ? 5 : lot < 50 ? 6 : 7;
  }
}
