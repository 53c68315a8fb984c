package org.smmulator.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.arch.port.BusAbort;

class SparseMemoryTest extends RamTest {
  @Override
  Ram memory() {
    return new SparseMemory(BASE, BYTES);
  }

  @ParameterizedTest
  @CsvSource({
    "0x10, 0x1000",
    "0x1000, 0",
    "0x1000, 0x800",
    "-4096, 4096",
    "0xffffffffff000, 0x2000"
  })
  void refusesOddSizes(String base, String bytes) {
    assertThatThrownBy(() -> new SparseMemory(Long.decode(base), Long.decode(bytes)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("multiples of 4 KiB");
  }

  @Test
  void nothingIsLostWhenTwoWriteFirstToTheSameChunk() throws Exception {
    for (int round = 0; round < 50; round++) {
      SparseMemory fresh = new SparseMemory(BASE, BYTES);
      CyclicBarrier together = new CyclicBarrier(2);
      Thread[] writers = new Thread[2];
      for (int w = 0; w < 2; w++) {
        long offset = 8L * w;
        writers[w] =
            new Thread(
                () -> {
                  try {
                    for (long chunk = 0; chunk < BYTES; chunk += CHUNK) {
                      together.await();
                      fresh.store64(BASE + chunk + offset, 1);
                    }
                  } catch (BusAbort | InterruptedException | BrokenBarrierException e) {
                    throw new IllegalStateException(e);
                  }
                });
        writers[w].start();
      }
      for (Thread writer : writers) {
        writer.join();
      }
      for (long chunk = 0; chunk < BYTES; chunk += CHUNK) {
        assertThat(fresh.load64(BASE + chunk)).isEqualTo(1);
        assertThat(fresh.load64(BASE + chunk + 8)).isEqualTo(1);
      }
    }
  }

  @Test
  void writesForWhichTheHostHasNoMemoryAbortWholeAndZeroesNeedNone() throws BusAbort {
    AtomicInteger told = new AtomicInteger();
    SparseMemory scarce =
        new SparseMemory(BASE, BYTES, new HostMemory(CHUNK + 16, 8, told::incrementAndGet));

    assertThatThrownBy(() -> scarce.fill(BASE, CHUNK + 1, (byte) 1)).isSameAs(BusAbort.INSTANCE);
    byte[] source = {1, 1, 1, 1, 1, 1, 1, 1};
    assertThatThrownBy(() -> scarce.write(BASE + CHUNK - 4, source, 0, 8))
        .isSameAs(BusAbort.INSTANCE);
    assertThat(scarce.load64(BASE + CHUNK - 8)).isZero();
    scarce.fill(BASE, BYTES, (byte) 0);
    scarce.fill(BASE + CHUNK, CHUNK, (byte) 1);
    assertThatThrownBy(() -> scarce.store64(BASE, 1)).isSameAs(BusAbort.INSTANCE);
    assertThat(scarce.load64(BASE)).isZero();
    scarce.store64(BASE + CHUNK, 7);
    assertThat(scarce.load64(BASE + CHUNK)).isEqualTo(7);
    assertThat(told).hasValue(1);
  }
}
