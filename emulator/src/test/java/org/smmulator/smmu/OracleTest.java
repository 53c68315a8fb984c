package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.smmu.NaiveTranslator.Access;
import org.smmulator.smmu.NaiveTranslator.Result;
import org.smmulator.smmu.SmmuFeatures.Caches;
import org.smmulator.smmu.Transaction.Outcome;

/**
 * Random tables, accesses, changes and the invalidations that the changes need: the SMMU with its
 * caches must do what a translator without caches does. Run one seed again with -Dsmmulator.seed=N.
 */
class OracleTest {
  private static final int STREAMS = 2;
  private static final int STEPS = 1500;

  static LongStream seeds() {
    Long one = Long.getLong("smmulator.seed");
    return one != null ? LongStream.of(one) : LongStream.range(0, 24);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void cachesChangeNothingOnceInvalidated(long seed) {
    new Run(seed).run();
  }

  private static final class Run {
    private final long seed;
    private final Random random;
    private final BareGuest guest;
    private final NaiveTranslator naive;
    private final long[] cds = new long[STREAMS];
    private final long[][] roots = new long[STREAMS][2];

    /** Where descriptors are, for which stream, half, address and level. */
    private final List<long[]> descriptors = new ArrayList<>();

    private int translated;
    private int faulted;

    Run(long seed) {
      this.seed = seed;
      this.random = new Random(seed);
      Caches[] caches = {new Caches(2, 2, 0, 1), new Caches(4, 1, 2, 2), new Caches(64, 4, 16, 16)};
      guest =
          BareGuest.up(SmmuFeatures.defaults().withCaches(caches[random.nextInt(caches.length)]));
      naive = new NaiveTranslator(guest);
      for (int s = 0; s < STREAMS; s++) {
        roots[s][0] = guest.allocate(4096);
        roots[s][1] = guest.allocate(4096);
        cds[s] = guest.allocate(64);
        guest.store(cds[s], context(s));
        guest.storeSte(s, BareGuest.translatingSte(cds[s]));
      }
      for (int i = 0; i < 60; i++) {
        mapSomething();
      }
    }

    /** Globals of the two contexts are told apart by ASET. */
    private Structure context(int stream) {
      return BareGuest.cd(stream + 1, roots[stream][0])
          .set("aset", stream)
          .set("epd0", random.nextInt(8) == 0 ? 1 : 0)
          .set("epd1", random.nextInt(3) == 0 ? 1 : 0)
          .set("t1sz", 16)
          .set("tg1", 2)
          .set("ttb1", roots[stream][1])
          .set("ips", random.nextInt(4) == 0 ? 0 : 5)
          .set("affd", random.nextInt(2))
          .set("wxn", random.nextInt(2))
          .set("pan", random.nextInt(2))
          .set("tbi0", random.nextInt(2))
          .set("tbi1", random.nextInt(2))
          .set("had0", random.nextInt(2))
          .set("had1", random.nextInt(2));
    }

    private long someAddress() {
      long va =
          (long) random.nextInt(2) << 39
              | (long) random.nextInt(2) << 30
              | (long) random.nextInt(2) << 21
              | (long) random.nextInt(3) << 12
              | random.nextInt(4096);
      boolean upper = random.nextInt(3) == 0;
      long address = upper ? va | 0xffff_0000_0000_0000L : va;
      return random.nextInt(16) == 0 ? address ^ (1L << (48 + random.nextInt(16))) : address;
    }

    private Structure someLeaf(int level) {
      long output = random.nextInt(10) == 0 ? 1L << 40 : BareGuest.RAM + (random.nextInt(16) << 12);
      Structure leaf = level == 3 ? BareGuest.page(output) : BareGuest.block(output);
      return leaf.set("ap1", random.nextInt(2))
          .set("ap2", random.nextInt(2))
          .set("uxn", random.nextInt(2))
          .set("pxn", random.nextInt(2))
          .set("ng", random.nextInt(2))
          .set("af", random.nextInt(5) == 0 ? 0 : 1)
          .set("valid", random.nextInt(8) == 0 ? 0 : 1);
    }

    private void mapSomething() {
      int stream = random.nextInt(STREAMS);
      long va = someAddress();
      int half = (int) (va >>> 55 & 1);
      int level = 1 + random.nextInt(3);
      long table = roots[stream][half];
      for (int l = 0; l < level; l++) {
        long at = BareGuest.descriptorAddress(table, va, l);
        long descriptor = guest.load(at);
        if ((descriptor & 3) == 1) {
          return;
        }
        if ((descriptor & 1) == 0) {
          if (descriptor != 0) {
            return;
          }
          guest.store(at, BareGuest.table(guest.allocate(4096)));
          descriptors.add(new long[] {at, stream, va, l});
        }
        table = guest.load(at) & 0x0000_ffff_ffff_f000L;
      }
      long at = BareGuest.descriptorAddress(table, va, level);
      if (guest.load(at) == 0) {
        guest.store(at, someLeaf(level));
        descriptors.add(new long[] {at, stream, va, level});
      }
    }

    void run() {
      guest.invalidateAll();
      for (int step = 0; step < STEPS; step++) {
        switch (random.nextInt(12)) {
          case 0 -> changeDescriptor();
          case 1 -> {
            if (random.nextInt(8) == 0) {
              changeContext();
            }
          }
          default -> access(step);
        }
      }
      assertThat(translated).as("seed %d", seed).isGreaterThan(50);
      assertThat(faulted).as("seed %d", seed).isGreaterThan(50);
    }

    private void changeDescriptor() {
      long[] chosen = descriptors.get(random.nextInt(descriptors.size()));
      long at = chosen[0];
      long va = chosen[2];
      int level = (int) chosen[3];
      boolean wasTable = level < 3 && (guest.load(at) & 3) == 3;
      if (wasTable) {
        Structure limits =
            new Structure("pte", 1)
                .set("aptable", random.nextInt(4))
                .set("uxntable", random.nextInt(2))
                .set("pxntable", random.nextInt(2));
        guest.store(at, (guest.load(at) & ~(0x1fL << 59)) | limits.word(0));
      } else {
        guest.store(at, someLeaf(level));
      }
      // A table or a block serves more than one page: only a command without an address will do.
      boolean leaf = level == 3;
      Structure command =
          switch (leaf ? random.nextInt(3) : 2) {
            case 0 ->
                Structure.command("TLBI_NH_VA")
                    .set("asid", chosen[1] + 1)
                    .set("address", va & ~0xfffL)
                    .set("leaf", random.nextInt(2));
            case 1 ->
                Structure.command("TLBI_NH_VAA")
                    .set("address", va & ~0xfffL)
                    .set("leaf", random.nextInt(2));
            default -> Structure.command(random.nextBoolean() ? "TLBI_NH_ALL" : "TLBI_NSNH_ALL");
          };
      guest.perform(command);
    }

    private void changeContext() {
      int stream = random.nextInt(STREAMS);
      guest.store(cds[stream], context(stream));
      Structure command =
          switch (random.nextInt(4)) {
            case 0 -> Structure.command("CFGI_CD").set("stream", stream);
            case 1 -> Structure.command("CFGI_CD_ALL").set("stream", stream);
            case 2 -> Structure.command("CFGI_STE").set("stream", stream);
            default -> Structure.command("CFGI_STE_RANGE").set("range", 31);
          };
      guest.perform(command);
      guest.perform(Structure.command("TLBI_NH_ALL"));
    }

    private void access(int step) {
      int stream = random.nextInt(STREAMS);
      Access access =
          new Access(
              someAddress(), random.nextBoolean(), random.nextBoolean(), random.nextBoolean());
      Result expected = naive.translate(cds[stream], access);
      guest.access(
          stream,
          BareGuest.NONE,
          access.va(),
          access.write(),
          access.privileged(),
          access.execute());
      String what = "seed " + seed + " step " + step + " stream " + stream + " " + access;
      if (expected.event().isEmpty()) {
        translated++;
        assertThat(guest.tx.outcome()).as(what).isEqualTo(Outcome.TRANSLATED);
        assertThat(guest.tx.pa()).as(what).isEqualTo(expected.pa());
      } else {
        faulted++;
        assertThat(guest.tx.outcome()).as(what).isEqualTo(Outcome.FAULTED);
        Structure event = guest.takeEvent();
        assertThat(event.get("id")).as(what).isEqualTo(Vectors.event(expected.event()));
        assertThat(event.get("input")).as(what).isEqualTo(access.va());
      }
    }
  }
}
