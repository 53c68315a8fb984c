package org.smmulator.smmu.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.arch.vmsa.Granule;
import org.smmulator.smmu.command.NaiveCaches.Invalidation;
import org.smmulator.smmu.command.NaiveCaches.Leaf;
import org.smmulator.smmu.command.NaiveCaches.Space;
import org.smmulator.smmu.command.NaiveCaches.Table;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.tlb.Regime;
import org.smmulator.smmu.tlb.TlbSpace;
import org.smmulator.smmu.tlb.Translation;
import org.smmulator.smmu.tlb.TranslationCaches;
import org.smmulator.smmu.tlb.WalkCache;

/**
 * TLB and walk cache against lists, under random commands: a cache that never evicts holds exactly
 * what the lists do, a small one nothing else. Run one seed again with -Dsmmulator.seed=N.
 */
class TlbInvalidationOracleTest {
  static LongStream seeds() {
    Long one = Long.getLong("smmulator.seed");
    return one == null ? LongStream.range(0, 20) : LongStream.of(one);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void infiniteCachesHoldExactlyWhatNoCommandDropped(long seed) {
    new Run(seed, new SmmuFeatures.Caches(SmmuFeatures.Caches.INFINITE, 1, 1 << 16, 64), true)
        .run();
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void smallCachesHoldNothingThatACommandDropped(long seed) {
    new Run(seed, new SmmuFeatures.Caches(64, 4, 16, 64), false).run();
  }

  private static final class Run {
    private static final int STEPS = 600;
    private static final int[] OPCODES = {
      0x10, 0x11, 0x12, 0x13, 0x20, 0x21, 0x22, 0x23, 0x28, 0x2a, 0x30, 0x12, 0x12, 0x13, 0x2a, 0x22
    };
    private static final long[] BASES = {
      0, 0x4000_0000L, 0x000f_ffff_ffe0_0000L, 0xfff0_0000_0000_0000L, 0xffff_ffff_ffe0_0000L
    };

    private final long seed;
    private final boolean exact;
    private final Random random;
    private final SmmuFeatures features;
    private final TranslationCaches caches;
    private final TlbiCommands commands;
    private final NaiveCaches model = new NaiveCaches();
    private final List<Space> spaces = new ArrayList<>();
    private long output = 1;

    Run(long seed, SmmuFeatures.Caches sizes, boolean exact) {
      this.seed = seed;
      this.exact = exact;
      random = new Random(seed);
      features = TlbiCommands.features(random.nextInt(TlbiCommands.FEATURE_SETS)).withCaches(sizes);
      caches = new TranslationCaches(sizes);
      commands = new TlbiCommands(features, caches);
      for (int vmid : commands.hasStage2() ? new int[] {0, 1, 2, 9, 0x12} : new int[] {0}) {
        for (int asid : new int[] {NaiveCaches.GLOBAL, 0, 1, 0x21}) {
          spaces.add(new Space(Regime.EL1, vmid, asid, random.nextBoolean()));
        }
        if (commands.hasStage2()) {
          spaces.add(new Space(Regime.STAGE2, vmid, 0, false));
        }
      }
      for (boolean aset : new boolean[] {false, true}) {
        spaces.add(new Space(Regime.EL1, 0, 1, aset));
        spaces.add(new Space(Regime.EL2, 0, 0, aset));
        spaces.add(new Space(Regime.EL2_E2H, 0, NaiveCaches.GLOBAL, aset));
        spaces.add(new Space(Regime.EL2_E2H, 0, 1, aset));
        spaces.add(new Space(Regime.EL2_E2H, 0, 0x21, aset));
      }
    }

    void run() {
      for (int step = 0; step < STEPS; step++) {
        for (int i = random.nextInt(20); i > 0; i--) {
          if (random.nextInt(3) == 0) {
            insertTable();
          } else {
            insertLeaf();
          }
        }
        if (random.nextInt(4) != 0) {
          invalidate();
        }
        for (int i = 0; i < 20; i++) {
          compare(step);
        }
        if (exact) {
          assertThat(caches.tlb().resident()).as(where(step)).isEqualTo(model.leaves.size());
          // The walk cache is large enough for the comparison to be exact.
          assertThat(caches.walkCache().evictions()).as(where(step)).isZero();
        }
      }
    }

    private Space space() {
      return spaces.get(random.nextInt(spaces.size()));
    }

    private long address(Space space) {
      long base = BASES[random.nextInt(space.regime() == Regime.STAGE2 ? 3 : BASES.length)];
      long page = random.nextInt(4) == 0 ? random.nextInt(512) : random.nextInt(24);
      long far = (long) random.nextInt(3) << 21;
      return (base + (page << 12) + (random.nextInt(6) == 0 ? far : 0)) & -4096;
    }

    private TlbSpace real(Space space) {
      return space.asid() == NaiveCaches.GLOBAL
          ? caches.spaces().global(space.regime(), space.vmid(), space.aset())
          : caches.spaces().of(space.regime(), space.vmid(), space.asid(), space.aset());
    }

    private void insertLeaf() {
      // {granule, level, size of that level's leaf, size of the entry}
      int[][] shapes = {
        {12, 3, 12, 12}, {12, 3, 12, 12}, {12, 3, 12, 12}, {12, 3, 12, 16}, {12, 2, 21, 21},
        {12, 2, 21, 12}, {12, 2, 21, 16}, {12, 1, 30, 30}, {12, 1, 30, 21}, {14, 3, 14, 14},
        {14, 3, 14, 21}, {14, 2, 25, 25}, {16, 3, 16, 16}, {16, 3, 16, 12}, {16, 2, 29, 29}
      };
      int[] shape = shapes[random.nextInt(shapes.length)];
      Space space = space();
      long address = address(space);
      long value =
          Translation.of(
              ++output << shape[3] & 0xf_ffff_ffff_f000L,
              shape[3],
              granule(shape[0]),
              shape[1],
              (int) output & 0xfff);
      model.insert(new Leaf(space, address, shape[3], shape[2], shape[1], shape[0], value));
      caches.tlb().insert(real(space), address, value);
    }

    private static Granule granule(int log2) {
      return switch (log2) {
        case 12 -> Granule.KB4;
        case 14 -> Granule.KB16;
        default -> Granule.KB64;
      };
    }

    private void insertTable() {
      // {granule, level of the table, bytes that it serves}
      int[][] shapes = {
        {12, 3, 21}, {12, 2, 30}, {12, 1, 39}, {14, 3, 25}, {14, 2, 36}, {16, 3, 29}
      };
      int[] shape = shapes[random.nextInt(shapes.length)];
      Space space = space();
      if (space.asid() == NaiveCaches.GLOBAL) {
        return;
      }
      long address = address(space);
      long table = ++output << 12;
      model.insert(new Table(space, address, shape[2], shape[1], shape[0], table | (output & 0xf)));
      caches
          .walkCache()
          .insert(real(space), address, shape[1], shape[2], table, (int) output & 0xf);
    }

    /** Long, since it draws each field of a command and says what the model is to make of it. */
    private void invalidate() {
      int opcode = OPCODES[random.nextInt(OPCODES.length)];
      int vmw = random.nextInt(3) == 0 ? random.nextInt(8) : 0;
      boolean e2h = random.nextBoolean();
      Space like = space();
      int asid = Math.max(0, like.asid()) | (random.nextInt(8) == 0 ? 0x100 : 0);
      int vmid = like.vmid() | (random.nextInt(8) == 0 ? 0x100 : 0);
      boolean range = random.nextBoolean();
      int tg = range ? random.nextInt(4) : 0;
      int num = random.nextInt(3) == 0 ? 0 : random.nextInt(32);
      int scale = random.nextInt(3) == 0 ? random.nextInt(32) : random.nextInt(2);
      int ttl = random.nextInt(4);
      int leaf = random.nextInt(2);
      long address = address(like) & -4096L << (tg == 0 ? 0 : 2 * tg - 2);
      long word0 =
          opcode | (long) num << 12 | (long) scale << 20 | (long) vmid << 32 | (long) asid << 48;
      long word1 = leaf | (long) ttl << 8 | (long) tg << 10 | address;

      commands.control(vmw, e2h);
      CommandResult result = commands.execute(word0, word1);

      int level = tg == 2 && ttl == 1 ? 0 : ttl;
      boolean byAddress = List.of(0x12, 0x13, 0x22, 0x23, 0x2a).contains(opcode);
      boolean hintIllegal = tg != 0 && (!commands.hasRil() || (num | scale | level) == 0);
      if (!commands.exists(opcode) || (byAddress && hintIllegal)) {
        assertThat(result).as("seed %d, %x", seed, word0).isEqualTo(CommandResult.ILLEGAL);
        return;
      }
      assertThat(result).as("seed %d, %x", seed, word0).isEqualTo(CommandResult.DONE);
      model.invalidate(
          new Invalidation(
              opcode,
              commands.vmid(vmid),
              vmw > 4 ? 0 : vmw,
              commands.asid(asid),
              e2h,
              leaf == 1,
              opcode == 0x2a ? address & 0xf_ffff_ffff_f000L : address,
              tg == 0 ? 1 : ((num + 1L) * (1L << scale)) << (2 * tg + 10),
              tg == 0 ? 0 : 2 * tg + 10,
              tg == 0 ? 0 : level));
    }

    private void compare(int step) {
      Space own = space();
      Space global = new Space(own.regime(), own.vmid(), NaiveCaches.GLOBAL, own.aset());
      long address = address(own) | (long) random.nextInt(256) << 56 | random.nextInt(4096);
      long peeked = caches.tlb().peek(real(own), real(global), address);
      long found = caches.tlb().lookup(real(own), real(global), address);
      List<Long> allowed = model.lookup(own, global, address);
      assertThat(peeked).as(where(step)).isEqualTo(found);
      if (exact) {
        assertThat(found).as(where(step)).isEqualTo(allowed.isEmpty() ? 0 : allowed.get(0));
      } else if (found != 0) {
        assertThat(allowed).as(where(step)).contains(found);
      }
      for (int[] shape : new int[][] {{3, 21}, {2, 30}, {1, 39}, {3, 25}, {2, 36}, {3, 29}}) {
        compareTable(own, address, shape[0], shape[1], where(step));
      }
    }

    private void compareTable(Space own, long address, int level, int shift, String where) {
      long expected =
          model.tables.stream()
              .filter(table -> table.size() == shift && table.covers(own, address))
              .mapToLong(Table::value)
              .findFirst()
              .orElse(0);
      long found = caches.walkCache().lookup(real(own), address, level, shift);
      if (exact || found != 0) {
        assertThat(WalkCache.table(found) | WalkCache.limits(found)).as(where).isEqualTo(expected);
      }
    }

    private String where(int step) {
      return "seed " + seed + ", step " + step;
    }
  }
}
