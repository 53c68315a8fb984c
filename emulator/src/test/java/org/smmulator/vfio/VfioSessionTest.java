package org.smmulator.vfio;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.vfio.VfioVectors.EXCHANGES;
import static org.smmulator.vfio.VfioVectors.VERSION;
import static org.smmulator.vfio.VfioVectors.VERSION_REPLY;
import static org.smmulator.vfio.VfioVectors.bytes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class VfioSessionTest {
  private static final String READ =
      "0f00 0900 20000000 00000000 00000000 0000000000000000 00000000 04000000";
  private static final String READ_REPLY =
      "0f00 0900 24000000 01000000 00000000 0000000000000000 00000000 04000000 00000000";
  private static final String RESET = "1300 0d00 10000000 00000000 00000000";
  private static final String RESET_REPLY = "1300 0d00 10000000 01000000 00000000";

  private static String plain(String hex) {
    return hex.replace(" ", "");
  }

  @Test
  void agreesOnAVersion() {
    VfioWire wire = new VfioWire();
    assertThat(wire.exchange(VERSION)).isEqualTo(plain(VERSION_REPLY));
    assertThat(wire.function.asked).containsExactly("taken");
    assertThat(wire.tally.sum(VfioCounter.CLIENTS)).isEqualTo(1);
  }

  @Test
  void answersEachCommandAsTheDocumentHasIt() {
    VfioWire wire = VfioWire.open();
    for (VfioVectors.Exchange each : EXCHANGES) {
      assertThat(wire.exchange(each.sent())).as(each.name()).isEqualTo(plain(each.received()));
    }
    assertThat(wire.function.asked)
        .containsExactly(
            "taken",
            "mapped 0x40000000 0x20000000",
            "write 0 0x80 4",
            "read 0 0x7c 8",
            "write 7 0x4 2",
            "read 7 0x4 2",
            "reset");
    assertThat(wire.tally.sum(VfioCounter.COMMANDS)).isEqualTo(1 + EXCHANGES.size());
    assertThat(wire.tally.sum(VfioCounter.COMMANDS_REFUSED)).isEqualTo(7);
    assertThat(wire.tally.sum(VfioCounter.RESETS)).isEqualTo(1);
    assertThat(wire.tally.sum(VfioCounter.MALFORMED)).isZero();
  }

  private static byte[] conversation() {
    StringBuilder all = new StringBuilder(VERSION);
    EXCHANGES.forEach(each -> all.append(each.sent()));
    return bytes(all.toString());
  }

  private static String replies() {
    StringBuilder all = new StringBuilder(VERSION_REPLY);
    EXCHANGES.forEach(each -> all.append(each.received()));
    return plain(all.toString());
  }

  @Test
  void doesNotCareWhereTheStreamIsCut() {
    byte[] sent = conversation();
    VfioWire wire = new VfioWire();
    for (int cut = 1; cut < sent.length; cut++) {
      wire.send(Arrays.copyOf(sent, cut));
      wire.send(Arrays.copyOfRange(sent, cut, sent.length));
      assertThat(wire.received()).as("cut at %d", cut).isEqualTo(replies());
      wire = wire.next();
    }
    for (byte each : sent) {
      wire.send(new byte[] {each});
    }
    assertThat(wire.received()).isEqualTo(replies());
  }

  @Test
  void performsCommandsInOrderWhileTheFunctionTakesItsTime() {
    VfioWire wire = VfioWire.open();
    wire.function.holds = true;
    wire.send(bytes(READ + RESET));
    assertThat(wire.received()).isEmpty();
    assertThat(wire.function.asked).containsExactly("taken", "read 0 0x0 4");
    assertThat(wire.channel.config().isAutoRead()).isFalse();
    wire.function.held.remove().run();
    assertThat(wire.received()).isEqualTo(plain(READ_REPLY));
    wire.function.held.remove().run();
    assertThat(wire.received()).isEqualTo(plain(RESET_REPLY));
    assertThat(wire.channel.config().isAutoRead()).isTrue();
  }

  @Test
  void passesTheErrorOfTheFunctionOn() {
    VfioWire wire = VfioWire.open();
    wire.function.failure = Errno.EIO;
    assertThat(wire.exchange(READ)).isEqualTo(plain("0f00 0900 10000000 21000000 05000000"));
  }

  @Test
  void nothingComesBeforeVersion() {
    for (VfioVectors.Exchange each : EXCHANGES.subList(0, EXCHANGES.size() - 1)) {
      VfioWire wire = new VfioWire();
      String sent = plain(each.sent());
      String reply = wire.exchange(sent.substring(0, 16) + "00000000" + sent.substring(24));
      assertThat(reply)
          .as(each.name())
          .startsWith(sent.substring(0, 8) + "1000000021000000")
          .hasSize(32);
      assertThat(wire.function.asked).isEmpty();
      assertThat(wire.exchange(VERSION)).isEqualTo(plain(VERSION_REPLY));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "no body                  | 10000000 |",
        "half a version           | 12000000 | 0000",
        "version 1                | 14000000 | 0100 0000",
        "no end of the text       | 16000000 | 0000 0000 7b7d",
        "an end alone             | 15000000 | 0000 0000 00",
        "no JSON                  | 16000000 | 0000 0000 7b00",
        "no UTF-8                 | 16000000 | 0000 0000 ff00",
        "JSON that is no object   | 16000000 | 0000 0000 3100",
        "text behind an end       | 18000000 | 0000 0000 7b7d007d",
      })
  void refusesAVersionThatIsNone(String what, String size, String body) {
    VfioWire wire = new VfioWire();
    String hex = "0100 0100" + size + "00000000 00000000" + (body == null ? "" : body);
    assertThat(wire.exchange(hex)).as(what).isEqualTo("01000100100000002100000016000000");
    assertThat(wire.exchange(VERSION)).as("a second try").isEqualTo(plain(VERSION_REPLY));
  }

  static Stream<List<String>> proposals() {
    return Stream.of(
        List.of("{}", "{\"capabilities\":{}}"),
        List.of("{\"capabilities\":{}}", "{\"capabilities\":{}}"),
        List.of(
            "{\"capabilities\":{\"max_data_xfer_size\":4096,\"twin_socket\":{\"supported\":true}}}",
            "{\"capabilities\":{\"max_data_xfer_size\":4096}}"),
        List.of(
            "{\"capabilities\":{\"max_dma_maps\":99999999999999999999,\"pgsizes\":6144}}",
            "{\"capabilities\":{\"max_dma_maps\":65535,\"pgsizes\":4096}}"),
        List.of("{\"capabilities\":[]}", ""),
        List.of("{\"capabilities\":{\"max_dma_maps\":0}}", ""),
        List.of("{\"capabilities\":{\"max_dma_maps\":\"8\"}}", ""),
        List.of("{\"capabilities\":{\"max_data_xfer_size\":1.5}}", ""),
        List.of("{\"capabilities\":{\"pgsizes\":8192}}", ""));
  }

  @ParameterizedTest
  @MethodSource("proposals")
  void promisesNoMoreThanWasProposed(List<String> proposal) {
    byte[] text = proposal.get(0).getBytes(US_ASCII);
    byte[] head = bytes("0100 0100 00000000 00000000 00000000 0000 0100");
    byte[] sent = Arrays.copyOf(head, head.length + text.length + 1);
    System.arraycopy(text, 0, sent, head.length, text.length);
    sent[4] = (byte) sent.length;
    VfioWire wire = new VfioWire();
    wire.send(sent);
    byte[] reply = bytes(wire.received());
    String answer = reply.length < 20 ? "" : new String(reply, 20, reply.length - 21, US_ASCII);
    assertThat(answer).isEqualTo(proposal.get(1));
    if (!answer.isEmpty()) {
      assertThat(VfioVectors.hex(reply)).as("minor version").matches(".{32}00000100.*");
    }
  }

  @Test
  void heedsWhatWasAgreed() {
    VfioWire wire = new VfioWire();
    String text = "{\"capabilities\":{\"max_data_xfer_size\":3}}";
    wire.exchange(
        "0100 0100 3e000000 00000000 00000000 0000 0000"
            + VfioVectors.hex(text.getBytes(US_ASCII))
            + "00");
    assertThat(wire.exchange(READ)).isEqualTo(plain("0f00 0900 10000000 21000000 16000000"));
    assertThat(wire.function.asked).containsExactly("taken");
  }

  @ParameterizedTest
  @ValueSource(strings = {"00000000", "0f000000", "21001000", "ffffffff", "00000080"})
  void aSizeThatCannotBeEndsTheConnection(String size) {
    VfioWire wire = VfioWire.open();
    String reply = wire.exchange("0f00 0900" + size + "00000000 00000000" + "00".repeat(64));
    assertThat(reply).isEqualTo(plain("0f00 0900 10000000 21000000 07000000"));
    assertThat(wire.tally.sum(VfioCounter.MALFORMED)).isEqualTo(1);
    assertThat(wire.function.asked).containsExactly("taken", "left", "reset");
    assertThat(wire.exchange(READ)).isEmpty();
    VfioWire next = new VfioWire(wire);
    assertThat(next.exchange(VERSION)).isEqualTo(plain(VERSION_REPLY));
  }

  @ParameterizedTest
  @ValueSource(strings = {"01", "21", "02", "0f"})
  void countsWhatIsNoCommandAndNoReply(String flags) {
    VfioWire wire = VfioWire.open();
    assertThat(wire.exchange("0f00 0c00 10000000" + flags + "000000 00000000")).isEmpty();
    assertThat(wire.tally.sum(VfioCounter.MALFORMED)).isEqualTo(1);
    assertThat(wire.exchange(READ)).isEqualTo(plain(READ_REPLY));
  }

  @Test
  void aSecondClientIsToldThatThereIsOne() {
    VfioWire first = VfioWire.open();
    VfioWire second = new VfioWire(first);
    assertThat(second.exchange(VERSION)).as("the first may be about to go").isEmpty();
    first.loop.advanceTo(VfioPort.PATIENCE_NANOS);
    assertThat(second.received()).isEqualTo(plain("0100 0100 10000000 21000000 10000000"));
    assertThat(second.exchange(READ)).isEmpty();
    assertThat(first.exchange(READ)).isEqualTo(plain(READ_REPLY));
    assertThat(first.tally.sum(VfioCounter.CLIENTS_REFUSED)).isEqualTo(1);
    second.kill();
    assertThat(first.function.asked).doesNotContain("left", "reset");
  }

  @Test
  void whoHasSaidNothingKeepsNobodyOut() {
    VfioWire silent = new VfioWire();
    VfioWire second = new VfioWire(silent);
    assertThat(second.exchange(VERSION)).isEqualTo(plain(VERSION_REPLY));
  }

  @Test
  void theNextClientFindsTheFunctionReset() {
    VfioWire first = VfioWire.open();
    first.function.holds = true;
    first.send(bytes(READ));
    first.kill();
    VfioWire second = new VfioWire(first);
    assertThat(second.exchange(VERSION + RESET)).as("while it is reset").isEmpty();
    assertThat(first.function.asked).containsExactly("taken", "read 0 0x0 4", "left", "reset");
    first.function.held.remove().run(); // the read of the first
    first.function.holds = false;
    first.function.held.remove().run();
    assertThat(second.received()).isEqualTo(plain(VERSION_REPLY + RESET_REPLY));
    assertThat(first.received()).isEmpty();
    assertThat(first.tally.sum(VfioCounter.CLIENTS_GONE)).isEqualTo(1);
    assertThat(first.tally.sum(VfioCounter.RESETS)).isEqualTo(2);
  }

  @Test
  void oneThatLeavesDuringTheResetLeavesTheFunctionFree() {
    VfioWire first = VfioWire.open();
    first.function.holds = true;
    first.kill();
    VfioWire second = new VfioWire(first);
    second.exchange(VERSION);
    second.kill();
    VfioWire third = new VfioWire(first);
    third.exchange(VERSION);
    first.loop.advanceTo(3 * VfioPort.PATIENCE_NANOS);
    assertThat(third.received()).as("while it is reset").isEmpty();
    first.function.held.remove().run();
    assertThat(third.received()).isEqualTo(plain(VERSION_REPLY));
    assertThat(first.function.held).isEmpty();
  }

  @Test
  void writesIntoTheClientsAddressSpace() {
    VfioWire wire = VfioWire.open();
    List<Integer> ends = new ArrayList<>();
    VfioClient client = wire.function.client;
    assertThat(client).isNotNull();
    if (client == null) {
      return;
    }
    byte[] spi = {0x50, 0, 0, 0};
    for (int i = 0; i < 5; i++) {
      assertThat(client.dmaWrite(0x0802_0040L, spi, ends::add)).isTrue();
    }
    String body = " 4000020800000000 0400000000000000";
    assertThat(wire.received())
        .startsWith(plain("0100 0c00 24000000 00000000 00000000" + body + "50000000"));
    wire.exchange("0100 0c00 20000000 01000000 00000000" + body);
    wire.exchange("0300 0c00 1c000000 01000000 00000000 4000020800000000 04000000");
    wire.exchange("0200 0c00 10000000 01000000 00000000");
    wire.exchange("0400 0c00 10000000 21000000 0e000000");
    wire.exchange("0500 0c00 20000000 01000000 00000000 4000020800000000 0300000000000000");
    assertThat(ends).containsExactly(0, 0, 0, 14, Errno.EIO);
    assertThat(wire.tally.sum(VfioCounter.DMA_WRITES)).isEqualTo(5);
    assertThat(wire.tally.sum(VfioCounter.DMA_WRITES_REFUSED)).isEqualTo(2);
    assertThat(wire.tally.sum(VfioCounter.MALFORMED)).isEqualTo(1);
    wire.exchange("0100 0c00 20000000 01000000 00000000" + body);
    assertThat(wire.tally.sum(VfioCounter.MALFORMED)).as("a reply again").isEqualTo(2);
  }

  @Test
  void aClientThatAnswersNothingHoldsSoManyWritesBack() {
    VfioWire wire = VfioWire.open();
    VfioClient client = wire.function.client;
    int sent = 0;
    while (client != null && client.dmaWrite(0x1000, new byte[4], end -> {})) {
      sent++;
    }
    assertThat(sent).isEqualTo(DmaWrites.MOST_PENDING);
    wire.kill();
    assertThat(client != null && client.dmaWrite(0x1000, new byte[4], end -> {})).isFalse();
  }
}
