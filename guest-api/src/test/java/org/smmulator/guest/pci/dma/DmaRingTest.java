package org.smmulator.guest.pci.dma;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;

/** Against the layout in devices/README.md, typed here a second time as bytes. */
class DmaRingTest {
  private static final int DESCRIPTORS = 0;
  private static final int COMPLETIONS = 0x1000;

  private final ByteBuffer bytes = ByteBuffer.allocate(0x2000).order(ByteOrder.LITTLE_ENDIAN);
  private final DmaRing ring = new DmaRing(memory(bytes), 2, DESCRIPTORS, 0, COMPLETIONS, 0);

  @Test
  void laysOutADescriptor() {
    ring.write(5, new DmaOperation(DmaOperation.Opcode.COPY, 0x1234, 0x1111, 0x2222, 0x3333));
    int slot = DESCRIPTORS + 64; // ticket 5 of a ring of 4
    assertThat(bytes.get(slot)).isEqualTo((byte) 1);
    assertThat(bytes.getInt(slot + 4)).isEqualTo(0x1234);
    assertThat(bytes.getLong(slot + 8)).isEqualTo(0x1111);
    assertThat(bytes.getLong(slot + 16)).isEqualTo(0x2222);
    assertThat(bytes.getLong(slot + 24)).isEqualTo(0x3333);
    assertThat(bytes.getLong(slot + 32)).isEqualTo(5);
  }

  @Test
  void knowsACompletionByThePhaseOfItsPass() {
    assertThat(ring.isDone(1)).isFalse();
    bytes.putLong(COMPLETIONS + 32 + 24, 1L << 63 | 1);
    assertThat(ring.isDone(1)).isTrue();
    assertThat(ring.isDone(5)).isFalse();
    bytes.putLong(COMPLETIONS + 32 + 24, 5);
    assertThat(ring.isDone(5)).isTrue();
  }

  @Test
  void readsACompletion() {
    bytes.putLong(COMPLETIONS, 0x0000_0040_0000_0305L);
    bytes.putLong(COMPLETIONS + 8, 0xabc);
    bytes.putLong(COMPLETIONS + 16, 0xfeed);
    bytes.putLong(COMPLETIONS + 24, 1L << 63);
    assertThat(ring.result(0))
        .isEqualTo(new DmaResult(DmaResult.Status.MISMATCH, 0x40, 0xabc, 0xfeed));
  }

  @Test
  void distrustsACompletionOfAnotherDescriptor() {
    bytes.putLong(COMPLETIONS + 24, 1L << 63 | 3);
    assertThat(ring.result(0).status())
        .isEqualTo(DmaResult.Status.BAD_DESCRIPTOR)
        .hasToString("bad descriptor");
  }

  private static PhysicalMemory memory(ByteBuffer bytes) {
    return new PhysicalMemory() {
      @Override
      public long load64(long pa) {
        return bytes.getLong((int) pa);
      }

      @Override
      public void store64(long pa, long value) {
        bytes.putLong((int) pa, value);
      }

      @Override
      public boolean compareAndSet64(long pa, long expected, long value) throws BusAbort {
        throw BusAbort.INSTANCE;
      }

      @Override
      public long getAndSet64(long pa, long value) throws BusAbort {
        throw BusAbort.INSTANCE;
      }

      @Override
      public void read(long pa, byte[] target, int offset, int length) throws BusAbort {
        throw BusAbort.INSTANCE;
      }

      @Override
      public void write(long pa, byte[] source, int offset, int length) throws BusAbort {
        throw BusAbort.INSTANCE;
      }

      @Override
      public void fill(long pa, long length, byte value) throws BusAbort {
        throw BusAbort.INSTANCE;
      }
    };
  }
}
