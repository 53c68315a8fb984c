package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A guest that writes random structures, queues and registers into SMMUs of random features, with
 * just enough sense in them to get anywhere: nothing is thrown, nothing goes on for ever, nothing
 * is written outside of the memory that its pointers name, and with good tables the SMMU works
 * again afterwards. Run one seed again with -Dsmmulator.seed=N.
 */
class HostileGuestTest {
  /** All that the guest ever names; whatever lies above is guarded. */
  private static final long ARENA = BareGuest.RAM;

  private static final long ARENA_BYTES = 1 << 24;

  /** Stream table, context descriptors, and descriptors for both stages, more or less sensible. */
  private static final long REGION = ARENA + (12 << 20);

  private static final int REGION_BYTES = 1 << 16;
  private static final int STREAMS = 64;
  private static final int CONTEXTS = 4096;
  private static final int DESCRIPTORS = 8192;
  private static final int STEPS = 3000;
  private static final long VA = 0x7fff_1234_5000L;
  private static final int[] OFFSETS = {
    0x20, 0x28, 0x2c, 0x44, 0x50, 0x64, 0x68, 0x70, 0x80, 0x84, 0x88, 0x90, 0x94, 0x98, 0x9c, 0xa0,
    0xb0, 0xc0, 0xd0, 0xd8, 0xdc, 0x100, 0x108, 0x110, 0x100a8, 0x100ac, 0x100c8, 0x100cc
  };
  private static final String[] MISSING = {
    "-S1P",
    "-S2P",
    "-ATS",
    "-PRI",
    "-GRAN4K",
    "-GRAN16K",
    "-GRAN64K",
    "-HYP",
    "-STT",
    "-CD2L",
    "-XNX",
    "-VMID16",
    "-ASID16",
    "-SPLIT_ATS",
    "-E0PD",
    "-HAD",
    "-PPS",
    "-FWB",
    "-MSI"
  };
  private static final String[] CHOICES = {
    "oas=32",
    "oas=40",
    "oas=44",
    "oas=48",
    "httu=NONE",
    "httu=ACCESS_FLAG",
    "ssid=0",
    "ssid=8",
    "stall=TERMINATE_ONLY",
    "stall=CONFIGURABLE"
  };

