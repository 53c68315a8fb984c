package org.smmulator.smmu.oracle;

import static org.smmulator.smmu.oracle.Bits.alignDown;
import static org.smmulator.smmu.oracle.Bits.flag;
import static org.smmulator.smmu.oracle.Bits.ones;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Fills translation tables with clusters of neighbouring pages and blocks at random places. */
final class PageBuilder {
  private final Chance chance;
  private final RegisterValues registers;

  PageBuilder(Chance chance, RegisterValues registers) {
    this.chance = chance;
    this.registers = registers;
  }

  int granule() {
    List<Integer> supported = new ArrayList<>();
    for (int granule : new int[] {12, 14, 16}) {
      if (registers.granuleSupported(granule)) {
        supported.add(granule);
      }
    }
    return chance.oneOf(supported);
  }

  /** Pages of stage 1, with outputs that stage 2 maps where there is one. */
  void fillStage1(
      RandomTables tables, int outputBits, @Nullable RandomTables stage2, boolean globals) {
    for (int cluster = chance.between(3, 5); cluster > 0; cluster--) {
      int level = leafLevel(tables.shape(), outputBits);
      int sizeLog2 = tables.shape().sizeLog2(level);
      long input = alignDown(chance.bits(tables.shape().inputBits()), sizeLog2);
      long output = stage1Output(outputBits, stage2);
      for (int i = chance.between(1, 6); i > 0; i--) {
        map(tables, input, level, output, stage1Attributes(globals));
        input += 1L << sizeLog2;
        output = chance.percent(70) ? output + (1L << sizeLog2) : stage1Output(outputBits, stage2);
      }
    }
  }

  private long stage1Output(int outputBits, @Nullable RandomTables stage2) {
    if (stage2 != null && !stage2.leaves().isEmpty() && chance.percent(90)) {
      RandomTables.Slot slot = chance.oneOf(stage2.leaves());
      return slot.input() + chance.bits(slot.sizeLog2());
    }
    return chance.bits(chance.percent(95) ? outputBits : 52);
  }

  /** One page or block, or now and then a group of them that has the contiguous hint. */
  private void map(RandomTables tables, long input, int level, long output, long attributes) {
    int countLog2 = chance.percent(8) ? contiguousLog2(tables.shape().granule(), level) : 0;
    int sizeLog2 = tables.shape().sizeLog2(level);
    long ignored = ignoredBits(level);
    if (countLog2 == 0) {
      // The hint alone, where neighbours are not alike, must not matter to an SMMU that ignores it.
      long hint = flag(chance.percent(10), 52);
      boolean unused =
          tables.map(
              input & ones(tables.shape().inputBits()), level, output, attributes | ignored | hint);
      return;
    }
    int groupLog2 = sizeLog2 + countLog2;
    long first = alignDown(input & ones(tables.shape().inputBits()), groupLog2);
    long to = alignDown(output, groupLog2);
    for (long i = 0; i < 1L << countLog2; i++) {
      boolean unused =
          tables.map(
              (first + (i << sizeLog2)) & ones(tables.shape().inputBits()),
              level,
              to + (i << sizeLog2),
              attributes | ignored | 1L << 52);
    }
  }

  private static int contiguousLog2(int granule, int level) {
    return switch (granule) {
      case 12 -> 4;
      case 14 -> level == 2 ? 5 : level == 3 ? 7 : 0;
      default -> level == 1 ? 0 : 5;
    };
  }

  /** Software's bits, PBHA, bit 63, and nT of blocks. */
  private long ignoredBits(int level) {
    return chance.percent(70)
        ? 0
        : chance.bits(9) << 55 | flag(level < 3 && chance.percent(50), 16);
  }

  long stage1Attributes(boolean globals) {
    return ((long) chance.below(8) << 2)
        | ((long) chance.oneOf(0, 1, 1, 1, 2, 3) << 6)
        | ((long) chance.below(4) << 8)
        | flag(chance.percent(90), 10)
        | flag(!globals || chance.percent(50), 11)
        | flag(chance.percent(40), 51)
        | flag(chance.percent(20), 53)
        | flag(chance.percent(25), 54);
  }

  /** Pages of stage 2 for what stage 1 and streams without stage 1 reach. */
  void fillStage2(RandomTables tables, int outputBits) {
    for (int cluster = chance.between(3, 5); cluster > 0; cluster--) {
      int level = leafLevel(tables.shape(), outputBits);
      int sizeLog2 = tables.shape().sizeLog2(level);
      long input = alignDown(chance.bits(tables.shape().inputBits()), sizeLog2);
      for (int i = chance.between(1, 5); i > 0; i--) {
        long output = chance.bits(chance.percent(95) ? outputBits : 52);
        map(tables, input, level, output, stage2Attributes());
        input += 1L << sizeLog2;
      }
    }
  }

  long stage2Attributes() {
    return ((long) chance.oneOf(0, 1, 5, 15, 15, 15) << 2)
        | ((long) chance.oneOf(0, 1, 2, 3, 3, 3, 3, 3) << 6)
        | ((long) chance.below(4) << 8)
        | flag(chance.percent(92), 10)
        | (1L << 11)
        | flag(chance.percent(40), 51)
        | ((long) chance.oneOf(0, 0, 0, 1, 2, 3) << 53);
  }

  /** Maps through stage 2 the structures that software put at [from, to) for hardware to read. */
  void mapStructures(RandomTables tables, long bias, long from, long to) {
    int page = tables.shape().granule();
    int block = tables.shape().sizeLog2(2);
    boolean blocks = tables.shape().startLevel() <= 2 && chance.percent(40);
    long at = alignDown(from, page);
    while (at < to) {
      int sizeLog2 = blocks && chance.percent(80) ? block : page;
      long start = alignDown(at, sizeLog2);
      boolean unused =
          tables.map(start + bias, sizeLog2 == page ? 3 : 2, start, structureAttributes());
      at = start + (1L << sizeLog2);
    }
  }

  private long structureAttributes() {
    return ((long) (chance.percent(96) ? 15 : 1) << 2)
        | ((long) (chance.percent(85) ? 3 : chance.percent(80) ? 1 : chance.below(4)) << 6)
        | flag(chance.percent(96), 10)
        | (1L << 11)
        | flag(chance.percent(50), 51);
  }

  private int leafLevel(RandomTables.Shape shape, int outputBits) {
    int lowest =
        switch (shape.granule()) {
          case 12 -> 1;
          case 14 -> 2;
          default -> registers.outputBits() == 52 && outputBits == 52 ? 1 : 2;
        };
    int first = Math.max(lowest, shape.startLevel());
    return chance.percent(60) ? 3 : chance.between(first, 3);
  }
}
