package org.smmulator.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.tlp.AtsEntry;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.bus.wire.LatencyBuckets;
import org.smmulator.bus.wire.LatencyHistogram;
import org.smmulator.device.fake.FakeRootComplex;

/** A fake root complex with a device of which the test is the model. */
final class DeviceBench implements AutoCloseable {
  static final int RW = AtsEntry.READ | AtsEntry.WRITE;
  static final int PASID = 5;
  static final long VA = 0x7F00_0000_0000L;
  static final int MEMORY_BYTES = 4 << 20;

  final FakeRootComplex root = new FakeRootComplex(MEMORY_BYTES);
  final RegisterModel model = new RegisterModel();
  final AttachedDevice device;
  final DmaPort dma;
  final Msi msi;

  DeviceBench() throws IOException {
    this(DeviceOptions.of("test", "test").withAtc(16, 4));
  }

  DeviceBench(DeviceOptions options) throws IOException {
    device = root.attach(model, options);
    DeviceContext context = model.context.orTimeout(240, TimeUnit.SECONDS).join();
    dma = context.dma();
    msi = context.msi();
    root.enable();
  }

  /** A bench whose device has PASID and ATS on. */
  static DeviceBench withAts() throws IOException {
    return withAts(DeviceOptions.of("test", "test").withAtc(16, 4));
  }

  static DeviceBench withAts(DeviceOptions options) throws IOException {
    DeviceBench bench = new DeviceBench(options);
    bench.root.enablePasid();
    bench.root.enableAts();
    return bench;
  }

  /** Starts a transfer and returns once it is with the link and its task waits. */
  CompletableFuture<@Nullable DmaException> start(
      boolean write, int pasid, long address, byte[] bytes) {
    CompletableFuture<@Nullable DmaException> ended = new CompletableFuture<>();
    Thread task =
        new Thread(
            () -> {
              try {
                if (write) {
                  dma.write(pasid, address, bytes, 0, bytes.length);
                } else {
                  dma.read(pasid, address, bytes, 0, bytes.length);
                }
                ended.complete(null);
              } catch (DmaException e) {
                ended.complete(e);
              }
            });
    task.start();
    while (task.getState() != Thread.State.WAITING && task.isAlive()) {
      Thread.onSpinWait();
    }
    return ended;
  }

  /** Starts a read; the root complex has it and holds back its completion. */
  CompletableFuture<@Nullable DmaException> startHeldRead(int pasid, long address, byte[] target) {
    root.holdReads();
    CompletableFuture<@Nullable DmaException> reader = start(false, pasid, address, target);
    root.awaitHeldReads(1);
    return reader;
  }

  /** Starts a transfer of 8 bytes; the root complex holds back the translation it needs. */
  CompletableFuture<@Nullable DmaException> startHeldTranslation(
      boolean write, int pasid, long address) {
    root.holdTranslations();
    CompletableFuture<@Nullable DmaException> transfer = start(write, pasid, address, new byte[8]);
    root.awaitHeldTranslations(1);
    return transfer;
  }

  static @Nullable DmaException end(CompletableFuture<@Nullable DmaException> transfer) {
    return transfer.orTimeout(240, TimeUnit.SECONDS).join();
  }

  /** What a transfer failed with that must not succeed. */
  static DmaException failed(@Nullable DmaException failure) {
    assertThat(failure).isNotNull();
    return Objects.requireNonNull(failure);
  }

  /** Reads 8 bytes; null, or why it failed. */
  @Nullable DmaException read(int pasid, long address) {
    return end(start(false, pasid, address, new byte[8]));
  }

  @Nullable DmaException write(int pasid, long address) {
    return end(start(true, pasid, address, new byte[8]));
  }

  long counter(DeviceCounter counter) {
    return statistics()[counter.statsSlot()];
  }

  /** The counters as they are now. */
  long[] statistics() {
    return device.statistics().orTimeout(240, TimeUnit.SECONDS).join();
  }

  static byte[] pattern(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  long latencies(LatencyHistogram histogram) {
    long[] slots = statistics();
    long count = 0;
    for (int i = 0; i < LatencyBuckets.COUNT; i++) {
      count += slots[histogram.firstSlot() + i];
    }
    return count;
  }

  @Override
  public void close() {
    root.close();
  }
}
