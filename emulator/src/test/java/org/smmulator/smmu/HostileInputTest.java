package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random structures, queues and register writes, with just enough sense in them to get anywhere:
 * nothing is thrown, nothing goes on for ever, and with good tables the SMMU works again
 * afterwards. Run one seed again with -Dsmmulator.seed=N.
 */
class HostileInputTest {
  private static final int REGION = 1 << 16;
  private static final long VA = 0x7fff_1234_5000L;
  private static final int[] OFFSETS = {
    0x20, 0x28, 0x2c, 0x44, 0x50, 0x64, 0x68, 0x70, 0x80, 0x84, 0x88, 0x90, 0x98, 0x9c, 0xa0, 0xb0,
    0xc0, 0xd0, 0xd8, 0xdc, 0x100a8, 0x100ac, 0x100c8, 0x100cc
  };

  static LongStream seeds() {
    Long one = Long.getLong("smmulator.seed");
    return one != null ? LongStream.of(one) : LongStream.range(0, 40);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void survivesNonsense(long seed) {
    Random random = new Random(seed);
    BareGuest guest = BareGuest.up();
    long region = guest.allocate(REGION);
    for (int i = 0; i < REGION; i += 8) {
      guest.store(region + i, nonsense(random, region));
    }
    for (int step = 0; step < 3000; step++) {
      switch (random.nextInt(6)) {
        case 0 -> {
          int offset = OFFSETS[random.nextInt(OFFSETS.length)];
          guest.smmu.writeRegister(offset, random.nextBoolean() ? 4 : 8, nonsense(random, region));
        }
        case 1 -> guest.writeRegister("CR0", 0b1_1111);
        case 2 -> transact(guest, random);
        case 3 -> guest.acknowledgeErrors();
        case 4 -> {
          for (int i = 0; i < 50 && guest.smmu.hasWork(); i++) {
            guest.smmu.step();
          }
          guest.outputs.invalidations.forEach(
              i -> guest.smmu.atcInvalidationDone(random.nextBoolean()));
          guest.outputs.invalidations.clear();
        }
        default -> guest.store(region + random.nextInt(REGION / 8) * 8L, random.nextLong());
      }
    }
    recover(guest);
  }

  /** Noise, pointers into the noise, and small numbers. */
  private static long nonsense(Random random, long region) {
    long pointer = region + (random.nextInt(REGION) & ~0x3f);
    return switch (random.nextInt(5)) {
      case 0 -> random.nextLong();
      case 1 -> pointer | 0b1011;
      case 2 -> pointer | random.nextInt(64);
      case 3 -> Vectors.command("TLBI_NH_ALL") + (random.nextInt(64) - 32);
      default -> random.nextInt(32);
    };
  }

  private static void transact(BareGuest guest, Random random) {
    int stream = random.nextBoolean() ? random.nextInt(64) : random.nextInt();
    int substream = random.nextBoolean() ? BareGuest.NONE : random.nextInt(1 << 20);
    long address = random.nextBoolean() ? random.nextLong() : random.nextLong() >>> 16;
    guest.tx.request(
        stream,
        substream,
        address,
        random.nextBoolean(),
        random.nextBoolean(),
        random.nextBoolean());
    switch (random.nextInt(4)) {
      case 0 -> guest.smmu.translate(guest.tx);
      case 1 -> guest.smmu.checkTranslated(guest.tx);
      case 2 -> guest.smmu.translationRequest(guest.tx, 1 + random.nextInt(16), guest.answer);
      default ->
          guest.smmu.pageRequest(
              stream, substream, address, random.nextInt(512), random.nextInt(32));
    }
  }

  private static void recover(BareGuest guest) {
    guest.outputs.invalidations.forEach(i -> guest.smmu.atcInvalidationDone(false));
    guest.writeRegister("CR0", 0);
    guest.writeRegister("IRQ_CTRL", 0);
    guest.acknowledgeErrors();
    guest.prepare();
    for (String position : new String[] {"CMDQ_PROD", "CMDQ_CONS", "EVENTQ_PROD", "EVENTQ_CONS"}) {
      guest.writeRegister(position, 0);
    }
    guest.writeRegister("CR0", 0b1_1111);
    // The first CMD_SYNC may still have an earlier time-out to report.
    guest.submit(Structure.command("SYNC"));
    guest.run();
    guest.acknowledgeErrors();
    guest.run();
    guest.invalidateAll();
    long root = guest.translatingStream(5, 1);
    guest.map(root, VA, BareGuest.RAM);
    guest.invalidateAll();
    assertThat(guest.read(5, BareGuest.NONE, VA)).isEqualTo(BareGuest.RAM);
  }
}
