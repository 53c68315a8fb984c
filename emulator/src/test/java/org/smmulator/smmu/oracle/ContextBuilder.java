package org.smmulator.smmu.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Fills a stream's CD table, in any of its three formats, and the tables of each CD. */
final class ContextBuilder {
  private static final int[] TG0 = {0, 2, 1};
  private static final int[] TG1 = {2, 1, 3};

  private final Chance chance;
  private final Arena arena;
  private final RegisterValues registers;
  private final PageBuilder pages;
  private int nextAsid = 1;

  ContextBuilder(Chance chance, Arena arena, RegisterValues registers, PageBuilder pages) {
    this.chance = chance;
    this.arena = arena;
    this.registers = registers;
    this.pages = pages;
  }

  /** Whether memory sufficed. */
  boolean build(EightWords ste, Stream stream, StreamBuilder.Plan plan, boolean stalls) {
    boolean single = plan.globals() || stream.regime == ReferenceStage1.Regime.EL2;
    int fmt = 0;
    int s1CdMax = 0;
    if (registers.substreamIdBits() > 0 && !single && chance.percent(75)) {
      fmt = registers.twoLevelCds() ? chance.oneOf(0, 1, 2, 3) : chance.oneOf(0, 3);
      int most = fmt == 1 ? 9 : fmt == 2 ? 12 : 5;
      s1CdMax = chance.between(1, Math.min(most, registers.substreamIdBits()));
    }
    stream.s1CdMax = s1CdMax;
    long bias = stream.bias;
    List<Integer> indices = StreamBuilder.indices(chance, s1CdMax);
    Map<Integer, Long> places = new TreeMap<>();
    long table =
        fmt == 1 || fmt == 2
            ? twoLevel(stream, fmt, indices, bias, places)
            : linear(s1CdMax, indices, places);
    if (table < 0) {
      return false;
    }
    if (stream.stage2 != null && chance.percent(60) && arena.allocate(64, 21) < 0) {
      // CDs and tables lie apart so that they need not share a table of stage 2.
      return false;
    }
    ste.set(0, 5, 4, fmt).set(0, 63, 59, s1CdMax).address(0, 6, table + bias);
    for (Map.Entry<Integer, Long> place : places.entrySet()) {
      if (!context(stream, plan, place.getKey(), place.getValue(), stalls)) {
        return false;
      }
    }
    return true;
  }

  private long linear(int s1CdMax, List<Integer> indices, Map<Integer, Long> places) {
    long table = arena.allocate(64L << s1CdMax, 6 + s1CdMax);
    indices.forEach(index -> places.put(index, table + index * 64L));
    return table;
  }

  private long twoLevel(
      Stream stream, int fmt, List<Integer> indices, long bias, Map<Integer, Long> places) {
    int split = fmt == 1 ? 6 : 10;
    int l1Log2 = Math.max(0, stream.s1CdMax - split) + 3;
    long l1 = arena.allocate(1L << l1Log2, Math.max(6, l1Log2));
    if (l1 < 0) {
      return -1;
    }
    for (int index : indices) {
      long l1cd = l1 + (index >>> split) * 8L;
      if (arena.peek(l1cd) == 0) {
        long l2 = arena.allocate(64L << split, split + 6);
        if (l2 < 0) {
          return -1;
        }
        arena.poke(l1cd, (l2 + bias) | 1);
        stream.l1Cds.add(l1cd);
      }
      long l2 = (arena.peek(l1cd) & ~0xfffL) - bias;
      places.put(index, l2 + (index & Bits.ones(split)) * 64);
    }
    return l1;
  }

  private boolean context(
      Stream stream, StreamBuilder.Plan plan, int index, long cdPa, boolean stalls) {
    EightWords cd = new EightWords();
    boolean bigEndian =
        registers.endianSupported(true)
            && (!registers.endianSupported(false) || chance.percent(20));
    int outputCode = chance.percent(85) ? (int) Bits.bits(registers.idr5(), 2, 0) : chance.below(8);
    int asid = nextAsid++;
    boolean aset = chance.percent(40);
    commonFields(cd, asid, stalls);
    cd.set(0, 47, aset);
    cd.set(0, 15, bigEndian).set(0, 34, 32, outputCode);
    int halves = stream.regime == ReferenceStage1.Regime.EL2 ? 1 : 2;
    List<RandomTables> tables = new ArrayList<>();
    for (int half = 0; half < halves; half++) {
      RandomTables built = half(cd, half, stream, bigEndian);
      if (!built.exists()) {
        return false;
      }
      pages.fillStage1(built, registers.effectiveSize(outputCode), stream.stage2, plan.globals());
      cd.address(1 + half, 4, built.pointer());
      tables.add(built);
    }
    cd.write(arena, cdPa);
    stream.contexts.add(
        new Stream.Context(stream, index, cdPa, asid, aset, plan.globals(), List.copyOf(tables)));
    return true;
  }

  private void commonFields(EightWords cd, int asid, boolean stalls) {
    boolean update = registers.httu() > 0 && chance.percent(50);
    boolean stall =
        registers.stallModel() == 2
            || (registers.stallModel() == 0 && stalls && chance.percent(50));
    cd.set(0, 31, true)
        .set(0, 14, chance.percent(4))
        .set(0, 30, chance.percent(15))
        .set(0, 35, chance.percent(30))
        .set(0, 36, chance.percent(20))
        .set(0, 37, chance.percent(20))
        .set(0, 38, chance.percent(40))
        .set(0, 39, chance.percent(40))
        .set(0, 40, chance.percent(15))
        .set(0, 41, true)
        .set(0, 43, update)
        .set(0, 42, update && registers.httu() > 1 && chance.percent(75))
        .set(0, 44, stall)
        .set(0, 45, chance.percent(70))
        .set(0, 46, registers.abortOnly() || chance.percent(65))
        .set(0, 63, 48, asid)
        .set(1, 1, chance.percent(30))
        .set(2, 1, chance.percent(30))
        .set(1, 2, chance.percent(15))
        .set(2, 2, chance.percent(15))
        .set(3, 63, 0, 0x00_04_08_0c_44_bb_ee_ffL);
  }

  private RandomTables half(EightWords cd, int half, Stream stream, boolean bigEndian) {
    int granule = pages.granule();
    boolean wideInput = granule == 16 && registers.wideVirtualAddresses();
    int most = registers.smallTables() ? (granule == 16 ? 47 : 48) : 39;
    int txsz =
        chance.percent(30) ? chance.oneOf(16, 25) : chance.between(wideInput ? 12 : 16, most);
    int inputBits = 64 - txsz;
    long bias = stream.bias;
    int stride = granule - 3;
    int level = 4 - (inputBits - granule + stride - 1) / stride;
    int low = half == 0 ? 0 : 16;
    cd.set(0, low + 5, low, txsz)
        .set(0, low + 7, low + 6, (half == 0 ? TG0 : TG1)[(granule - 12) / 2]);
    boolean wide = registers.outputBits() == 52;
    return new RandomTables(
        arena,
        chance.random(),
        new RandomTables.Shape(granule, inputBits, level, bias, wide, bigEndian),
        true);
  }
}
