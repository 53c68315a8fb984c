package org.smmulator.device.model.dma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.smmulator.device.fake.FakeRootComplex.MSI_ADDRESS;
import static org.smmulator.device.fake.FakeRootComplex.NO_PASID;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.bus.tlp.AtsEntry;
import org.smmulator.device.DeviceOptions;
import org.smmulator.device.fake.FakeRootComplex;

/** An engine with a queue for each of thousands of processes. */
@Timeout(240)
class ManyQueuesTest {
  private static final int RW = AtsEntry.READ | AtsEntry.WRITE;
  private static final int RING = 0x1_0000;
  private static final int COMPLETIONS = 0x2_0000;
  private static final int DATA = 0x10_0000;
  private static final int FILL_AND_INTERRUPT = 2 | 1 << 8;

  private final FakeRootComplex root = new FakeRootComplex(4 << 20);

  @AfterEach
  void close() {
    root.close();
  }

  /** BAR 0 holds 0x1000 bytes, 0x80 for each queue, then the MSI-X table and its pending bits. */
  @ParameterizedTest
  @CsvSource({
    "   1, 0x10000,    1,  0x8000,  0xc000",
    "  64, 0x10000,   64,  0x8000,  0xc000",
    " 224, 0x10000,  224,  0x8000,  0xc000",
    " 225, 0x10000,  225,  0x9000,  0xc000",
    "1024, 0x40000, 1024, 0x21000, 0x25000",
    "2048, 0x80000, 2048, 0x41000, 0x49000",
    "4096, 0x100000, 2048, 0x81000, 0x89000"
  })
  void layOutTheirRegistersBesideTheirVectors(
      int queues, int barBytes, int vectors, int table, int pending) throws Exception {
    root.attach(new DmaDevice(queues, 0), DeviceOptions.of("dma", "dma"));
    root.enable();

    assertThat(root.barRead(0x008, 4)).isEqualTo(queues);
    assertThat((root.configRead(0x80) >>> 16 & 0x7ff) + 1).isEqualTo(vectors);
    assertThat(root.configRead(0x84)).isEqualTo(table);
    assertThat(root.configRead(0x88)).isEqualTo(pending);
    root.configWrite(0x10, -1);
    assertThat(root.configRead(0x10) & -16).isEqualTo(-barBytes);
  }

  @Test
  void theLastWorksAndSharesTheVectorOfTheOne2048Before() throws Exception {
    root.attach(new DmaDevice(4096, 0), DeviceOptions.of("dma", "dma").withAtc(4, 2));
    root.enable();
    root.enablePasid();
    root.enableAts();
    root.map(NO_PASID, 0, 0, 22, RW);
    root.map(NO_PASID, 0xF000_0000L, MSI_ADDRESS & -4096, 12, AtsEntry.WRITE);
    root.barWrite(0x81000 + 16 * 2047, 8, 0xF000_0040L);
    root.barWrite(0x81000 + 16 * 2047 + 8, 8, 77);
    root.configWrite(0x80, 1 << 31);

    for (int queue : new int[] {2047, 4095}) {
      root.map(queue, 0x7000_0000L, DATA + 0x1000L * (queue / 4095), 12, RW);
      fill(queue, 0x7000_0000L, 0x1111_1111_1111_1111L * (1 + queue / 4095));
    }

    assertThat(root.messages()).containsExactly(77, 77);
    assertThat(root.read(DATA + 0x1000, 8)).containsOnly(0x22);
  }

  private void fill(int queue, long va, long pattern) {
    int at = 0x1000 + 0x80 * queue;
    ByteBuffer words = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    words.putLong(8L << 32 | FILL_AND_INTERRUPT).putLong(0).putLong(va).putLong(pattern);
    root.write(RING, words.array());
    int messages = root.messages().size();
    root.barWrite(at, 8, RING);
    root.barWrite(at + 0x08, 8, COMPLETIONS);
    root.barWrite(at + 0x10, 4, 0);
    root.barWrite(at + 0x14, 4, 1L << 31 | queue);
    root.barWrite(at + 0x18, 4, 1);
    root.barWrite(at + 0x20, 4, 1);
    root.awaitMessages(messages + 1);
    root.barWrite(at + 0x18, 4, 0);
  }

  @Test
  void moreThan4096AreRefused() {
    assertThatThrownBy(() -> new DmaDevice(4097, 0))
        .hasMessage("dma with 4097 queues: 1 to 4096 is right");
  }
}
