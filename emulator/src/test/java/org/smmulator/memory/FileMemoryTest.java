package org.smmulator.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.arch.port.BusAbort;

class FileMemoryTest extends RamTest {
  private static final VarHandle LONGS =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int ROUNDS = 100_000;

  @TempDir private Path folder;

  private final List<RamFile> opened = new ArrayList<>();

  @Override
  Ram memory() throws IOException {
    return new FileMemory(BASE, open("ram", BYTES));
  }

  private RamFile open(String name, long bytes) throws IOException {
    RamFile file = RamFile.open(folder.resolve(name), bytes);
    opened.add(file);
    return file;
  }

  @AfterEach
  void close() throws IOException {
    for (RamFile file : opened) {
      file.close();
    }
  }

  /** The file as another program maps it. */
  private ByteBuffer mapped(long from, int bytes) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(folder.resolve("ram").toFile(), "rw")) {
      return file.getChannel()
          .map(FileChannel.MapMode.READ_WRITE, from, bytes)
          .order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  @Test
  void isTheContentOfTheFileFromItsBaseOn() throws Exception {
    Ram memory = new FileMemory(BASE, opened.get(0));
    ByteBuffer other = mapped(0, (int) BYTES);

    memory.store64(BASE, 0x0807_0605_0403_0201L);
    memory.store32(BASE + BYTES - 4, 0x1234_5678);
    other.putLong(64, 42);

    assertThat(other.getLong(0)).isEqualTo(0x0807_0605_0403_0201L);
    assertThat(other.getInt((int) BYTES - 4)).isEqualTo(0x1234_5678);
    assertThat(memory.load64(BASE + 64)).isEqualTo(42);
  }

  @Test
  void anExchangeIsAtomicBetweenTwoMappings() throws Exception {
    Ram memory = new FileMemory(BASE, opened.get(0));
    ByteBuffer other = mapped(0, 4096);
    CountDownLatch both = new CountDownLatch(2);
    Thread neighbour =
        new Thread(
            () -> {
              both.countDown();
              for (int done = 0; done < ROUNDS; ) {
                long before = (long) LONGS.getVolatile(other, 8);
                done += LONGS.compareAndSet(other, 8, before, before + 1) ? 1 : 0;
              }
            });
    neighbour.start();
    both.countDown();
    both.await();
    for (int done = 0; done < ROUNDS; ) {
      long before = memory.load64(BASE + 8);
      done += memory.compareAndSet64(BASE + 8, before, before + 1) ? 1 : 0;
    }
    neighbour.join();

    assertThat(memory.load64(BASE + 8)).isEqualTo(2L * ROUNDS);
  }

  /** A buffer of the JVM ends at 2 GiB; the file's space is no more than a note on most disks. */
  @Test
  void goesOnWhereOneBufferEnds() throws Exception {
    long end = 1L << 30;
    Path path = folder.resolve("large");
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(end + 0x1_0000);
    }
    Ram memory = new FileMemory(BASE, open("large", end + 0x1_0000));
    byte[] written = new byte[0x2000];
    for (int i = 0; i < written.length; i++) {
      written[i] = (byte) ((i * 31) >> 3);
    }

    memory.write(BASE + end - 0x1003, written, 0, written.length);
    memory.fill(BASE + end - 16, 32, (byte) 0x5a);
    byte[] read = new byte[written.length];
    memory.read(BASE + end - 0x1003, read, 0, read.length);

    for (int i = 0x1003 - 16; i < 0x1003 + 16; i++) {
      written[i] = 0x5a;
    }
    assertThat(read).isEqualTo(written);
    assertThat(memory.load64(BASE + end + 8)).isEqualTo(0x5a5a_5a5a_5a5a_5a5aL);
  }

  @Test
  void thereIsNothingToWriteToBehindIt() {
    Ram memory = new FileMemory(BASE, opened.get(0));
    assertThatThrownBy(() -> memory.store32(BASE + BYTES, 1)).isSameAs(BusAbort.INSTANCE);
  }
}
