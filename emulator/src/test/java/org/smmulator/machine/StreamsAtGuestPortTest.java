package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.metrics.StreamsTable;
import org.smmulator.metrics.StreamsTable.Fields;
import org.smmulator.metrics.StreamsTable.Pasid;
import org.smmulator.metrics.StreamsTable.Row;
import org.smmulator.smmu.port.SmmuCounters;

/** A driver's author, whose tables somebody reads who drives nothing. */
class StreamsAtGuestPortTest extends DrivenMachine {
  private static final String STREAMS =
      "smmu: {substreamIdBits: 20, platformStreams: [0x100, 0x108, 0x110, 0x118, 0x120, 0x128, 0x130, 0x200]}\n";

  /** Of 2 levels: the descriptors, and the entries of streams 0 to 0xff and 0x100 to 0x1ff. */
  private static final long LEVEL1 = 0x4010_0000L;

  private static final long FIRST_256 = 0x4011_0000L;
  private static final long SECOND_256 = 0x4011_4000L;

  private static final long CDS = 0x4017_0000L;
  private static final long STAGE2 = 0x4020_0000L;

  /** V, AA64, R, A, ASET, TBI0, EPD1, T0SZ of 16; the ASID goes to bit 48. */
  private static final long CD = 0x0000_e240_c000_0010L;

  private static final long S1DSS_BYPASS = 1;
  private static final long S1DSS_SSID0 = 2;
  private static final long S1STALLD = 1L << 27;
  private static final long EATS_FULL = 1L << 28;

  private final Random random = new Random();

  private Harness begin(String more) throws Exception {
    return start(
        "guest: {kind: external, port: 'unix:"
            + folder.resolve("s")
            + ",server=on'}\n"
            + DEVICES
            + more);
  }

  private StreamsTable streams() {
    return Objects.requireNonNull(machine).streams();
  }

  private Row row(String streamId) {
    return streams().streams().stream()
        .filter(row -> row.streamId().equals(streamId))
        .findFirst()
        .orElseThrow();
  }

  /** An entry of the second level 2 array. */
  private static void entry(Harness harness, int streamId, long... words) throws Exception {
    for (int i = 0; i < words.length; i++) {
      harness.perform("writeq 0x%x 0x%x", SECOND_256 + 64L * (streamId - 0x100) + 8L * i, words[i]);
    }
  }

  private static void context(Harness harness, long at, int asid, long ttb0) throws Exception {
    harness.perform("writeq 0x%x 0x%x", at, CD | (long) asid << 48);
    harness.perform("writeq 0x%x 0x%x", at + 8, ttb0);
  }

  private static void twoLevels(Harness harness) throws Exception {
    harness.perform("writeq 0x%x 0x%x", LEVEL1, FIRST_256 | 9);
    harness.perform("writeq 0x%x 0x%x", LEVEL1 + 8, SECOND_256 | 9);
    harness.perform("writeq 0x%x 0x%x", Harness.SMMU + 0x80, LEVEL1);
    harness.writeRegister(0x88, 0x1_0000 | 8 << 6 | 9);
    harness.writeRegister(0x20, 1);
  }

  @Test
  void aDisabledSmmuLooksNothingUp() throws Exception {
    begin("");
    assertThat(streams())
        .isEqualTo(
            new StreamsTable(
                true,
                "CR0.SMMUEN is 0 and GBPA.ABORT is 0: every transaction passes",
                List.of(
                    without("0x20", "edu@00:04.0", "00:04.0"),
                    without("0x28", "iommu-testdev@00:05.0", "00:05.0")),
                0,
                List.of()));
  }

  private static Row without(String streamId, String device, String id) {
    return new Row(streamId, device, id, null, null, null, List.of(), 0, List.of());
  }

