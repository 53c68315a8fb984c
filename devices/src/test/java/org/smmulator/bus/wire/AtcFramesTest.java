package org.smmulator.bus.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The question what an ATC holds and its answer, in bytes typed by hand. */
class AtcFramesTest extends RawLink {
  private static final String QUESTION =
      "00000100" + "00000000" + "00007F0000001000" + "00007F0000001FFF";
  private static final String HEAD =
      "00000100" + "00000400" + "00000100" + "00000004" + "0002" + "0000" + "00000000";
  private static final String LARGE =
      "00000101" // entry 257
          + "0000000A" // PASID 10
          + "00007F0000001000"
          + "0000000048001000"
          + "15" // 2 MiB
          + "03" // read, write
          + "0000"
          + "00000007"; // seven uses ago
  private static final String WITHOUT_PASID =
      "000003FF"
          + "FFFFFFFF"
          + "0000000000001000"
          + "0000000040002000"
          + "0C"
          + "11" // read, untranslated only
          + "0000"
          + "FFFFFFFF";
  private static final AtcEntries ANSWER =
      new AtcEntries(
          0x100,
          0x400,
          0x100,
          4,
          List.of(
              new AtcEntries.Entry(0x101, 10, 0x7f00_0000_1000L, 0x4800_1000L, 21, 0b11, 7),
              new AtcEntries.Entry(
                  0x3ff, AtcEntries.NO_PASID, 0x1000, 0x4000_2000L, 12, 0b10001, 0xffff_ffffL)));

  @Test
  void questionHasItsBytes() {
    ByteBuf body = Unpooled.buffer();
    new AtcRead(0x100, 0x7f00_0000_1000L, 0x7f00_0000_1fffL).encode(body);
    assertThat(ByteBufUtil.hexDump(body)).isEqualToIgnoringCase(QUESTION);
  }

  @Test
  void answerHasItsBytes() {
    ByteBuf body = Unpooled.buffer();
    ANSWER.encode(body);
    assertThat(ByteBufUtil.hexDump(body)).isEqualToIgnoringCase(HEAD + LARGE + WITHOUT_PASID);
  }

  @Test
  void agesBeyondTheirFieldAreItsLargest() {
    ByteBuf body = Unpooled.buffer();
    new AtcEntries.Entry(0, 0, 0, 0, 12, 1, 1L << 40).encode(body);
    assertThat(body.getUnsignedInt(28)).isEqualTo(0xffff_ffffL);
  }

  @Test
  void rootComplexIsToldTheAnswer() {
    receive(HELLO);
    receive("0000005C09000000" + HEAD + LARGE + WITHOUT_PASID);
    assertThat(handler.events).contains(ANSWER.toString());
  }

  @Test
  void theLargestAnswerFitsAFrame() {
    ByteBuf body = Unpooled.buffer();
    AtcEntries.Entry entry = new AtcEntries.Entry(0, 0, 0, 0, 12, 1, 0);
    new AtcEntries(0, 1, 1, 1, Collections.nCopies(AtcEntries.MOST, entry)).encode(body);
    assertThat(Frame.MIN_LENGTH + body.readableBytes()).isLessThanOrEqualTo(Frame.MAX_LENGTH);
  }

  @Test
  void deviceIsToldTheQuestion() {
    asDevice();
    receive("0000001C08000000" + QUESTION);
    assertThat(handler.events)
        .contains(new AtcRead(0x100, 0x7f00_0000_1000L, 0x7f00_0000_1fffL).toString());
  }

