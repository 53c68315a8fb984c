package org.smmulator.bus.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.bus.tlp.TlpWriter;

/** What happens on a link after its hello. */
class LinkTest extends RawLink {
  @Test
  void grantsHelloAndAnswersPackets() {
    receive(HELLO);
    receive(WRITE + READ);
    assertThat(handler.events)
        .containsExactly("hello dma d0", WRITE_EVENT, "MEMORY_READ tag 7 pasid -1");
    assertThat(wire.sent)
        .containsExactly(HELLO_ACK.toLowerCase(Locale.ROOT), READ_ANSWER.toLowerCase(Locale.ROOT));
  }

  @Test
  void sendsOneBufferPerReadEvent() {
    receive(HELLO);
    wire.sent.clear();
    receive(READ.repeat(100));
    assertThat(wire.sent).hasSize(1);
    assertThat(wire.allSent()).isEqualToIgnoringCase(READ_ANSWER.repeat(100));
  }

  @Test
  void tellsTheEndOfEachReadEvent() {
    receive(HELLO);
    receive(READ.repeat(3));
    receive(READ.substring(0, 10));
    assertThat(handler.readsCompleted).isEqualTo(3);
  }

  @Test
  void sendsLargeAnswersInPieces() {
    receive(HELLO);
    wire.sent.clear();
    String largestRead = "00000010" + "03" + "00" + "0000" + "00000080010007FF80001000";
    receive(largestRead.repeat(400));
    assertThat(wire.sent).hasSizeBetween(2, 5);
    assertThat(wire.allSent()).hasSize(400 * 2 * (8 + 12 + 512));
  }

  @Test
  void whatWaitsForAPeerHoldsLittleMoreThanItsBytes() {
    receive(HELLO);
    receive(READ.repeat(3_000));
    assertThat(wire.sentCapacities).last().isEqualTo(80 << 10);
    for (int answers = 0; answers < 60; answers++) {
      receive(READ);
    }
    assertThat(wire.sent).last().isEqualTo(READ_ANSWER.toLowerCase(Locale.ROOT));
    assertThat(wire.sentCapacities).last().isEqualTo(512);
  }