  @Test
  void aLinearTableWithOneContext() throws Exception {
    Harness harness = begin("");
    harness.bringUp();
    harness.translate(EDU_SID);
    SmmuCounters before = Objects.requireNonNull(machine).summary().smmu();
    StreamsTable table = streams();
    assertThat(table.smmu()).isEqualTo("stream table at 0x40100000, LOG2SIZE=8, linear");
    assertThat(table.streams())
        .containsExactly(
            new Row(
                "0x20",
                "edu@00:04.0",
                "00:04.0",
                "stage 1",
                null,
                new Fields("full", null, false, 0),
                List.of(new Pasid(null, 7, "0x40120000", 48, "RA", null, 0)),
                0,
                List.of()),
            new Row(
                "0x28",
                "iommu-testdev@00:05.0",
                "00:05.0",
                null,
                "the STE is ILLEGAL: V is 0",
                null,
                List.of(),
                0,
                List.of()));
    assertThat(Objects.requireNonNull(machine).summary().smmu())
        .as("no cache is filled and nothing is counted")
        .isEqualTo(before);
    assertThat(harness.readRegister(0x100a8)).as("EVENTQ_PROD").isZero();
  }

  @Test
  void eachConfigInATableOfTwoLevels() throws Exception {
    Harness harness = begin(STREAMS);
    long stage2 = 9 | 24L << 32 | 1L << 38 | 2L << 48 | 1L << 51 | 1L << 53 | 1L << 58;
    harness.perform("writeq 0x%x 0x%x", STAGE2 + 8, 0x4000_04fdL);
    context(harness, Harness.CONTEXT, 3, 0x4012_0000L);
    entry(harness, 0x100, 0x1);
    entry(harness, 0x108, 0x9);
    entry(harness, 0x110, 0xd, 0, stage2, STAGE2);
    entry(harness, 0x118, Harness.CONTEXT | 0xf, 2L << 28, stage2, STAGE2);
    twoLevels(harness);

    StreamsTable table = streams();
    assertThat(table.smmu()).isEqualTo("stream table at 0x40100000, LOG2SIZE=9, 2 levels, SPLIT=8");
    assertThat(table.streams()).extracting(Row::streamId).startsWith("0x20", "0x28", "0x100");
    assertThat(row("0x100").config()).isEqualTo("abort");
    assertThat(row("0x108").config()).isEqualTo("bypass");
    assertThat(row("0x110").config()).isEqualTo("stage 2");
    assertThat(row("0x110").ste()).isEqualTo(new Fields("none", null, false, 9));
    assertThat(row("0x118").config()).isEqualTo("nested");
    assertThat(row("0x118").ste()).isEqualTo(new Fields("split", null, false, 9));
    assertThat(row("0x118").contexts())
        .containsExactly(new Pasid(null, 3, "0x40120000", 48, "RA", null, 0));
    assertThat(row("0x130").refused()).isEqualTo("the STE is ILLEGAL: V is 0");
    assertThat(row("0x200").refused())
        .isEqualTo(
            "the StreamID has no STE: it is beyond the table, or its L1STD does not span it");
    assertThat(table.render().replaceAll(" +", " "))
        .contains(" 0x100 platform abort - - - -\n")
        .contains("\nstream 0x130: the STE is ILLEGAL: V is 0\n");
  }

