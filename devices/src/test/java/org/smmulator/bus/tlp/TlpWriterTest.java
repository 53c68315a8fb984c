package org.smmulator.bus.tlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TlpWriterTest {
  private static final long PAGE = 0x7F00_1234_5000L;
  private static final Map<String, Consumer<ByteBuf>> WRITERS = new LinkedHashMap<>();

  static {
    WRITERS.put("mrd64", o -> TlpWriter.memoryRead(o, 0, 0x100, 0x25, 0x1234_5678_9004L, 64));
    WRITERS.put("mrd32-three-bytes", o -> TlpWriter.memoryRead(o, 0, 0x100, 7, 0x8000_1003L, 3));
    WRITERS.put("mwr64-translated", TlpWriterTest::translatedWrite);
    WRITERS.put("mrd32-ten-bit-tag", o -> TlpWriter.memoryRead(o, 0, 0x100, 0x3A5, 0x1000, 4));
    WRITERS.put("ats-request", o -> TlpWriter.translationRequest(o, 0x100, 3, PAGE, 1, false));
    WRITERS.put(
        "ats-request-no-write", o -> TlpWriter.translationRequest(o, 0x100, 3, PAGE + 8, 1, true));
    WRITERS.put(
        "ats-request-eight", o -> TlpWriter.translationRequest(o, 0x100, 4, PAGE, 8, false));
    WRITERS.put("ats-completion", TlpWriterTest::atsCompletion);
    WRITERS.put("cpl-ur", o -> completion(o, CompletionStatus.UR));
    WRITERS.put("cpl-ca", o -> completion(o, CompletionStatus.CA));
    WRITERS.put("pasid-plain", o -> prefixed(o, false, false));
    WRITERS.put("pasid-privileged", o -> prefixed(o, true, false));
    WRITERS.put("pasid-execute", o -> prefixed(o, false, true));
    WRITERS.put("pasid-both", o -> prefixed(o, true, true));
    WRITERS.put("invalidate-4k", o -> invalidate(o, PAGE, 12));
    WRITERS.put("invalidate-2m", o -> invalidate(o, 0x7F00_1220_0000L, 21));
    WRITERS.put("invalidate-everything", o -> invalidate(o, PAGE, 64));
    WRITERS.put(
        "invalidate-completion", o -> TlpWriter.invalidateCompletion(o, 0, 0x100, 0, 1, 1 << 5));
    WRITERS.put("page-request", o -> TlpWriter.pageRequest(o, 0x100, PAGE + 0xABC, 0x1A, 7));
    WRITERS.put("page-response-success", o -> pageResponse(o, PageResponseCode.SUCCESS));
    WRITERS.put("page-response-invalid", o -> pageResponse(o, PageResponseCode.INVALID));
    WRITERS.put("page-response-failure", o -> pageResponse(o, PageResponseCode.FAILURE));
    WRITERS.put("stop-marker", o -> TlpWriter.stopMarker(o, 0x100, 0x12345));
    WRITERS.put("assert-inta", o -> TlpWriter.interruptMessage(o, 0x100, true));
    WRITERS.put("deassert-inta", o -> TlpWriter.interruptMessage(o, 0x100, false));
    WRITERS.put("mwr32-one-byte", TlpWriterTest::byteWrite);
    WRITERS.put("mrd32-zero-length", o -> TlpWriter.memoryRead(o, 0, 0x100, 1, 0x8000_0002L, 0));
    WRITERS.put("mrd32-4096", o -> TlpWriter.memoryRead(o, 0, 0x100, 1, 0x8000_0000L, 4096));
    WRITERS.put("cfgrd0-word", o -> TlpWriter.configRead(o, 0, 3, 0x100, 6, 2));
    WRITERS.put("cfgwr0-byte", TlpWriterTest::configByteWrite);
    WRITERS.put("cpld-unaligned", TlpWriterTest::unalignedCompletion);
    WRITERS.put("cpld-tc-attr-tag", TlpWriterTest::completionThatRepeats);
  }

  private static void translatedWrite(ByteBuf out) {
    int data = TlpWriter.memoryWrite(out, TlpWriter.TRANSLATED, 0x111, 0x1_0000_0010L, 8);
    out.setLong(data, 0xDEADBEEF01020304L);
  }

  private static void byteWrite(ByteBuf out) {
    int data = TlpWriter.memoryWrite(out, 0, 0x100, 0xFEE0_0003L, 1);
    out.setByte(data, 0xAB);
  }

  private static void atsCompletion(ByteBuf out) {
    long entry = AtsEntry.encode(0x1_2345_0000L, 16, AtsEntry.READ | AtsEntry.WRITE);
    long transaction = TlpWriter.transaction(0x100, 3);
    TlpWriter.translationCompletion(out, 0, transaction, new long[] {entry, -1}, 1);
  }

  private static void completion(ByteBuf out, int status) {
    TlpWriter.completion(out, 0, TlpWriter.transaction(0x100, 3), status, 4);
  }

  private static void prefixed(ByteBuf out, boolean privileged, boolean execute) {
    TlpWriter.pasidPrefix(out, 0x12345, privileged, execute);
    TlpWriter.translationRequest(out, 0x100, 3, PAGE, 1, false);
  }

  private static void invalidate(ByteBuf out, long address, int sizeLog2) {
    long payload = AtsEntry.encodeInvalidation(address, sizeLog2, false);
    TlpWriter.invalidateRequest(out, 0, 0x100, 5, payload);
  }

  private static void pageResponse(ByteBuf out, int code) {
    TlpWriter.pageResponse(out, 0, 0x100, 0x1A, code);
  }

  private static void configByteWrite(ByteBuf out) {
    int data = TlpWriter.configWrite(out, 0, 4, 0x100, 0x17D, 1);
    out.setByte(data, 0x5A);
  }

  private static void unalignedCompletion(ByteBuf out) {
    long transaction = TlpWriter.transaction(0x100, 7);
    int data = TlpWriter.completionData(out, 0, transaction, 5, 0x8000_1003L, 5);
    out.setBytes(data, new byte[] {0x11, 0x22, 0x33, 0x44, 0x55});
  }

  private static void completionThatRepeats(ByteBuf out) {
    ByteBuf request = Unpooled.buffer();
    int flags =
        TlpWriter.trafficClass(5)
            | TlpWriter.ID_BASED_ORDERING
            | TlpWriter.RELAXED_ORDERING
            | TlpWriter.NO_SNOOP;
    TlpWriter.memoryRead(request, flags, 0x100, 0x2A5, 0x1000, 4);
    long transaction = Packets.parse(request).transaction();
    out.setInt(TlpWriter.completionData(out, 0, transaction, 4, 0x1000, 4), 0xCAFEF00D);
  }

  @Test
  void everyGoldenPacketHasItsWriter() {
    assertThat(WRITERS.keySet()).isEqualTo(Packets.load("golden.txt").keySet());
  }

  static Stream<String> goldenNames() {
    return Packets.load("golden.txt").keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("goldenNames")
  void writesGoldenPacket(String name) {
    ByteBuf out = Unpooled.buffer(1).writeByte(0).skipBytes(1);
    // Old bytes in the buffer must not shine through disabled bytes.
    out.ensureWritable(64).setLong(13, -1L).setLong(21, -1L);
    WRITERS.getOrDefault(name, o -> {}).accept(out);
    assertThat(Packets.hex(out)).isEqualTo(Packets.load("golden.txt").get(name));
    Packets.parse(out);
  }

  @Test
  void writesNoPrefixWithoutPasid() {
    ByteBuf out = Unpooled.buffer();
    TlpWriter.pasidPrefix(out, -1, true, true);
    assertThat(out.readableBytes()).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void addressAndLengthSurviveByteEnables(long salt) {
    long seed = Long.getLong("smmulator.seed", salt);
    System.out.println("-Dsmmulator.seed=" + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      long page = random.nextLong() & -4096L & (random.nextBoolean() ? 0xFFFF_FFFFL : -1L);
      int offset = random.nextInt(4096);
      int bytes = Math.min(random.nextInt(random.nextBoolean() ? 9 : 4097), 4096 - offset);
      ByteBuf out = Unpooled.buffer();
      int data = TlpWriter.memoryWrite(out, 0, 0x100, page + offset, bytes);
      for (int k = 0; k < bytes; k++) {
        out.setByte(data + k, k + 1);
      }
      checkWrite(Packets.parse(out), page + offset, bytes);
    }
  }

  private static void checkWrite(Tlp write, long address, int bytes) {
    assertThat(write.byteCountRequested()).isEqualTo(bytes);
    assertThat(write.isZeroLength()).isEqualTo(bytes == 0);
    assertThat(write.hasDisabledBytes()).isFalse();
    assertThat(write.firstByteAddress()).isEqualTo(bytes == 0 ? address & -4L : address);
    for (int k = 0; k < write.payloadBytes(); k++) {
      long at = write.address() + k;
      boolean enabled = at >= address && at - address < bytes;
      assertThat(write.isByteEnabled(k)).isEqualTo(enabled);
      int expected = enabled ? (int) (at - address + 1) & 0xFF : 0;
      if (enabled || k < 4 || k >= write.payloadBytes() - 4) {
        assertThat((int) write.buffer().getUnsignedByte(write.payloadIndex() + k))
            .isEqualTo(expected);
      }
    }
    if (bytes > 0) {
      assertThat(write.buffer().getByte(write.dataIndex())).isEqualTo((byte) 1);
    }
  }

  @Test
  void refusesWhatNoPacketCanSay() {
    ByteBuf out = Unpooled.buffer();
    assertThatThrownBy(() -> TlpWriter.memoryRead(out, 0, 0, 0, 0xFFF, 2))
        .hasMessageContaining("4 KiB boundary");
    assertThatThrownBy(() -> TlpWriter.configRead(out, 0, 0, 0, 3, 2))
        .hasMessageContaining("register 3");
    assertThatThrownBy(() -> TlpWriter.pasidPrefix(out, 1 << 20, false, false))
        .hasMessageContaining("PASID");
    assertThat(out.readableBytes()).isZero();
  }
}
