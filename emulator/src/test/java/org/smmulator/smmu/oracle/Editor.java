package org.smmulator.smmu.oracle;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Chooses what software changes next: mostly one meaningful field, sometimes any bit. */
final class Editor {
  private static final int[] S1_LEAF_BITS = {0, 0, 6, 7, 10, 51, 53, 54};
  private static final int[] S2_LEAF_BITS = {0, 0, 3, 4, 5, 6, 7, 10, 51, 53, 54};
  private static final int[] S1_TABLE_BITS = {0, 0, 59, 60, 61, 62};

  /** Fields that only the configuration caches hold. */
  private static final int[][] CD_LIVE = {{0, 31}, {0, 44}, {0, 45}, {0, 46}};

  private static final int[][] CD_OTHER = {
    {0, 14}, {0, 30}, {0, 35}, {0, 36}, {0, 38}, {0, 39}, {0, 40}, {0, 41}, {0, 42}, {0, 43},
    {0, 15}, {1, 1}, {2, 1}, {1, 2}, {2, 2}
  };
  private static final int[][] STE_LIVE = {
    {0, 0}, {1, 0}, {1, 1}, {1, 28}, {1, 29}, {1, 48}, {1, 49}, {1, 50}, {1, 51}, {2, 57}, {2, 58}
  };
  private static final int[][] STE_OTHER = {
    {0, 1}, {0, 2}, {0, 3}, {1, 27}, {1, 30}, {2, 51}, {2, 53}, {2, 54}, {2, 55}, {2, 56}, {1, 25}
  };

  private final Chance chance;
  private final Arena arena;
  private final RandomMachine machine;
  private final Invalidation invalidation;

  Editor(Chance chance, Arena arena, RandomMachine machine, Invalidation invalidation) {
    this.chance = chance;
    this.arena = arena;
    this.machine = machine;
    this.invalidation = invalidation;
  }

  /** The next edit, not yet made; null where the machine has nothing of the chosen kind. */
  @Nullable Edit next() {
    if (machine.streams.isEmpty()) {
      return null;
    }
    Stream stream = chance.oneOf(machine.streams);
    int lot = chance.below(100);
    if (lot < 7) {
      return machine.mayBeDamaged ? damage(stream) : null;
    }
    if (lot < 17) {
      return ofSte(stream);
    }
    if (lot < 20) {
      return ofL1Std();
    }
    if (lot < 45 && stream.stage2 != null) {
      return ofStage2(stream, stream.stage2);
    }
    if (stream.contexts.isEmpty()) {
      return null;
    }
    Stream.Context context = chance.oneOf(stream.contexts);
    if (lot < 60) {
      return ofCd(stream, context);
    }
    if (lot < 64 && !stream.l1Cds.isEmpty()) {
      return ofL1Cd(stream);
    }
    return ofStage1(context);
  }

  private Edit flip(
      long pa,
      long mask,
      boolean window,
      Runnable invalidate,
      Stream stream,
      Stream.@Nullable Context context,
      RandomTables.@Nullable Slot slot) {
    Runnable notEnough = () -> invalidation.notEnough(stream);
    return new Edit(pa, mask, window, false, invalidate, notEnough, stream, context, slot);
  }

  private @Nullable Edit ofStage1(Stream.Context context) {
    int half = chance.below(context.halves().size());
    RandomTables tables = context.halves().get(half);
    RandomTables.Slot slot = slot(tables);
    if (slot == null) {
      return null;
    }
    long mask =
        slot.leaf()
            ? leafMask(tables, slot, S1_LEAF_BITS)
            : chance.percent(30) ? astray() : 1L << chance.oneOf(S1_TABLE_BITS);
    return new Edit(
        slot.pa(),
        tables.inMemory(mask),
        true,
        false,
        () -> invalidation.stage1(context, half, slot),
        () -> invalidation.notEnough(context, half, slot),
        context.stream(),
        context,
        slot);
  }

  private @Nullable Edit ofStage2(Stream stream, RandomTables tables) {
    RandomTables.Slot slot = chance.percent(40) ? structureSlot(stream, tables) : slot(tables);
    if (slot == null) {
      return null;
    }
    long mask =
        slot.leaf() ? leafMask(tables, slot, S2_LEAF_BITS) : chance.percent(60) ? astray() : 1;
    int outputBits = machine.registers.outputBits();
    if (outputBits < 48 && chance.percent(15)) {
      // Beyond what stage 2 may output.
      mask = 1L << chance.between(outputBits, 47);
    }
    long flipped = mask;
    return flip(
        slot.pa(),
        tables.inMemory(flipped),
        true,
        () -> invalidation.stage2(stream, slot),
        stream,
        null,
        null);
  }

