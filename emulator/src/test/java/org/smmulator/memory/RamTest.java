package org.smmulator.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.arch.port.BusAbort;

/** What holds for every kind of RAM. */
abstract class RamTest {
  static final long BASE = 0x4000_0000L;
  static final long BYTES = 14L << 20;
  static final long CHUNK = 4L << 20;

  private Ram memory;

  /** {@link #BYTES} from {@link #BASE} on, never used before. */
  abstract Ram memory() throws Exception;

  @BeforeEach
  void makeMemory() throws Exception {
    memory = memory();
  }

  @Test
  void isLittleEndianAndZeroAtFirst() throws BusAbort {
    assertThat(memory.load64(BASE + BYTES - 8)).isZero();
    memory.store64(BASE + BYTES - 8, 1);
    assertThat(memory.load64(BASE + BYTES - 8)).isOne();
    memory.store64(BASE + 8, 0x0807_0605_0403_0201L);
    byte[] bytes = new byte[8];
    memory.read(BASE + 8, bytes, 0, 8);
    assertThat(bytes).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
  }

  @Test
  void changesAtomically() throws BusAbort {
    assertThat(memory.compareAndSet64(BASE, 1, 2)).isFalse();
    assertThat(memory.compareAndSet64(BASE, 0, 5)).isTrue();
    assertThat(memory.getAndSet64(BASE, 9)).isEqualTo(5);
    assertThat(memory.load64(BASE)).isEqualTo(9);
  }

  @ParameterizedTest
  @ValueSource(
      longs = {BASE - 8, BASE + BYTES, 0, -8, Long.MIN_VALUE, 1L << 60, BASE + 1, BASE + 4})
  void abortsOutsideAndOutOfLine(long pa) {
    assertThatThrownBy(() -> memory.load64(pa)).isSameAs(BusAbort.INSTANCE);
    assertThatThrownBy(() -> memory.store64(pa, 1)).isSameAs(BusAbort.INSTANCE);
    assertThatThrownBy(() -> memory.compareAndSet64(pa, 0, 1)).isSameAs(BusAbort.INSTANCE);
    assertThatThrownBy(() -> memory.getAndSet64(pa, 1)).isSameAs(BusAbort.INSTANCE);
  }

  @Test
  void aRangeThatLeavesMemoryIsNotTouched() throws BusAbort {
    byte[] source = new byte[64];
    source[0] = 1;
    long last = BASE + BYTES - 32;
    assertThatThrownBy(() -> memory.write(last, source, 0, 64)).isSameAs(BusAbort.INSTANCE);
    assertThatThrownBy(() -> memory.fill(last, 64, (byte) 1)).isSameAs(BusAbort.INSTANCE);
    assertThatThrownBy(() -> memory.read(BASE - 1, source, 0, 2)).isSameAs(BusAbort.INSTANCE);
    assertThatThrownBy(() -> memory.fill(BASE, Long.MAX_VALUE, (byte) 1))
        .isSameAs(BusAbort.INSTANCE);
    assertThat(memory.load64(last)).isZero();
  }

  @Test
  void copiesAnyAlignmentLikeAnArray() throws BusAbort {
    long seed = Long.getLong("smmulator.seed", new Random().nextLong());
    Random random = new Random(seed);
    byte[] model = new byte[(int) CHUNK + 200];
    for (int i = 0; i < 2000; i++) {
      // Around the border of two chunks, where anything can go wrong.
      int at = (int) CHUNK - 100 + random.nextInt(200);
      int length = random.nextInt(100);
      byte[] bytes = new byte[length];
      random.nextBytes(bytes);
      ByteBuffer buffer = ByteBuffer.allocate(length + 3);
      switch (random.nextInt(4)) {
        case 0 -> {
          memory.write(BASE + at, bytes, 0, length);
          System.arraycopy(bytes, 0, model, at, length);
        }
        case 1 -> {
          buffer.put(3, bytes);
          memory.write(BASE + at, buffer, 3, length);
          System.arraycopy(bytes, 0, model, at, length);
        }
        case 2 -> {
          byte value = (byte) random.nextInt(3);
          memory.fill(BASE + at, length, value);
          Arrays.fill(model, at, at + length, value);
        }
        default -> {
          memory.read(BASE + at, buffer, 3, length);
          byte[] expected = Arrays.copyOfRange(model, at, at + length);
          buffer.get(3, bytes);
          assertThat(bytes).as("seed %d", seed).isEqualTo(expected);
        }
      }
    }
    byte[] all = new byte[400];
    memory.read(BASE + CHUNK - 200, all, 0, 400);
    assertThat(all)
        .as("seed %d", seed)
        .isEqualTo(Arrays.copyOfRange(model, (int) CHUNK - 200, (int) CHUNK + 200));
  }

  @Test
  void aWriteOfSomeBytesNeverTakesNeighboursBack() throws Exception {
    CountDownLatch start = new CountDownLatch(1);
    Thread[] writers = new Thread[2];
    boolean[] lost = new boolean[2];
    for (int w = 0; w < 2; w++) {
      int mine = w;
      writers[w] =
          new Thread(
              () -> {
                byte[] cell = new byte[3];
                try {
                  start.await();
                  for (int i = 0; i < 20_000; i++) {
                    cell[0] = (byte) i;
                    memory.write(BASE + mine * 3L, cell, 0, 3);
                    memory.read(BASE + mine * 3L, cell, 0, 3);
                    lost[mine] |= cell[0] != (byte) i;
                  }
                } catch (BusAbort | InterruptedException e) {
                  lost[mine] = true;
                }
              });
      writers[w].start();
    }
    start.countDown();
    for (Thread writer : writers) {
      writer.join();
    }
    assertThat(lost).containsExactly(false, false);
  }

  @Test
  void aReaderOfALaterGranuleSeesTheEarlierOnes() throws Exception {
    byte[] block = new byte[64];
    Thread writer =
        new Thread(
            () -> {
              try {
                for (int i = 1; i <= 20_000; i++) {
                  for (int word = 0; word < 8; word++) {
                    ByteBuffer.wrap(block).putLong(word * 8, Long.reverseBytes(i));
                  }
                  memory.write(BASE, block, 0, 64);
                }
              } catch (BusAbort e) {
                throw new IllegalStateException(e);
              }
            });
    writer.start();
    boolean ordered = true;
    long last = 0;
    while (last < 20_000 && writer.isAlive()) {
      last = memory.load64(BASE + 56);
      ordered &= memory.load64(BASE) >= last;
    }
    writer.join();
    assertThat(ordered).isTrue();
    assertThat(memory.load64(BASE + 56)).isEqualTo(20_000);
  }
}
