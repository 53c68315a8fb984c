package org.smmulator.smmu.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The reference against vectors worked out by hand from the architecture (IHI 0070, DDI 0487). */
class ReferenceSmmuTest {
  private static final long TABLE = 0x4000_0000L;
  private static final long CD = 0x4000_1000L;
  private static final long IDR0 = 0b1111L << 0 | 2L << 6 | 1L << 9 | 1L << 10 | 2L << 21;
  private static final long IDR5_48 = 5 | 7L << 4;
  private static final long IDR5_52 = 6 | 7L << 4 | 1L << 10;
  private static final long RW_PAGE = 1L << 10 | 1L << 6 | 3;

  private final Arena memory = new Arena();

  private Outcome outcome(long idr5, ClientAccess access) {
    RegisterValues registers =
        new RegisterValues(IDR0 & ~4L, 8 | 4L << 6, 0x21c, idr5, 2, 0b11101, 0b10, 0, TABLE, 4);
    return new ReferenceSmmu(registers, memory).outcome(access);
  }

  private void ste(long dw0, long dw1, long dw2, long dw3) {
    words(TABLE + 64, dw0, dw1, dw2, dw3);
  }

  private void words(long pa, long... values) {
    for (int i = 0; i < values.length; i++) {
      memory.poke(pa + 8L * i, values[i]);
    }
  }

  /** Stage 1 only, one CD, aborting and recording. */
  private void stage1(long cd0, long ttb0) {
    ste(CD | 0b1011, 0, 0, 0);
    words(CD, cd0 | 1L << 30 | 1L << 31 | 1L << 41 | 3L << 45, ttb0);
  }

  private static ClientAccess read(long address) {
    return ClientAccess.untranslated(1, ClientAccess.NO_SUBSTREAM, address, false);
  }

  @Test
  void aWalkOfFourLevelsOf4KibIndexesWith9BitsEach() {
    stage1(16 | 5L << 32, 0x4001_0000L);
    memory.poke(0x4001_0000L + 8 * 0x0ff, 0x4001_1003L);
    memory.poke(0x4001_1000L + 8 * 0x1c0, 0x4001_2003L);
    memory.poke(0x4001_2000L + 8 * 0x001, 0x4001_3003L);
    memory.poke(0x4001_3000L + 8 * 0x002, 0x1234_5000L | RW_PAGE);
    Outcome outcome = outcome(IDR5_48, read(0x7ff0_0020_2abcL));
    assertThat(outcome.kind()).isEqualTo(Outcome.Kind.TRANSLATED);
    assertThat(outcome.address()).isEqualTo(0x1234_5abcL);
    assertThat(outcome.sizeLog2()).isEqualTo(12);
  }

  @Test
  void aPageOf16KibIsFoundFromLevel2WithT0szOf28() {
    stage1(28 | 2L << 6 | 5L << 32, 0x4001_0000L);
    memory.poke(0x4001_0000L + 8 * 5, 0x4001_8003L);
    memory.poke(0x4001_8000L + 8 * 3, 0x5678_c000L | RW_PAGE);
    assertThat(outcome(IDR5_48, read(5L << 25 | 3 << 14 | 0x2bcd)).address())
        .isEqualTo(0x5678_ebcdL);
  }

  @Test
  void aDescriptorOf64KibHoldsAddressBits51To48InBits15To12() {
    stage1(12 | 1L << 6 | 6L << 32, 0x4001_0000L);
    memory.poke(0x4001_0000L + 8 * 0x201, 0x4002_0003L);
    memory.poke(0x4002_0000L + 8 * 7, (0x8765L << 32) | 0xa000 | 1L << 10 | 1L << 6 | 1);
    Outcome outcome = outcome(IDR5_52, read(0x201L << 42 | 7L << 29 | 0x1fff_0123L));
    assertThat(outcome.address()).isEqualTo(0xa_8765_1fff_0123L & ~0x2000_0000L);
    assertThat(outcome.sizeLog2()).isEqualTo(29);
  }

  @Test
  void aDescriptorWithoutItsValidBitIsATranslationFaultWithTheWholeInputAddress() {
    stage1(25 | 5L << 32 | 1L << 38, 0x4001_0000L);
    Outcome outcome = outcome(IDR5_48, read(0xab00_0000_1234_5678L));
    assertThat(outcome.kind()).isEqualTo(Outcome.Kind.ABORT);
    assertThat(outcome.event())
        .isEqualTo(new EventRecord(0x1_0000_0010L, 2L << 40 | 1L << 35, 0xab00_0000_1234_5678L, 0));
  }