  @Test
  void contextTablesOfTwoLevels() throws Exception {
    Harness harness = begin(STREAMS);
    harness.perform("writeq 0x%x 0x%x", CDS, CDS + 0x1001);
    harness.perform("writeq 0x%x 0x%x", CDS + 16, CDS + 0x2001);
    context(harness, CDS + 0x1000, 1, 0x4012_0000L);
    context(harness, CDS + 0x1000 + 5 * 64, 2, 0x4012_1000L);
    harness.perform("writeq 0x%x 0x%x", CDS + 0x2000 + 2 * 64, CD | 3L << 48 | 1L << 44);
    harness.perform("writeq 0x%x 0x%x", CDS + 0x2000 + 3 * 64, CD | 4L << 48 | 1L << 14);
    entry(harness, 0x120, CDS | 1 << 4 | 0xb | 8L << 59, S1DSS_SSID0 | S1STALLD | EATS_FULL);
    long large = 0x4018_0000L;
    harness.perform("writeq 0x%x 0x%x", CDS + 0x8000, large | 1);
    context(harness, large + 1000 * 64, 9, 0x4012_2000L);
    entry(harness, 0x128, CDS + 0x8000 | 2 << 4 | 0xb | 12L << 59, S1DSS_BYPASS);
    twoLevels(harness);

    assertThat(row("0x120").ste()).isEqualTo(new Fields("full", "CD 0", true, 0));
    assertThat(row("0x120").contexts())
        .containsExactly(
            new Pasid(null, 1, "0x40120000", 48, "RA", null, 0),
            new Pasid(5, 2, "0x40121000", 48, "RA", null, 0),
            new Pasid(
                130,
                3,
                null,
                null,
                "SRA",
                "the CD is ILLEGAL: S is 1, but STE.S1STALLD forbids stalls",
                0),
            new Pasid(131, 4, null, null, "RA", null, 0));
    assertThat(row("0x120").remarks()).isEmpty();
    assertThat(row("0x128").ste()).isEqualTo(new Fields("none", "bypass", false, 0));
    assertThat(row("0x128").contexts())
        .containsExactly(new Pasid(1000, 9, "0x40122000", 48, "RA", null, 0));
    assertThat(streams().render().replaceAll(" +", " "))
        .contains(" 0x120 platform stage 1 full CD 0 1 0 - 1 0x40120000 48 RA 0\n 5 2 0x40121000 ")
        .contains("stream 0x120 PASID 130: the CD is ILLEGAL: S is 1, but STE.S1STALLD");
  }

  @Test
  void pointersToNowhereAreSaidInALine() throws Exception {
    Harness harness = begin(STREAMS);
    long nowhere = 0x8000_0000L;
    entry(harness, 0x100, nowhere | 0xb | 20L << 59, S1DSS_SSID0); // a linear table of 2^20
    entry(harness, 0x108, CDS | 2 << 4 | 0xb | 12L << 59, S1DSS_SSID0);
    harness.perform("writeq 0x%x 0x%x", CDS, nowhere | 1);
    harness.perform("writeq 0x%x 0x%x", CDS + 8, 1L << 51 | 1); // beyond the output size
    harness.perform("writeq 0x%x 0x%x", CDS + 24, CDS | 1); // itself
    entry(harness, 0x110, nowhere | 2 << 4 | 0xb | 12L << 59, S1DSS_SSID0);
    long stage2 = 9 | 24L << 32 | 1L << 38 | 2L << 48 | 1L << 51 | 1L << 53 | 1L << 58;
    entry(harness, 0x118, CDS | 0xf | 2L << 59, S1DSS_SSID0, stage2, STAGE2);
    twoLevels(harness);
    harness.perform("writeq 0x%x 0x%x", LEVEL1, nowhere | 9);

    assertThat(row("0x20").refused())
        .isEqualTo("the fetch of the STE or of its L1STD aborts (0x80000800)");
    String aborts = "the fetch of the CD or of its L1CD aborts";
    assertThat(row("0x100").remarks())
        .containsExactly("CDs 0x0 to 0xfffff: " + aborts + " (0x80000000)");
    assertThat(row("0x108").remarks())
        .containsExactly(
            "CDs 0x0 to 0x3ff: " + aborts + " (0x80000000)",
            "CDs 0x400 to 0x7ff: the L1CD's L2Ptr is beyond IDR5.OAS (0x8000000000000)");
    assertThat(row("0x110").remarks())
        .containsExactly("CDs 0x0 to 0xfff: " + aborts + " (0x80000000)");
    assertThat(row("0x118").remarks())
        .containsExactly(
            "CDs 0x0 to 0x3: stage 2, for the fetch of the CD or of its L1CD, has F_TRANSLATION"
                + " (0x40170000)");
  }

