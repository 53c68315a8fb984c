package org.smmulator.smmu.oracle;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Configures one stream at random: its STE, its CDs and all tables below. Mostly sensible. */
final class StreamBuilder {
  private static final int[] S2TG = {0, 2, 1};

  private final Chance chance;
  private final Arena arena;
  private final RegisterValues registers;
  private final PageBuilder pages;
  private final ContextBuilder contexts;

  StreamBuilder(Chance chance, Arena arena, RegisterValues registers) {
    this.chance = chance;
    this.arena = arena;
    this.registers = registers;
    pages = new PageBuilder(chance, registers);
    contexts = new ContextBuilder(chance, arena, registers, pages);
  }

  /**
   * Software's choice for a stream.
   *
   * @param config 4 bypass, 5 stage 1, 6 stage 2, 7 both
   * @param globals whether pages of stage 1 may be global
   */
  record Plan(int streamId, int config, int vmid, boolean el2, boolean globals) {}

  /** The configured stream, or null if memory ran out. */
  @Nullable Stream build(Plan plan, long stePa) {
    boolean stage1 = (plan.config & 1) != 0;
    boolean stage2 = (plan.config & 2) != 0;
    ReferenceStage1.Regime regime =
        !plan.el2
            ? ReferenceStage1.Regime.EL1
            : registers.e2h() ? ReferenceStage1.Regime.EL2_E2H : ReferenceStage1.Regime.EL2;
    Stream stream = new Stream(plan.streamId, stePa, plan.vmid, regime);
    EightWords ste = new EightWords();
    common(ste, plan);
    if (stage2 && !stage2(ste, stream, stage1)) {
      return null;
    }
    if (stage1) {
      long from = arena.end();
      boolean stalls = stage1Fields(ste);
      if (!contexts.build(ste, stream, plan, stalls)) {
        return null;
      }
      if (stream.stage2 != null) {
        stream.firstStructure = stream.stage2.leaves().size();
        pages.mapStructures(stream.stage2, stream.bias, from, arena.end());
      }
    }
    ste.write(arena, stePa);
    return stream;
  }

  private void common(EightWords ste, Plan plan) {
    ste.set(0, 0, !chance.percent(1))
        .set(0, 3, 1, plan.config)
        .set(1, 13, 12, 0)
        .set(1, 45, 44, chance.below(4))
        .set(1, 31, 30, plan.el2 ? 2 : 0)
        .set(1, 29, 28, eats(plan.config))
        .set(2, 15, 0, plan.vmid);
    if (chance.percent(20)) {
      ste.set(1, 49, 48, chance.below(4));
    }
    if (chance.percent(20)) {
      ste.set(1, 51, 50, chance.below(4));
    }
  }

  private int eats(int config) {
    if (config == 7 && !registers.noSplitStageAts() && chance.percent(40)) {
      return 2;
    }
    return chance.percent(75) ? 1 : chance.oneOf(0, 3);
  }

  /** Whether contexts of the stream may stall. */
  private boolean stage1Fields(EightWords ste) {
    boolean stalls = registers.stallModel() == 2;
    if (registers.stallModel() == 0) {
      stalls = chance.percent(50);
      ste.set(1, 27, !stalls);
    }
    ste.set(1, 1, 0, chance.below(4));
    return stalls;
  }

  private boolean stage2(EightWords ste, Stream stream, boolean nested) {
    int granule = pages.granule();
    RandomTables.Shape shape = shape(granule, nested, bigEndian());
    RandomTables tables = new RandomTables(arena, chance.random(), shape, false);
    if (!tables.exists()) {
      return false;
    }
    stream.stage2 = tables;
    stream.bias = nested ? bias(shape.inputBits()) : 0;
    int outputCode = outputCode();
    pages.fillStage2(tables, registers.effectiveSize(outputCode));
    int sl0 = sl0(shape);
    ste.set(2, 37, 32, 64 - shape.inputBits())
        .set(2, 39, 38, sl0)
        .set(2, 47, 46, S2TG[(granule - 12) / 2])
        .set(2, 50, 48, outputCode)
        .set(2, 51, true)
        .set(2, 52, shape.bigEndian())
        .set(2, 53, chance.percent(30))
        .set(2, 54, chance.percent(50))
        .set(2, 58, chance.percent(70))
        .set(1, 25, chance.percent(30))
        .address(3, 4, tables.pointer());
    boolean update = registers.httu() > 0 && chance.percent(50);
    ste.set(2, 56, update);
    ste.set(2, 55, update && registers.httu() > 1 && chance.percent(75));
    boolean stalls = registers.stallModel() == 2;
    if (registers.stallModel() == 0 && chance.percent(30)) {
      stalls = true;
    }
    ste.set(2, 57, stalls);
    if (stalls && registers.ats() && chance.percent(95)) {
      ste.set(1, 29, 28, 0);
    }
    return true;
  }

  boolean bigEndian() {
    return registers.endianSupported(true)
        && (!registers.endianSupported(false) || chance.percent(20));
  }

  private int outputCode() {
    return chance.percent(85) ? (int) Bits.bits(registers.idr5(), 2, 0) : chance.below(8);
  }

  /** A legal combination of input size and start level. */
  private RandomTables.Shape shape(int granule, boolean nested, boolean bigEndian) {
    int least = Math.max(granule == 16 ? 12 : 16, 64 - registers.intermediateBits());
    int most = nested ? 37 : registers.smallTables() ? (granule == 16 ? 47 : 48) : 39;
    while (true) {
      int inputBits = 64 - chance.between(least, most);
      int level = chance.below(4);
      int width = inputBits - (granule + (3 - level) * (granule - 3));
      boolean possible = width >= 1 && width <= granule + 1 && levelExists(granule, level);
      if (possible) {
        boolean wide = registers.outputBits() == 52;
        return new RandomTables.Shape(granule, inputBits, level, 0, wide, bigEndian);
      }
    }
  }

  private boolean levelExists(int granule, int level) {
    int oas = registers.outputBits();
    return switch (granule) {
      case 12 -> level == 0 ? oas >= 44 : level < 3 || registers.smallTables();
      case 14 -> level == 1 ? oas >= 42 : level > 1;
      default -> level > 0;
    };
  }

  private long bias(int inputBits) {
    int places = Math.max(0, Math.min(inputBits, chance.percent(70) ? 32 : 48) - 29);
    return (chance.bits(places) << 29) - Arena.BASE;
  }

  private static int sl0(RandomTables.Shape shape) {
    if (shape.granule() == 12) {
      return shape.startLevel() == 3 ? 3 : 2 - shape.startLevel();
    }
    return 3 - shape.startLevel();
  }

  /** SubstreamIDs for which software fills CDs; the first is 0. */
  static List<Integer> indices(Chance chance, int s1CdMax) {
    List<Integer> indices = new ArrayList<>();
    indices.add(0);
    for (int i = s1CdMax == 0 ? 0 : chance.below(3); i > 0; i--) {
      int index = (int) chance.bits(s1CdMax);
      if (!indices.contains(index)) {
        indices.add(index);
      }
    }
    return indices;
  }
}