  @Test
  void anUnreachableDescriptorIsRecordedAsClassTtOfStage1() {
    stage1(25 | 5L << 32, 0x9000_0000L);
    assertThat(outcome(IDR5_48, read(0x1000)).event())
        .isEqualTo(new EventRecord(0x1_0000_000bL, 1L << 40 | 1L << 35, 0x1000, 0x9000_0000L));
  }

  @Test
  void aClearAccessFlagFaultsWithoutHardwareUpdateAndIsSetWithIt() {
    memory.poke(0x4001_0000L, 0x8000_0000L | 1L << 6 | 1);
    stage1(25 | 5L << 32, 0x4001_0000L);
    assertThat(outcome(IDR5_48, read(0x10)).eventType()).isEqualTo(ExpectedFault.F_ACCESS);
    stage1(25 | 5L << 32 | 1L << 43, 0x4001_0000L);
    assertThat(outcome(IDR5_48, read(0x10)).updates())
        .containsExactly(new Outcome.Update(0x4001_0000L, 0x8000_0041L, 0x8000_0441L));
  }

  @Test
  void concatenatedTablesOfStage2AreIndexedAcrossTheirEnd() {
    // S2T0SZ 30, 4 KiB, S2SL0 0: level 2 with 13 bits, 16 tables.
    ste(0b1101, 0, 30L << 32 | 5L << 48 | 1L << 51 | 1L << 58, 0x4002_0000L);
    memory.poke(0x4002_0000L + 8 * 0x1801, 0x0012_0020_0000L | 1L << 10 | 3L << 6 | 1);
    ClientAccess access = read(0x1801L << 21 | 0x12345);
    assertThat(outcome(IDR5_48, access).address()).isEqualTo(0x0012_0021_2345L);
    memory.poke(0x4002_0000L + 8 * 0x1801, 0);
    assertThat(outcome(IDR5_48, access).event())
        .isEqualTo(
            new EventRecord(
                0x1_0000_0010L, 2L << 40 | 1L << 39 | 1L << 35, 0x3_0021_2345L, 0x3_0021_2000L));
  }

  @Test
  void aFaultOfStage2OnTheCdFetchIsOfClassCdAndNamesTheCd() {
    ste(CD | 0b1111, 0, 30L << 32 | 5L << 48 | 1L << 51 | 1L << 58, 0x4002_0000L);
    assertThat(outcome(IDR5_48, read(0x77)).event())
        .isEqualTo(new EventRecord(0x1_0000_0010L, 1L << 39 | 1L << 35, 0x77, CD));
  }

  @Test
  void aBadSubstreamNamesItWithoutSsv() {
    stage1(25, 0x4001_0000L);
    assertThat(outcome(IDR5_48, ClientAccess.untranslated(1, 5, 0, true)).event())
        .isEqualTo(new EventRecord(0x1_0000_5008L, 0, 0, 0));
  }

  @Test
  void aPageThatTheUnprivilegedMayWriteIsNotExecutableByThePrivileged() {
    stage1(25 | 5L << 32, 0x4001_0000L);
    memory.poke(0x4001_0000L, 0x8000_0000L | 1L << 10 | 1L << 6 | 1);
    assertThat(outcome(IDR5_48, read(0).as(true, true)).eventType())
        .isEqualTo(ExpectedFault.F_PERMISSION);
    assertThat(outcome(IDR5_48, read(0).as(false, true)).address()).isEqualTo(0x8000_0000L);
  }

  @Test
  void aTranslationRequestGrantsWritingOnlyIfItIsWantedAndAllowed() {
    stage1(25 | 5L << 32, 0x4001_0000L);
    words(TABLE + 72, 1L << 28);
    memory.poke(0x4001_0000L, 0x8000_0000L | 1L << 10 | 1L << 6 | 1);
    ClientAccess request = ClientAccess.request(1, ClientAccess.NO_SUBSTREAM, 0x1000, true);
    assertThat(outcome(IDR5_48, request).flags()).isEqualTo(Outcome.READ | Outcome.WRITE);
    memory.poke(0x4001_0000L, 0x8000_0000L | 1L << 10 | 3L << 6 | 1);
    assertThat(outcome(IDR5_48, request).flags()).isEqualTo(Outcome.READ);
    memory.poke(0x4001_0000L, 0x8000_0000L | 1L << 10 | 1);
    assertThat(outcome(IDR5_48, request).kind()).isEqualTo(Outcome.Kind.NOTHING_GRANTED);
  }
}
