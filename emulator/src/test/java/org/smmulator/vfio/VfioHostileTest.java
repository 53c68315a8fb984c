package org.smmulator.vfio;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.vfio.VfioVectors.EXCHANGES;
import static org.smmulator.vfio.VfioVectors.VERSION;
import static org.smmulator.vfio.VfioVectors.bytes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A client that means no good: each message is answered, or counted, and the session goes on. */
class VfioHostileTest {
  private static final int MESSAGES = Integer.getInteger("smmulator.vfioMessages", 1_000_000);

  private static final long SEED = Long.getLong("smmulator.seed", 20261129L);

  private static final String INVALID = "21000000" + "16000000";

  @ParameterizedTest
  @ValueSource(
      strings = {
        // DMA_MAP: short, long, argsz too small, unknown flags, nothing, no whole page, beyond 2^64
        "0200 18000000 0000000000000000",
        "0200 38000000 20000000 03000000 0000000000000000 0000004000000000 0010000000000000"
            + "0000000000000000",
        "0200 30000000 1f000000 03000000 0000000000000000 0000004000000000 0010000000000000",
        "0200 30000000 20000000 13000000 0000000000000000 0000004000000000 0010000000000000",
        "0200 30000000 20000000 03000000 0000000000000000 0000004000000000 0000000000000000",
        "0200 30000000 20000000 03000000 0000000000000000 0100004000000000 0010000000000000",
        "0200 30000000 20000000 03000000 0000000000000000 00f0ffffffffffff 0020000000000000",
        // DMA_UNMAP: short, unknown flags, beyond 2^64
        "0300 20000000 18000000 00000000 0000004000000000",
        "0300 28000000 18000000 01000000 0000004000000000 0010000000000000",
        "0300 28000000 18000000 00000000 00f0ffffffffffff 0020000000000000",
        // questions: no body, no room for the answer, an index beyond the last, a negative one
        "0400 10000000",
        "0400 20000000 0f000000 00000000 00000000 00000000",
        "0500 28000000 20000000 00000000 00000000 00000000 0000000000000000",
        "0500 30000000 20000000 00000000 ffffffff 00000000 0000000000000000 0000000000000000",
        "0700 20000000 10000000 00000000 05000000 00000000",
        "0700 20000000 10000000 00000000 00000080 00000000",
        // SET_IRQS: short, two kinds of data, no action, unknown flags, an index beyond the last
        "0800 20000000 14000000 21000000 00000000 00000000",
        "0800 24000000 14000000 23000000 00000000 00000000 00000000",
        "0800 24000000 14000000 01000000 00000000 00000000 00000000",
        "0800 24000000 14000000 61000000 00000000 00000000 00000000",
        "0800 24000000 14000000 21000000 05000000 00000000 00000000",
        "0800 24000000 14000000 21000000 01000000 ffffffff ffffffff",
        // REGION_READ: short, of nothing, of 4 GiB, of a region that is not, behind it, before it
        "0900 1c000000 0000000000000000 00000000",
        "0900 20000000 0000000000000000 00000000 00000000",
        "0900 20000000 0000000000000000 00000000 ffffffff",
        "0900 20000000 0000000000000000 00000000 01001000",
        "0900 20000000 0000000000000000 01000000 04000000",
        "0900 20000000 0000000000000000 ffffffff 04000000",
        "0900 20000000 fdff010000000000 00000000 04000000",
        "0900 20000000 fcffffffffffffff 00000000 04000000",
        "0900 20000000 ffffffffffffff7f 00000000 04000000",
        "0900 24000000 0000000000000000 00000000 04000000 00000000",
        // REGION_WRITE: fewer and more bytes than it says
        "0a00 23000000 0000000000000000 00000000 04000000 000000",
        "0a00 25000000 0000000000000000 00000000 04000000 0000000000",
        "0a00 20000000 0000000000000000 00000000 00000000",
        // DEVICE_RESET with a body
        "0d00 14000000 00000000",
      })
  void refusesABodyThatIsWrong(String text) {
    String hex = text.replace(" ", "");
    String head = "0700" + hex.substring(0, 12) + "0000000000000000";
    VfioWire wire = VfioWire.open();
    String reply = wire.exchange(head + hex.substring(12));
    assertThat(reply).isEqualTo("0700" + hex.substring(0, 4) + "10000000" + INVALID);
    assertThat(wire.function.asked).containsExactly("taken");
    assertThat(wire.tally.sum(VfioCounter.COMMANDS_REFUSED)).isEqualTo(1);
  }