  /** A descriptor of stage 2 that CDs or tables of stage 1 are reached through. */
  private RandomTables.@Nullable Slot structureSlot(Stream stream, RandomTables tables) {
    int structures = tables.leaves().size() - stream.firstStructure;
    if (structures <= 0) {
      return slot(tables);
    }
    RandomTables.Slot leaf = tables.leaves().get(stream.firstStructure + chance.below(structures));
    List<RandomTables.Slot> above = new ArrayList<>(List.of(leaf));
    for (RandomTables.Slot table : tables.tables()) {
      if (table.input() == Bits.alignDown(leaf.input(), table.sizeLog2())) {
        above.add(table);
      }
    }
    return chance.percent(40) ? leaf : chance.oneOf(above);
  }

  private RandomTables.@Nullable Slot slot(RandomTables tables) {
    if (!tables.tables().isEmpty() && chance.percent(30)) {
      return chance.oneOf(tables.tables());
    }
    return tables.leaves().isEmpty() ? null : chance.oneOf(tables.leaves());
  }

  private long leafMask(RandomTables tables, RandomTables.Slot slot, int[] bits) {
    int low = tables.shape().sizeLog2(slot.level());
    if (chance.percent(15) && low < 46) {
      return 1L << chance.between(low, 46);
    }
    return 1L << chance.oneOf(bits);
  }

  /** Leads a pointer to where no memory is. */
  private long astray() {
    return 1L << chance.between(28, 44);
  }

  private Edit ofCd(Stream stream, Stream.Context context) {
    boolean live = chance.percent(50);
    int[][] fields = live ? CD_LIVE : CD_OTHER;
    int[] field = fields[chance.below(fields.length)];
    return flip(
        context.cdPa() + 8L * field[0],
        1L << field[1],
        live,
        () -> invalidation.context(context),
        stream,
        context,
        null);
  }

  private Edit ofSte(Stream stream) {
    if (chance.percent(25)) {
      return flip(
          stream.stePa + 8L * chance.oneOf(0, 3),
          astray(),
          false,
          () -> invalidation.stream(stream, false),
          stream,
          null,
          null);
    }
    boolean live = chance.percent(50);
    int[][] fields = live ? STE_LIVE : STE_OTHER;
    int[] field = fields[chance.below(fields.length)];
    return flip(
        stream.stePa + 8L * field[0],
        1L << field[1],
        live,
        () -> invalidation.stream(stream, false),
        stream,
        null,
        null);
  }

  private @Nullable Edit ofL1Std() {
    if (machine.l1Stds.isEmpty()) {
      return null;
    }
    long pa = chance.oneOf(machine.l1Stds);
    long before = arena.peek(pa);
    long span = chance.percent(30) ? 0 : chance.below(32);
    return new Edit(
        pa,
        chance.percent(50) ? astray() : (before ^ span) & 0x1f,
        false,
        false,
        () -> invalidation.level1(machine.firstStreamId(pa), machine.split),
        () -> {},
        chance.oneOf(machine.streams),
        null,
        null);
  }

  private Edit ofL1Cd(Stream stream) {
    return flip(
        chance.oneOf(stream.l1Cds),
        1,
        true,
        () -> invalidation.stream(stream, true),
        stream,
        null,
        null);
  }

  /** Any bit of any structure, but for those whose change would share TLB tags. */
  Edit damage(Stream stream) {
    int lot = chance.below(5);
    Stream.Context context = stream.contexts.isEmpty() ? null : chance.oneOf(stream.contexts);
    if (lot == 0 || context == null) {
      int word = chance.below(4);
      long tags = word == 1 ? 1L << 31 : word == 2 ? vmidTags() : 0;
      return damaged(stream.stePa + 8L * word, tags, stream, null);
    }
    if (lot == 1) {
      int word = chance.below(3);
      long tags = word == 0 ? asidTags() : 0;
      return damaged(context.cdPa() + 8L * word, tags, stream, context);
    }
    if (lot == 2 && !stream.l1Cds.isEmpty()) {
      return damaged(chance.oneOf(stream.l1Cds), 0, stream, null);
    }
    if (lot == 3 && !machine.l1Stds.isEmpty() && chance.percent(40)) {
      return damaged(chance.oneOf(machine.l1Stds), 0, stream, null);
    }
    RandomTables tables =
        stream.stage2 != null && chance.percent(40)
            ? stream.stage2
            : chance.oneOf(context.halves());
    RandomTables.Slot slot = slot(tables);
    return slot == null
        ? damaged(context.cdPa(), asidTags(), stream, context)
        : damaged(slot.pa(), tables.inMemory(1L << 11), stream, context);
  }

  private long vmidTags() {
    return machine.registers.vmid16() ? 0xffff : 0xff;
  }

  /** ASET and ASID, but for bits that an ASID of 8 bits must not have. */
  private long asidTags() {
    return machine.registers.asid16() ? 0xffffL << 47 | 1L << 63 : 0x1ffL << 47;
  }

  private Edit damaged(long pa, long kept, Stream stream, Stream.@Nullable Context context) {
    long mask = (1L << chance.below(64)) & ~kept;
    return new Edit(pa, mask, false, true, invalidation::all, () -> {}, stream, context, null);
  }
}
