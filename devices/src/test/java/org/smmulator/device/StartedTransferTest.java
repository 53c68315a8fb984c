package org.smmulator.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.device.fake.FakeRootComplex.NO_PASID;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.smmulator.device.DmaException.Status;

class StartedTransferTest {
  private final DeviceBench bench;

  StartedTransferTest() throws Exception {
    bench = new DeviceBench();
    bench.root.map(NO_PASID, 0, 0, 22, DeviceBench.RW);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  /** How a transfer ended, and on which thread that was told. */
  private static final class Told implements DmaPort.Outcome {
    private final CompletableFuture<String> thread = new CompletableFuture<>();
    private @Nullable DmaException failure;

    @Override
    public void ended(@Nullable DmaException how) {
      failure = how;
      thread.complete(Thread.currentThread().getName());
    }

    @Nullable Status status() {
      thread.orTimeout(240, TimeUnit.SECONDS).join();
      return failure == null ? null : failure.status();
    }
  }

  @Test
  void aStartedTransferIsToldToTheModelOnItsTask() {
    byte[] content = DeviceBench.pattern(10_000, 3);
    byte[] copy = new byte[10_000];
    Told written = new Told();
    Told read = new Told();

    bench.dma.startWrite(NO_PASID, 0x1001, content, 0, content.length, written);
    assertThat(written.status()).isNull();
    bench.dma.startRead(NO_PASID, 0x1001, copy, 0, copy.length, read);

    assertThat(read.status()).isNull();
    assertThat(copy).isEqualTo(content);
    assertThat(read.thread.join()).isEqualTo("test registers");
  }

  @Test
  void aStartedTransferTellsWhyItFailed() {
    Told told = new Told();

    bench.dma.startRead(NO_PASID, 1L << 40, new byte[4], 0, 4, told);

    assertThat(told.status()).isEqualTo(Status.UNSUPPORTED_REQUEST);
  }

  @Test
  void aTransferOfNothingSucceeds() {
    Told told = new Told();

    bench.dma.startWrite(NO_PASID, 1L << 40, new byte[4], 4, 0, told);

    assertThat(told.status()).isNull();
    assertThat(bench.root.packets()).isEmpty();
  }

  @Test
  void aResetEndsStartedTransfersBeforeTheModelHearsOfIt() {
    bench.root.holdReads();
    List<String> order = new ArrayList<>();
    CompletableFuture<Boolean> ended = new CompletableFuture<>();
    bench.dma.startRead(
        NO_PASID,
        0,
        new byte[4],
        0,
        4,
        failure -> {
          order.addAll(bench.model.calls);
          order.add(failure == null ? "success" : failure.status().name());
          ended.complete(true);
        });
    bench.root.awaitHeldReads(1);

    bench.root.reset();

    ended.orTimeout(240, TimeUnit.SECONDS).join();
    assertThat(order).containsExactly("LINK_DOWN");
  }
}