  @Test
  void likeAnswersGrowNoBuffer() {
    receive(HELLO);
    receive(READ.repeat(1_000));
    receive(READ.repeat(1_000));
    int bytes = 1_000 * READ_ANSWER.length() / 2;
    assertThat(wire.sentCapacities).last().isEqualTo(bytes + bytes / 4);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 7, 11, 64})
  void cutsOfTheStreamChangeNothing(int step) {
    byte[] bytes = ByteBufUtil.decodeHexDump(HELLO + WRITE + READ + WRITE + READ);
    for (int from = 0; from < bytes.length; from += step) {
      link.receive(wire.incoming(bytes, from, Math.min(step, bytes.length - from)));
      link.readComplete();
    }
    assertThat(handler.events)
        .containsExactly(
            "hello dma d0",
            WRITE_EVENT,
            "MEMORY_READ tag 7 pasid -1",
            WRITE_EVENT,
            "MEMORY_READ tag 7 pasid -1");
    assertThat(wire.allSent()).isEqualToIgnoringCase(HELLO_ACK + READ_ANSWER + READ_ANSWER);
  }

  @Test
  void endAtEveryByteIsToldApart() {
    byte[] bytes = ByteBufUtil.decodeHexDump(HELLO + WRITE);
    int helloEnd = HELLO.length() / 2;
    for (int cut = 0; cut <= bytes.length; cut++) {
      use(new RecordingHandler());
      link.receive(wire.incoming(bytes, 0, cut));
      link.ended("gone");
      wire.loop.run();
      boolean whole = cut == 0 || cut == helloEnd || cut == bytes.length;
      assertThat(handler.closed.getNow("still open"))
          .isEqualTo(whole ? "gone" : "gone in the middle of a frame");
      assertThat(handler.cause).isEqualTo(LinkEnd.Cause.LOST);
      assertThat(handler.events).hasSize(cut < helloEnd ? 0 : cut < bytes.length ? 1 : 2);
    }
  }

  @Test
  void tellsWhatARequestMadeTheDeviceDrop() {
    receive(HELLO);
    receive("0000001407000000" + "05" + "00" + "0001" + "00000203" + "00007F0000001000");
    assertThat(handler.events).contains("ITag 5 dropped 515 [139637976731648]");
    ByteBuf body = Unpooled.buffer();
    DroppedEntries.encode(body, 5, 2, new long[] {0x3000, 0x1000, 0x7000});
    assertThat(ByteBufUtil.hexDump(body))
        .isEqualTo("0500000200000002" + "0000000000003000" + "0000000000001000");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "FFFFFFFF 03 00 0000 | frame length of 4294967295",
        "80000000 03 00 0000 | frame length of 2147483648",
        "00001101 03 00 0000 | frame length of 4353",
        "00000003 03 00 00   | frame length of 3",
        "00000000            | frame length of 0",
        "00000004 00 00 0000 | frame of unknown kind",
        "00000004 0A 00 0000 | frame of unknown kind",
        "00000004 FF 00 0000 | frame of unknown kind",
        "00000004 05 01 0000 | frame with flags or port set",
        "00000004 05 00 0001 | frame with flags or port set",
        "00000004 03 00 0000 | malformed packet: shorter than any header",
        "00000010 03 00 0000 00000001 0100001F 80001000 | malformed packet: Last BE set in a"
            + " request of one doubleword",
        "00000010 03 00 0000 00000081 010000FF 80001000 | malformed packet: read larger than MRRS",
        "00000004 01 00 0000 | hello out of place",
        "00000004 02 00 0000 | hello answer out of place",
        "00000004 05 00 0000 | frame without a code",
        "00000005 06 00 0000 00 | frame without a code",
        "00000004 04 00 0000 | statistics without a version",
        "0000000B 07 00 0000 05 00 0000 000000 | dropped entries without a head",
        "0000000C 07 00 0000 05 01 0000 00000000 | dropped entries with more pages than entries,"
            + " or with flags",
        "00000014 07 00 0000 05 00 0001 00000000 0000000000001000 | dropped entries with more"
            + " pages than entries, or with flags",
        "0000000C 07 00 0000 05 00 0001 00000001 | dropped entries shorter or longer than their"
            + " count",
        "00000014 07 00 0000 05 00 0001 00000001 0000000000001001 | dropped entry of an address"
            + " that begins no page",
        "00000008 04 00 0000 0000 0000 | statistics without a version",
        "00000008 04 00 0000 0001 0001 | statistics shorter or longer than their count",
        "00000009 04 00 0000 0001 0000 00 | statistics shorter or longer than their count",
      })
  void closesWithItsReason(String hex, String reason) {
    receive(HELLO);
    wire.sent.clear();
    receive(hex.replace(" ", "") + WRITE);
    String error = "0004" + hex(reason);
    assertThat(wire.allSent()).endsWith("06000000" + error);
    assertThat(wire.finished).isTrue();
    assertThat(link.isOpen()).isFalse();
    assertThat(handler.closed.getNow("still open")).isEqualTo(reason);
    assertThat(handler.cause).isEqualTo(LinkEnd.Cause.BROKE_PROTOCOL);
    assertThat(handler.events).hasSize(1);
  }

  @Test
  void controlCharactersOfAPeerDoNotReachLogs() {
    receive(HELLO.replace("00036430", "00030A1B").replace("000200030A1B", "00030002" + "0A1B"));
    receive("00000008" + "06000000" + "0007" + "0D41");
    assertThat(handler.events).contains("error 7 ?A");
  }

  @Test
  void cutsOffAPeerThatDoesNotRead() {
    receive(HELLO);
    wire.unsent = LIMITS.unsentBytes() + 1L;
    receive(READ);
    assertThat(wire.aborted).isTrue();
    assertThat(handler.closed.getNow("still open"))
        .startsWith("the peer does not read what it is sent");
    assertThat(handler.cause).isEqualTo(LinkEnd.Cause.DOES_NOT_READ);
  }

  @Test
  void keepsAPeerThatIsWithinItsLimit() {
    receive(HELLO);
    wire.unsent = LIMITS.unsentBytes();
    receive(READ);
    assertThat(link.isOpen()).isTrue();
    assertThat(link.pendingBytes()).isEqualTo(LIMITS.unsentBytes());
  }

  @Test
  void failingHandlerCostsItsLinkOnly() {
    use(
        new RecordingHandler() {
          @Override
          public void tlp(Tlp tlp) {
            link().begin(FrameKind.TLP).writeLong(1);
            throw new IllegalStateException("a bug");
          }
        });
    receive(HELLO);
    wire.sent.clear();
    receive(WRITE + WRITE);
    assertThat(wire.allSent()).isEqualTo("00000014" + "06000000" + "0008" + hex("internal error"));
    assertThat(handler.closed.getNow("still open")).isEqualTo("internal error");
    assertThat(handler.cause).isEqualTo(LinkEnd.Cause.FAILED_HERE);
  }

  @Test
  void closeFromWithinAHandlerEndsTheReadEvent() {
    use(
        new RecordingHandler() {
          @Override
          public void tlp(Tlp tlp) {
            super.tlp(tlp);
            link().close(ErrorCode.SHUTDOWN, "enough");
            assertThat(closed).isNotDone();
          }
        });
    receive(HELLO);
    receive(READ + READ);
    assertThat(handler.events).hasSize(2);
    assertThat(handler.closed.getNow("still open")).isEqualTo("enough");
    assertThat(handler.cause).isEqualTo(LinkEnd.Cause.CLOSED_HERE);
  }

  @Test
  void sendingOnAClosedLinkDoesNothing() {
    receive(HELLO);
    link.close(ErrorCode.SHUTDOWN, "over");
    wire.sent.clear();
    TlpWriter.stopMarker(link.begin(FrameKind.TLP), 0x100, 7);
    link.end();
    link.flush();
    link.sendControl(ControlCode.RESET);
    link.close(ErrorCode.SHUTDOWN, "again");
    assertThat(wire.sent).isEmpty();
    assertThat(link.pendingBytes()).isZero();
  }

  @Test
  void tellsErrorOfThePeerBeforeTheEnd() {
    receive("0000000E" + "06000000" + "0002" + hex("id taken"));
    assertThat(handler.events).containsExactly("error 2 id taken");
    assertThat(handler.closed.getNow("still open")).isEqualTo("the peer closed the link: id taken");
    assertThat(handler.cause).isEqualTo(LinkEnd.Cause.CLOSED_BY_PEER);
    assertThat(wire.finished).isTrue();
  }

  @Test
  void detachSaysSoFirst() {
    receive(HELLO);
    wire.sent.clear();
    link.detach();
    wire.loop.run();
    assertThat(wire.allSent()).isEqualTo("00000006" + "05000000" + "0001");
    assertThat(wire.finished).isTrue();
    assertThat(handler.closed.getNow("still open")).isEqualTo("detached");
    assertThat(handler.cause).isEqualTo(LinkEnd.Cause.CLOSED_HERE);
  }

  @Test
  void sendsNoFrameLargerThanThePeerTakes() {
    receive(HELLO.replace("00001100", "00000200"));
    link.begin(FrameKind.TLP).writeZero(0x1FC);
    link.end();
    link.begin(FrameKind.TLP).writeZero(0x1FD);
    assertThatThrownBy(link::end).hasMessageContaining("the peer takes 512");
    link.flush();
    assertThat(wire.sent.get(1)).hasSize(2 * (0x200 + 4));
  }

  @Test
  void misuseIsRefused() {
    assertThatThrownBy(() -> link.begin(FrameKind.TLP)).hasMessageContaining("before the hello");
    assertThatThrownBy(link::end).hasMessageContaining("no frame was begun");
    receive(HELLO);
    link.begin(FrameKind.TLP);
    assertThatThrownBy(() -> link.begin(FrameKind.TLP)).hasMessageContaining("not ended");
    assertThatThrownBy(link::flush).hasMessageContaining("flush within a frame");
    wire.loop.inside = false;
    assertThatThrownBy(() -> link.begin(FrameKind.TLP)).hasMessageContaining("outside its loop");
  }

  @ParameterizedTest
  @ValueSource(longs = {21, 22, 23, 24})
  void hostileStreamsOnlyCloseTheLink(long salt) {
    long seed = Long.getLong("smmulator.seed", salt);
    System.out.println("-Dsmmulator.seed=" + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      use(new RecordingHandler());
      byte[] bytes = hostile(random);
      for (int from = 0; from < bytes.length; ) {
        int step = Math.min(1 + random.nextInt(300), bytes.length - from);
        link.receive(wire.incoming(bytes, from, step));
        link.readComplete();
        from += step;
      }
      link.ended("over");
      wire.loop.run();
      assertThat(handler.closed.getNow("still open")).isNotEqualTo("internal error");
      assertThat(wire.leaked()).isZero();
      wire.buffers.clear();
      wire.sent.clear();
    }
  }

  /** One entry of an ATC of 4 x 1. */
  private static final String ATC_PART =
      "0000003C09000000"
          + "00000000000000040000000400000001"
          + "0001000000000000"
          + "000000010000000A00000000000010000000000000001000"
          + "0C01000000000000";

  private static byte[] hostile(Random random) {
    StringBuilder stream = new StringBuilder(random.nextInt(4) == 0 ? "" : HELLO);
    String[] frames = {
      READ, WRITE, HELLO, HELLO_ACK, READ_ANSWER, ATC_PART, "000000060500000000020000"
    };
    for (int i = random.nextInt(12); i >= 0; i--) {
      stream.append(frames[random.nextInt(frames.length)]);
    }
    byte[] bytes = ByteBufUtil.decodeHexDump(stream);
    for (int flips = random.nextInt(5); flips > 0; flips--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    if (random.nextInt(10) == 0) {
      random.nextBytes(bytes);
    }
    return bytes;
  }
}