  static LongStream seeds() {
    Long one = Long.getLong("smmulator.seed");
    return one != null ? LongStream.of(one) : LongStream.range(0, 40);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void survives(long seed) {
    Random random = new Random(seed);
    String features = features(random);
    BareGuest guest = BareGuest.up(Variants.of(features));
    guest.memory.onlyWritable(ARENA, ARENA + ARENA_BYTES);
    for (int i = 0; i < REGION_BYTES; i += 8) {
      guest.store(REGION + i, descriptor(random));
    }
    for (int i = 0; i < STREAMS; i++) {
      guest.store(REGION + 64L * i, streamTableEntry(random));
      guest.store(REGION + CONTEXTS + 64L * i, context(random));
    }
    try {
      reinitialise(guest);
      for (int step = 0; step < STEPS; step++) {
        step(guest, random);
      }
      recover(guest, features);
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("seed " + seed + ", features " + features, e);
    }
  }

  private static String features(Random random) {
    StringBuilder text = new StringBuilder();
    if (random.nextInt(4) != 0) {
      text.append(CHOICES[random.nextInt(CHOICES.length)]).append(' ');
      text.append(MISSING[random.nextInt(MISSING.length)]);
    }
    return text.toString();
  }

  private static void step(BareGuest guest, Random random) {
    switch (random.nextInt(16)) {
      case 0 -> {
        int offset = OFFSETS[random.nextInt(OFFSETS.length)];
        guest.smmu.writeRegister(offset, random.nextBoolean() ? 4 : 8, nonsense(random));
      }
      case 1 -> {
        if (random.nextInt(4) == 0) {
          reinitialise(guest);
        }
      }
      case 2, 3 -> guest.submit(command(random));
      case 4 -> guest.acknowledgeErrors();
      case 5, 6 -> {
        for (int i = 0; i < 50 && guest.smmu.hasWork(); i++) {
          guest.smmu.step();
        }
        guest.outputs.invalidations.forEach(
            i -> guest.smmu.atcInvalidationDone(random.nextBoolean()));
        guest.outputs.invalidations.clear();
      }
      case 7, 8 -> {
        int at = DESCRIPTORS + random.nextInt((REGION_BYTES - DESCRIPTORS) / 8) * 8;
        guest.store(REGION + at, descriptor(random));
      }
      case 9 -> guest.store(REGION + random.nextInt(STREAMS) * 64L, streamTableEntry(random));
      case 10 -> guest.store(REGION + random.nextInt(REGION_BYTES / 8) * 8L, nonsense(random));
      default -> transact(guest, random);
    }
  }

  private static long page(Random random) {
    return REGION + random.nextInt(REGION_BYTES / 4096) * 4096L;
  }

  /** Mostly legal, with random permissions to write into descriptors. */
  private static Structure streamTableEntry(Random random) {
    Structure entry =
        BareGuest.ste(random.nextInt(16) == 0 ? 0 : 4 + random.nextInt(4))
            .with("s2sl0=1 s2ps=5 s2aa64=1 s2r=1")
            .set("s1contextptr", REGION + CONTEXTS)
            .set("s1cdmax", random.nextInt(6))
            .set("s1dss", random.nextInt(4))
            .set("eats", random.nextInt(3))
            .set("strw", random.nextInt(8) == 0 ? 2 : 0)
            .set("s2vmid", random.nextInt(4))
            .set("s2t0sz", 25 + random.nextInt(9))
            .set("s2ttb", page(random));
    for (String bit : new String[] {"s2affd", "s2ha", "s2hd", "s2ptw", "s1stalld"}) {
      entry.set(bit, random.nextInt(4) == 0 ? 1 : 0);
    }
    return random.nextInt(8) == 0 ? spoilt(entry, random) : entry;
  }

  private static Structure context(Random random) {
    Structure context =
        BareGuest.cd(random.nextInt(4), page(random))
            .set("t0sz", 16 + random.nextInt(24))
            .set("tg0", random.nextInt(3))
            .set("r", random.nextInt(2))
            .set("a", random.nextInt(2))
            .set("aset", random.nextInt(2));
    for (String bit : new String[] {"ha", "hd", "affd", "wxn", "pan", "had0", "tbi0", "e0pd0"}) {
      context.set(bit, random.nextInt(2));
    }
    return random.nextInt(8) == 0 ? spoilt(context, random) : context;
  }

  private static Structure spoilt(Structure structure, Random random) {
    structure.words()[random.nextInt(structure.words().length)] ^= 1L << random.nextInt(64);
    return structure;
  }

  /** A table, a page or a block within the region, with random attributes. */
  private static long descriptor(Random random) {
    long kind = random.nextInt(8) == 0 ? random.nextInt(4) : 3;
    long attributes = random.nextLong() & 0xfff8_0000_0000_0ffcL;
    return page(random) | attributes | kind;
  }

  private static Structure command(Random random) {
    String[] names = {
      "CFGI_STE",
      "CFGI_STE_RANGE",
      "CFGI_CD",
      "CFGI_CD_ALL",
      "TLBI_NH_ALL",
      "TLBI_NH_ASID",
      "TLBI_NH_VA",
      "TLBI_NH_VAA",
      "TLBI_EL2_ALL",
      "TLBI_EL2_VA",
      "TLBI_S12_VMALL",
      "TLBI_S2_IPA",
      "TLBI_NSNH_ALL",
      "ATC_INV",
      "PRI_RESP",
      "RESUME",
      "STALL_TERM",
      "SYNC",
      "SYNC"
    };
    Structure command = new Structure("command", 2);
    command.words()[0] = random.nextLong() & 0x0003_003f_3fff_f800L;
    command.words()[1] = nonsense(random);
    return command.set("opcode", Vectors.command(names[random.nextInt(names.length)]));
  }

  /** Noise that names nothing, pointers into the region with a few low bits, and small numbers. */
  private static long nonsense(Random random) {
    long pointer = REGION + (random.nextInt(REGION_BYTES) & ~0x3f);
    long attributes = random.nextLong() & 0xfff8_0000_0000_0000L;
    return switch (random.nextInt(7)) {
      // Beyond all memory however many of the address bits count.
      case 0 -> random.nextLong() | 1L << 47 | 1L << 31;
      case 1 -> pointer | 0b1011;
      case 2 -> pointer | random.nextInt(64);
      case 3 -> (pointer & ~0xfffL) | attributes | (random.nextInt(1 << 12) | 3);
      case 4 -> Vectors.command("TLBI_NH_ALL") + (random.nextInt(64) - 32);
      case 5 -> attributes | random.nextInt(1 << 12);
      default -> random.nextInt(32);
    };
  }

  private static void transact(BareGuest guest, Random random) {
    int stream = random.nextInt(8) != 0 ? random.nextInt(STREAMS) : random.nextInt();
    int substream = random.nextBoolean() ? BareGuest.NONE : random.nextInt(1 << random.nextInt(21));
    long address =
        switch (random.nextInt(4)) {
          case 0 -> random.nextLong() | 1L << 47;
          case 1 -> random.nextInt(1 << 30);
          case 2 -> REGION + random.nextInt(REGION_BYTES);
          default -> -1L - random.nextInt(1 << 30);
        };
    guest.tx.request(
        stream,
        substream,
        address,
        random.nextBoolean(),
        random.nextBoolean(),
        random.nextBoolean());
    switch (random.nextInt(4)) {
      case 0, 1 -> guest.smmu.translate(guest.tx);
      case 2 -> guest.smmu.checkTranslated(guest.tx);
      default -> {
        guest.smmu.translationRequest(guest.tx, 1 + random.nextInt(16), guest.answer);
        guest.smmu.pageRequest(stream, substream, address, random.nextInt(512), random.nextInt(32));
      }
    }
  }

  /** Registers and queues as they should be, over the more or less sensible structures. */
  private static void reinitialise(BareGuest guest) {
    guest.writeRegister("CR0", 0);
    guest.writeRegister("IRQ_CTRL", 0);
    guest.acknowledgeErrors();
    guest.prepare();
    for (String position : new String[] {"CMDQ_PROD", "CMDQ_CONS", "EVENTQ_PROD", "EVENTQ_CONS"}) {
      guest.writeRegister(position, 0);
    }
    guest.writeRegister64("STRTAB_BASE", REGION);
    guest.writeRegister("STRTAB_BASE_CFG", 6);
    guest.writeRegister("CR0", 0b1_1111);
  }

  private static void recover(BareGuest guest, String features) {
    guest.outputs.invalidations.forEach(i -> guest.smmu.atcInvalidationDone(false));
    guest.outputs.invalidations.clear();
    reinitialise(guest);
    guest.writeRegister("CR0", 0);
    guest.writeRegister64("STRTAB_BASE", guest.streamTable());
    guest.writeRegister("CR0", 0b1_1111);
    // The first CMD_SYNC may still have an earlier time-out to report.
    guest.submit(Structure.command("SYNC"));
    guest.run();
    guest.acknowledgeErrors();
    guest.run();
    guest.invalidateAll();
    if (features.contains("-S1P")) {
      guest.storeSte(5, BareGuest.ste(0b100));
      assertThat(guest.read(5, BareGuest.NONE, VA & 0xffff_ffffL)).isEqualTo(VA & 0xffff_ffffL);
      return;
    }
    long cd = guest.allocate(64);
    boolean wide = features.contains("-GRAN4K");
    Tables tables = new Tables(guest, wide ? 16 : 12, 48, wide ? 1 : 0);
    tables.map(VA, 3, BareGuest.page(BareGuest.RAM));
    guest.store(cd, BareGuest.cd(1, tables.base()).set("tg0", wide ? 1 : 0));
    guest.storeSte(5, BareGuest.translatingSte(cd).set("eats", 0));
    guest.invalidateAll();
    long offset = wide ? VA & 0xffff : 0;
    assertThat(guest.read(5, BareGuest.NONE, VA)).isEqualTo(BareGuest.RAM + offset);
  }
}
