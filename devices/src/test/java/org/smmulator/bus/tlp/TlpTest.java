package org.smmulator.bus.tlp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TlpTest {
  private static final Map<String, String> GOLDEN = Packets.load("golden.txt");

  private static Tlp golden(String name) {
    return Packets.parse(GOLDEN.getOrDefault(name, ""));
  }

  @Test
  void readsMemoryRead() {
    Tlp tlp = golden("mrd64");
    assertThat(tlp.type()).isEqualTo(TlpType.MEMORY_READ);
    assertThat(tlp.address()).isEqualTo(0x1234_5678_9004L);
    assertThat(tlp.byteCountRequested()).isEqualTo(64);
    assertThat(tlp.requesterId()).isEqualTo(0x100);
    assertThat(tlp.tag()).isEqualTo(0x25);
    assertThat(tlp.hasPasid()).isFalse();
    assertThat(tlp.pasid()).isEqualTo(-1);
    assertThat(tlp.isNonPosted()).isTrue();
    assertThat(tlp.payloadBytes()).isZero();
  }

  @Test
  void readsByteEnables() {
    Tlp tlp = golden("mrd32-three-bytes");
    assertThat(tlp.address()).isEqualTo(0x8000_1000L);
    assertThat(tlp.firstByteAddress()).isEqualTo(0x8000_1003L);
    assertThat(tlp.byteCountRequested()).isEqualTo(3);
    assertThat(tlp.firstByteEnable()).isEqualTo(8);
    assertThat(tlp.lastByteEnable()).isEqualTo(3);
  }

  @Test
  void readsTenBitTag() {
    assertThat(golden("mrd32-ten-bit-tag").tag()).isEqualTo(0x3A5);
    assertThat(golden("cpld-tc-attr-tag").tag()).isEqualTo(0x2A5);
  }

  @Test
  void readsTrafficClassAndAttributes() {
    Tlp tlp = golden("cpld-tc-attr-tag");
    assertThat(tlp.trafficClass()).isEqualTo(5);
    assertThat(tlp.attributes()).isEqualTo(7);
    assertThat(Packets.parse("00040001 0100000F 80000000").attributes()).isEqualTo(4);
    assertThat(Packets.parse("00001001 0100000F 80000000").attributes()).isEqualTo(1);
    assertThat(tlp.isPoisoned()).isFalse();
    assertThat(Packets.parse("00004001 0100000F 80000000").isPoisoned()).isTrue();
  }

  @Test
  void readsTranslatedWrite() {
    Tlp tlp = golden("mwr64-translated");
    assertThat(tlp.type()).isEqualTo(TlpType.MEMORY_WRITE);
    assertThat(tlp.addressType()).isEqualTo(AddressType.TRANSLATED);
    assertThat(tlp.atIllegal()).isFalse();
    assertThat(tlp.isNonPosted()).isFalse();
    assertThat(tlp.payloadBytes()).isEqualTo(8);
    assertThat(tlp.buffer().getLong(tlp.payloadIndex())).isEqualTo(0xDEADBEEF01020304L);
  }

  @Test
  void readsTranslationRequest() {
    Tlp tlp = golden("ats-request-eight");
    assertThat(tlp.isTranslationRequest()).isTrue();
    assertThat(tlp.address()).isEqualTo(0x7F00_1234_5000L);
    assertThat(tlp.translationsRequested()).isEqualTo(8);
    assertThat(tlp.noWrite()).isFalse();
    assertThat(golden("ats-request-no-write").noWrite()).isTrue();
    assertThat(Packets.parse("20000402 010003FF 00007F00 12345FFD").address())
        .isEqualTo(0x7F00_1234_5000L);
  }

  @Test
  void readsPasidPrefix() {
    Tlp tlp = golden("pasid-privileged");
    assertThat(tlp.pasid()).isEqualTo(0x12345);
    assertThat(tlp.privilegedRequested()).isTrue();
    assertThat(tlp.executeRequested()).isFalse();
    assertThat(golden("pasid-execute").executeRequested()).isTrue();
    assertThat(golden("pasid-execute").privilegedRequested()).isFalse();
    assertThat(golden("pasid-both").tag()).isEqualTo(3);
  }

  @Test
  void readsCompletions() {
    Tlp tlp = golden("ats-completion");
    assertThat(tlp.type()).isEqualTo(TlpType.COMPLETION_DATA);
    assertThat(tlp.status()).isEqualTo(CompletionStatus.SC);
    assertThat(tlp.byteCount()).isEqualTo(8);
    assertThat(tlp.requesterId()).isEqualTo(0x100);
    assertThat(tlp.tag()).isEqualTo(3);
    assertThat(tlp.buffer().getLong(tlp.payloadIndex())).isEqualTo(0x1_2345_7803L);
    assertThat(golden("cpl-ur").status()).isEqualTo(CompletionStatus.UR);
    assertThat(golden("cpl-ca").status()).isEqualTo(CompletionStatus.CA);
    assertThat(golden("cpld-unaligned").lowerAddress()).isEqualTo(3);
    assertThat(Packets.parse("0A000000 01238000 01000300").completerId()).isEqualTo(0x123);
    assertThat(Packets.parse("0A000000 01238000 01000300").byteCount()).isEqualTo(4096);
  }

  @Test
  void readsInvalidation() {
    Tlp request = golden("invalidate-2m");
    assertThat(request.messageCode()).isEqualTo(MessageCode.INVALIDATE_REQUEST);
    assertThat(request.invalidateTag()).isEqualTo(5);
    assertThat(request.targetId()).isEqualTo(0x100);
    assertThat(request.buffer().getLong(request.payloadIndex())).isEqualTo(0x7F00_122F_F800L);
    Tlp completion = golden("invalidate-completion");
    assertThat(completion.messageCode()).isEqualTo(MessageCode.INVALIDATE_COMPLETION);
    assertThat(completion.requesterId()).isEqualTo(0x100);
    assertThat(completion.completionCount()).isEqualTo(1);
    assertThat(completion.invalidateTags()).isEqualTo(1 << 5);
    assertThat(Packets.parse("32000000 01000002 00000000 80000000").completionCount()).isEqualTo(8);
  }

  @Test
  void readsPageRequestsAndResponses() {
    Tlp request = golden("page-request");
    assertThat(request.pageAddress()).isEqualTo(0x7F00_1234_5000L);
    assertThat(request.prgIndex()).isEqualTo(0x1A);
    assertThat(request.pageRequestFlags()).isEqualTo(7);
    assertThat(request.isStopMarker()).isFalse();
    assertThat(golden("stop-marker").isStopMarker()).isTrue();
    assertThat(Packets.parse("30000000 01000004 00000000 00000004").isStopMarker()).isFalse();
    Tlp response = golden("page-response-failure");
    assertThat(response.targetId()).isEqualTo(0x100);
    assertThat(response.prgIndex()).isEqualTo(0x1A);
    assertThat(response.pageResponseCode()).isEqualTo(PageResponseCode.FAILURE);
  }

  @Test
  void readsConfigurationRequests() {
    Tlp tlp = golden("cfgwr0-byte");
    assertThat(tlp.type()).isEqualTo(TlpType.CONFIG_WRITE);
    assertThat(tlp.targetId()).isEqualTo(0x100);
    assertThat(tlp.register()).isEqualTo(0x17C);
    assertThat(tlp.firstByteEnable()).isEqualTo(2);
    assertThat(tlp.buffer().getByte(tlp.payloadIndex() + 1)).isEqualTo((byte) 0x5A);
  }

  @Test
  void readsAtomics() {
    Tlp cas = Packets.parse("4E000004 010003FF 80000008 00000000 00000001 00000000 00000002");
    assertThat(cas.type()).isEqualTo(TlpType.COMPARE_AND_SWAP);
    assertThat(cas.operandBytes()).isEqualTo(8);
    assertThat(cas.byteCountRequested()).isEqualTo(8);
    assertThat(cas.isNonPosted()).isTrue();
    assertThat(Packets.parse("4C000001 0100030F 80000004 00000001").operandBytes()).isEqualTo(4);
  }

  @Test
  void tellsIllegalAddressTypesFromMalformedPackets() {
    assertThat(Packets.parse("00000C01 0100000F 80000000").atIllegal()).isTrue();
    assertThat(Packets.parse("40000401 0100000F 80000000 00000000").atIllegal()).isTrue();
    assertThat(Packets.parse("4C000401 0100000F 80000000 00000000").atIllegal()).isTrue();
    assertThat(Packets.parse("00000402 010000FF 80000000").atIllegal()).isFalse();
    assertThat(Packets.parse("0A000C00 00002004 01000300").atIllegal()).isFalse();
  }

  @Test
  void findsDisabledBytesOnlyWhereTheyAre() {
    assertThat(Packets.parse("00000001 01000005 80000000").hasDisabledBytes()).isTrue();
    assertThat(Packets.parse("00000002 010000F7 80000000").hasDisabledBytes()).isTrue();
    assertThat(Packets.parse("00000002 01000038 80000004").hasDisabledBytes()).isFalse();
    assertThat(Packets.parse("00000001 01000000 80000000").hasDisabledBytes()).isFalse();
  }

  @Test
  void knowsWhatWaitsForACompletion() {
    assertThat(Packets.parse("01000001 0100000F 80000000").isNonPosted()).isTrue();
    assertThat(Packets.parse("0B000000 00002004 01000300").isNonPosted()).isFalse();
    assertThat(Packets.parse("05000001 0100000F 02000000").type()).isEqualTo(TlpType.OTHER);
  }

  static Stream<Arguments> malformed() {
    return Packets.load("malformed.txt").entrySet().stream()
        .map(line -> Arguments.of(line.getKey(), line.getValue()));
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void namesTheRuleAMalformedPacketBreaks(String hex, String reason) {
    ByteBuf packet = Packets.shifted(hex);
    assertThat(new Tlp().wrap(packet, 1, packet.readableBytes() - 1)).isEqualTo(reason);
  }

  @Test
  void checksNegotiatedSizes() {
    Tlp tlp = new Tlp();
    tlp.limit(128, 256);
    ByteBuf out = Unpooled.buffer();
    TlpWriter.memoryWrite(out, 0, 0, 0, 128);
    assertThat(tlp.wrap(out, 0, out.readableBytes())).isNull();
    out.clear();
    TlpWriter.memoryWrite(out, 0, 0, 0, 132);
    assertThat(tlp.wrap(out, 0, out.readableBytes())).isEqualTo("payload larger than MPS");
    out.clear();
    TlpWriter.memoryRead(out, 0, 0, 0, 0, 256);
    assertThat(tlp.wrap(out, 0, out.readableBytes())).isNull();
    out.clear();
    TlpWriter.memoryRead(out, 0, 0, 0, 0, 260);
    assertThat(tlp.wrap(out, 0, out.readableBytes())).isEqualTo("read larger than MRRS");
  }

  @Test
  void refusesPacketOutsideItsBuffer() {
    ByteBuf packet = Packets.shifted(GOLDEN.getOrDefault("mrd64", ""));
    Tlp tlp = new Tlp();
    assertThat(tlp.wrap(packet, 2, 16)).isEqualTo("packet outside its buffer");
    assertThat(tlp.wrap(packet, -1, 16)).isEqualTo("packet outside its buffer");
    assertThat(tlp.wrap(packet, 0, Integer.MAX_VALUE)).isEqualTo("packet outside its buffer");
    assertThat(tlp.wrap(packet, 1, -4)).isEqualTo("packet outside its buffer");
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13})
  void neverThrowsOnHostileBytes(long salt) {
    long seed = Long.getLong("smmulator.seed", salt);
    System.out.println("-Dsmmulator.seed=" + seed);
    Random random = new Random(seed);
    List<byte[]> seeds = new ArrayList<>();
    GOLDEN.values().forEach(hex -> seeds.add(ByteBufUtil.getBytes(Packets.shifted(hex))));
    Tlp tlp = new Tlp();
    int wellFormed = 0;
    for (int i = 0; i < 30_000; i++) {
      byte[] bytes = seeds.get(random.nextInt(seeds.size())).clone();
      for (int flips = random.nextInt(4); flips >= 0; flips--) {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
      int length = random.nextInt(8) == 0 ? random.nextInt(bytes.length) : bytes.length - 1;
      if (tlp.wrap(Unpooled.wrappedBuffer(bytes), 1, length) == null) {
        wellFormed++;
        readEverything(tlp, 1 + length);
      }
    }
    assertThat(wellFormed).isGreaterThan(300);
  }

  private static void readEverything(Tlp tlp, int end) {
    assertThat(tlp.payloadIndex() + tlp.payloadBytes()).isEqualTo(end);
    assertThat(tlp.tag()).isBetween(0, 0x3FF);
    assertThat(tlp.pasid()).isBetween(-1, 0xFFFFF);
    assertThat(tlp.requesterId()).isBetween(0, 0xFFFF);
    if (tlp.type().isMemoryRequest()) {
      assertThat(tlp.byteCountRequested()).isBetween(0, 4096);
      long last = tlp.firstByteAddress() + Math.max(0, tlp.byteCountRequested() - 1);
      assertThat(last >>> 12).isEqualTo(tlp.address() >>> 12);
      if (tlp.payloadBytes() > 0) {
        assertThat(tlp.dataIndex() + tlp.byteCountRequested()).isLessThanOrEqualTo(end);
      }
    }
    assertThat(tlp.byteCount()).isBetween(1, 4096);
    assertThat(tlp.prgIndex()).isBetween(0, 0x1FF);
    assertThat(tlp.targetId()).isBetween(0, 0xFFFF);
  }
}
