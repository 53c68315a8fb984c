package org.smmulator.vfio.served;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.vfio.ServedFunction;

class AccessPartsTest {
  private static final ServedFunction.Answer FAILS =
      new ServedFunction.Answer() {
        @Override
        public void done(byte[] data) {
          throw new AssertionError("it is done");
        }

        @Override
        public void failed(int errno, String why) {
          assertThat(errno).isEqualTo(5);
        }
      };

  /** Takes what an access ends with. */
  private static ServedFunction.Answer into(List<byte[]> data) {
    return new ServedFunction.Answer() {
      @Override
      public void done(byte[] read) {
        data.add(read);
      }

      @Override
      public void failed(int errno, String why) {
        throw new AssertionError(why);
      }
    };
  }

  @ParameterizedTest
  @CsvSource({
    "0x10, 8, 8, 4, 10+8",
    "0x10, 4, 8, 4, 10+4",
    "0x13, 1, 8, 4, 13+1",
    "0x14, 8, 8, 4, 14+4 18+4",
    "0x10, 16, 8, 4, 10+4 14+4 18+4 1c+4",
    "0x10, 16, 8, 8, 10+8 18+8",
    "0x11, 7, 8, 8, 11+1 12+2 14+4",
    "0x16, 12, 4, 4, 16+2 18+4 1c+4 20+2",
    "0x10, 3, 4, 4, 10+2 12+1",
    "0x10, 8, 4, 4, 10+4 14+4"
  })
  void isMadeInNaturallyAlignedParts(
      long offset, int length, int whole, int widest, String expected) {
    AccessParts parts = new AccessParts(offset, length, whole, widest);
    List<String> made = new ArrayList<>();
    List<byte[]> ends = new ArrayList<>();
    parts.read(
        (at, bytes, end) -> {
          made.add(String.format("%x+%d", at, bytes));
          end.done(at * 0x0101_0101_0101_0101L);
        },
        into(ends));
    assertThat(String.join(" ", made)).isEqualTo(expected);
    assertThat(ends).hasSize(1);
    made.clear();
    byte[] data = new byte[length];
    for (int i = 0; i < length; i++) {
      data[i] = (byte) (offset + i);
    }
    parts.write(
        data,
        (at, bytes, value, end) -> {
          made.add(String.format("%x+%d", at, bytes));
          for (int i = 0; i < bytes; i++) {
            assertThat((value >>> (8 * i)) & 0xff).isEqualTo(at + i);
          }
          end.done(true);
        },
        into(ends));
    assertThat(String.join(" ", made)).isEqualTo(expected);
    assertThat(ends.get(1)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"0", "1"})
  void endsWithThePartThatFails(int failing) {
    AccessParts parts = new AccessParts(0, 12, 4, 4);
    List<Long> made = new ArrayList<>();
    parts.read(
        (at, bytes, end) -> {
          made.add(at);
          if (made.size() > failing) {
            end.failed(5, "no");
          } else {
            end.done(0L);
          }
        },
        FAILS);
    assertThat(made).hasSize(failing + 1);
  }
}