  @Test
  void ofAMillionContextsTheFirstAreShown() throws Exception {
    Harness harness = begin(STREAMS);
    long leaf = 0x4018_0000L;
    ByteBuffer contexts = ByteBuffer.allocate(1024 * 64).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 1024; i++) {
      contexts.putLong(64 * i, CD | 1L << 48).putLong(64 * i + 8, 0x4012_0000L);
    }
    write(harness, leaf, contexts);
    ByteBuffer pointers = ByteBuffer.allocate(1024 * 8).order(ByteOrder.LITTLE_ENDIAN);
    while (pointers.hasRemaining()) {
      pointers.putLong(leaf | 1);
    }
    write(harness, CDS, pointers);
    entry(harness, 0x120, CDS | 2 << 4 | 0xb | 20L << 59, S1DSS_SSID0);
    twoLevels(harness);

    Row row = row("0x120");
    assertThat(row.contexts()).hasSize(64);
    assertThat(row.contexts().get(63).pasid()).isEqualTo(63);
    assertThat(row.contextsLeft()).isEqualTo(32_768 - 64);
    assertThat(row.remarks())
        .containsExactly("CDs 0x8000 to 0xfffff are not looked at: there are too many");
    assertThat(streams().render())
        .contains("stream 0x120: and 32,704 PASIDs more\nstream 0x120: CDs 0x8000 to ");
  }

  private static void write(Harness harness, long address, ByteBuffer bytes) throws Exception {
    byte[] all = new byte[bytes.capacity()];
    bytes.get(0, all);
    for (int at = 0; at < all.length; at += 4096) {
      int length = Math.min(4096, all.length - at);
      byte[] part = Arrays.copyOfRange(all, at, at + length);
      harness.perform(
          "b64write 0x%x %d %s", address + at, length, Base64.getEncoder().encodeToString(part));
    }
  }

  static LongStream seeds() {
    Long one = Long.getLong("smmulator.seed");
    return one != null ? LongStream.of(one) : LongStream.range(0, 8);
  }

  /** Tables of pointers into themselves, of entries of any kind, and of noise. */
  @ParameterizedTest(name = "-Dsmmulator.seed={0}")
  @MethodSource("seeds")
  void whateverTheTablesAreTheMachineAnswers(long seed) throws Exception {
    random.setSeed(seed);
    Harness harness = begin(STREAMS);
    harness.perform("writeq 0x%x 0x%x", Harness.SMMU + 0xa0, Harness.EVENTS | 4);
    int bytes = 1 << 16;
    for (int round = 0; round < 12; round++) {
      ByteBuffer noise = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
      while (noise.hasRemaining()) {
        noise.putLong(word(bytes));
      }
      write(harness, LEVEL1, noise);
      harness.writeRegister(0x20, 0);
      harness.perform("writeq 0x%x 0x%x", Harness.SMMU + 0x80, pointer(bytes));
      harness.writeRegister(0x88, random.nextInt(2) << 16 | 6 << 6 | random.nextInt(24));
      harness.writeRegister(0x20, 1 | 1 << 2);
      SmmuCounters before = Objects.requireNonNull(machine).summary().smmu();
      StreamsTable table = streams();
      assertThat(table.streams()).as("seed %d, round %d", seed, round).hasSize(10);
      assertThat(StreamsTable.read(table.json())).isEqualTo(table);
      assertThat(table.render()).isNotEmpty();
      assertThat(Objects.requireNonNull(machine).summary().smmu()).isEqualTo(before);
      assertThat(harness.readRegister(0x100a8)).as("EVENTQ_PROD").isZero();
    }
  }

  private long word(int bytes) {
    return switch (random.nextInt(8)) {
      case 0 -> random.nextLong();
      case 1 -> 0;
      case 2 -> CD | random.nextLong() << 44;
      case 3 -> pointer(bytes) | 1;
      default -> pointer(bytes) | random.nextInt(64) | (long) random.nextInt(21) << 59;
    };
  }

  private long pointer(int bytes) {
    return random.nextInt(10) == 0
        ? random.nextLong() & 0x000f_ffff_ffff_ffc0L
        : LEVEL1 + random.nextInt(bytes) / 64 * 64L;
  }
}
