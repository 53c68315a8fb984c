package org.smmulator.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.arch.port.BusAbort;

class PhysicalBusTest {
  private static final long RAM = 0x4000_0000L;
  private static final long SETSPI = 0x0802_0040L;

  private final List<Integer> raised = new ArrayList<>();
  private final PhysicalBus bus = new PhysicalBus(new SparseMemory(RAM, 1 << 20), raised::add);

  private void write32(long pa, int value) throws BusAbort {
    bus.write(pa, ByteBuffer.allocate(8).putInt(4, Integer.reverseBytes(value)), 4, 4);
  }

  @ParameterizedTest
  @CsvSource({"79, 0", "80, 1", "143, 1", "144, 0", "-1, 0"})
  void aWriteToSetspiRaisesItsInterrupt(int intid, int times) throws BusAbort {
    write32(SETSPI, intid);
    assertThat(raised).hasSize(times).allMatch(raisedId -> raisedId == intid);
  }

  @Test
  void otherWritesToTheFrameAreIgnored() throws BusAbort {
    write32(SETSPI + 4, 90);
    bus.write(SETSPI, new byte[] {90, 0}, 0, 2);
    assertThat(raised).isEmpty();
  }

  @Test
  void theFrameSaysWhichInterruptsItHas() throws BusAbort {
    byte[] type = new byte[4];
    bus.read(0x0802_0008L, type, 0, 4);
    assertThat(type).containsExactly(64, 0, 80, 0);
    bus.read(SETSPI, type, 0, 4);
    assertThat(type).containsExactly(0, 0, 0, 0);
  }

  @Test
  void everythingElseIsMemoryOrAborts() throws BusAbort {
    bus.store64(RAM, 5);
    assertThat(bus.load64(RAM)).isEqualTo(5);
    assertThat(bus.getAndSet64(RAM, 6)).isEqualTo(5);
    assertThat(bus.compareAndSet64(RAM, 6, 7)).isTrue();
    byte[] bytes = new byte[2];
    bus.read(RAM, bytes, 0, 2);
    assertThat(bytes).containsExactly(7, 0);
    bus.write(RAM + 1, new byte[] {1}, 0, 1);
    bus.fill(RAM + 2, 1, (byte) 2);
    assertThat(bus.load64(RAM)).isEqualTo(0x02_0107);

    assertThatThrownBy(() -> bus.write(0, new byte[4], 0, 4)).isSameAs(BusAbort.INSTANCE);
    assertThatThrownBy(() -> bus.load64(SETSPI)).isSameAs(BusAbort.INSTANCE);
    assertThatThrownBy(() -> bus.write(0x0802_0ffeL, new byte[4], 0, 4))
        .isSameAs(BusAbort.INSTANCE);
  }
}