  @Test
  void hasRoomForSoManyMappings() {
    VfioWire wire = new VfioWire();
    String text = VfioVectors.hex("{\"capabilities\":{\"max_dma_maps\":3}}".getBytes(UTF_8));
    wire.exchange("0100 0100 38000000 0000000000000000 00000000" + text + "00");
    for (int i = 0; i < 4; i++) {
      String reply =
          wire.exchange(
              "0200 0200 30000000 00000000 00000000 20000000 03000000 0000000000000000"
                  + "00"
                  + (i * 2)
                  + "0000000000000 0010000000000000");
      assertThat(reply).endsWith(i < 3 ? "0100000000000000" : "210000001c000000");
    }
  }

  /** Some bytes changed, some left out, some more; its size is mostly right again. */
  private static byte[] mutated(byte[] message, Random random) {
    int length = random.nextInt(4) > 0 ? message.length : random.nextInt(2 * message.length + 1);
    byte[] changed = Arrays.copyOf(message, length);
    for (int left = random.nextInt(4); left > 0 && length > 0; left--) {
      int value = random.nextInt(3) == 0 ? 0xff : random.nextInt(256);
      changed[random.nextInt(length)] = (byte) value;
    }
    if (length >= VfioHeader.BYTES && random.nextInt(50) > 0) {
      for (int i = 0; i < Integer.BYTES; i++) {
        changed[4 + i] = (byte) (length >>> (8 * i));
      }
    }
    return changed;
  }

  /** Mutations of a conversation; what is not cut off must still be a session in the end. */
  @Test
  void survivesWhateverItIsSent() {
    Random random = new Random(SEED);
    List<byte[]> known = new ArrayList<>();
    known.add(bytes(VERSION));
    EXCHANGES.forEach(each -> known.add(bytes(each.sent())));
    known.add(bytes("0100 0c00 20000000 01000000 00000000 4000020800000000 0400000000000000"));
    VfioWire wire = VfioWire.open();
    long sessions = 1;
    for (int i = 0; i < MESSAGES; i++) {
      String told = "seed " + SEED + ", message " + i;
      try {
        wire.send(mutated(known.get(random.nextInt(known.size())), random));
        assertThat(wire.received().length()).as(told).isLessThan(3 << 20);
        wire.channel.checkException();
      } catch (RuntimeException | Error e) {
        throw new AssertionError(told, e);
      }
      if (!wire.isWhole() && random.nextInt(3) == 0) {
        wire.kill(); // killed within a message
      }
      if (wire.tally.sum(VfioCounter.CLIENTS_GONE) == sessions) {
        wire.kill();
        wire = new VfioWire(wire);
        assertThat(wire.exchange(VERSION)).as(told).startsWith("01000100");
        sessions++;
      }
    }
    System.out.printf(
        "%,d messages of seed %d: %,d sessions, %,d refused, %,d malformed%n",
        MESSAGES,
        SEED,
        sessions,
        wire.tally.sum(VfioCounter.COMMANDS_REFUSED),
        wire.tally.sum(VfioCounter.MALFORMED));
    assertThat(wire.tally.sum(VfioCounter.CLIENTS)).isEqualTo(sessions);
    assertThat(wire.tally.sum(VfioCounter.COMMANDS_REFUSED)).isGreaterThan(MESSAGES / 10);
    assertThat(wire.tally.sum(VfioCounter.MALFORMED)).isGreaterThan(MESSAGES / 100);
  }
}