  private void asDevice() {
    handler = new RecordingHandler();
    link = new Link(Link.Role.ENDPOINT, handler, LIMITS, wire);
    receive(HELLO_ACK);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0000001B 08 00 0000 00000000 00000000 0000000000000000 00000000000000"
            + "| question for the ATC's entries of another length than 24 bytes",
        "0000001D 08 00 0000 00000000 00000000 0000000000000000 0000000000000000 00"
            + "| question for the ATC's entries of another length than 24 bytes",
        "0000001C 08 00 0000 00000000 00000001 0000000000000000 0000000000000000"
            + "| question for the ATC's entries of no page, or with flags",
        "0000001C 08 00 0000 00000000 00000000 8000000000000000 7FFFFFFFFFFFFFFF"
            + "| question for the ATC's entries of no page, or with flags",
        "00000004 09 00 0000 | frame for the other end",
      })
  void deviceClosesOnABadQuestion(String hex, String reason) {
    asDevice();
    receive(hex.replace(" ", ""));
    assertThat(handler.closed.getNow("still open")).isEqualTo(reason);
    assertThat(handler.events).hasSize(1);
  }

  private static final String COUNTED =
      "entries of an ATC more or less than their count, or with flags";
  private static final String NONE =
      "entry of an ATC with a PASID, page, size or flags that are none";
  private static final String GOOD = "00000000 0000000A 0000000000001000 0000000000001000";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "00000000 00000001 00000001 00000001 0000 0000 000000 | entries of an ATC without a head",
        "00000000 00000001 00000001 00000001 0001 0000 00000000 |" + COUNTED,
        "00000000 00000001 00000001 00000001 0000 0001 00000000 |" + COUNTED,
        "00000000 00000001 00000001 00000001 0000 0000 00000001 |" + COUNTED,
        "00000000 00000001 00000001 00000001 0081 0000 00000000 |" + COUNTED,
        "00000000 00000001 00000001 00000001 0000 0000 00000000 "
            + GOOD
            + "0C010000 00000000 |"
            + COUNTED,
        "00000000 00000001 00000001 00000001 0001 0000 00000000 "
            + GOOD
            + "0C010000 000000 |"
            + COUNTED,
        "00000000 00000000 00000000 00000001 0000 0000 00000000"
            + "| entries of an ATC of 0 sets x 1 ways",
        "00000000 00000000 00000003 00000001 0000 0000 00000000"
            + "| entries of an ATC of 3 sets x 1 ways",
        "00000000 00000000 80000000 00000001 0000 0000 00000000"
            + "| entries of an ATC of -2147483648 sets x 1 ways",
        "00000000 00000000 00000001 00000000 0000 0000 00000000"
            + "| entries of an ATC of 1 sets x 0 ways",
        "00000000 00000000 01000000 00000002 0000 0000 00000000"
            + "| entries of an ATC of 16777216 sets x 2 ways",
        "00000000 00000005 00000002 00000002 0000 0000 00000000"
            + "| entries of an ATC of 2 sets x 2 ways",
        "00000000 00000001 00000001 00000001 0001 0000 00000000"
            + "00000001 0000000A 0000000000001000 0000000000001000 0C010000 00000000"
            + "| entry of an ATC out of its place",
        "00000001 00000002 00000002 00000001 0001 0000 00000000"
            + GOOD
            + "0C010000 00000000"
            + "| entry of an ATC out of its place",
        "00000000 00000002 00000002 00000001 0002 0000 00000000"
            + GOOD
            + "0C010000 00000000"
            + GOOD
            + "0C010000 00000000"
            + "| entry of an ATC out of its place",
        "00000000 00000001 00000001 00000001 0001 0000 00000000"
            + "00000000 00100000 0000000000001000 0000000000001000 0C010000 00000000 |"
            + NONE,
        "00000000 00000001 00000001 00000001 0001 0000 00000000"
            + "00000000 FFFFFFFE 0000000000001000 0000000000001000 0C010000 00000000 |"
            + NONE,
        "00000000 00000001 00000001 00000001 0001 0000 00000000"
            + "00000000 0000000A 0000000000001001 0000000000001000 0C010000 00000000 |"
            + NONE,
        "00000000 00000001 00000001 00000001 0001 0000 00000000"
            + "00000000 0000000A 0000000000001000 0000000000001800 0C010000 00000000 |"
            + NONE,
        "00000000 00000001 00000001 00000001 0001 0000 00000000"
            + GOOD
            + "0B010000 00000000 |"
            + NONE,
        "00000000 00000001 00000001 00000001 0001 0000 00000000"
            + GOOD
            + "41010000 00000000 |"
            + NONE,
        "00000000 00000001 00000001 00000001 0001 0000 00000000"
            + GOOD
            + "0C210000 00000000 |"
            + NONE,
        "00000000 00000001 00000001 00000001 0001 0000 00000000"
            + GOOD
            + "0C010001 00000000 |"
            + NONE,
      })
  void rootComplexClosesOnABadAnswer(String hex, String reason) {
    receive(HELLO);
    String body = hex.replace(" ", "");
    receive(String.format("%08X09000000%s", 4 + body.length() / 2, body) + WRITE);
    assertThat(handler.closed.getNow("still open")).isEqualTo(reason);
    assertThat(handler.events).hasSize(1);
  }

  @Test
  void rootComplexIsAskedNothing() {
    receive(HELLO);
    receive("0000001C08000000" + QUESTION);
    assertThat(handler.closed.getNow("still open")).isEqualTo("frame for the other end");
  }
}
