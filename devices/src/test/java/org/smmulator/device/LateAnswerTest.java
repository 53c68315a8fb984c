package org.smmulator.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.smmulator.device.fake.FakeRootComplex;

/** Reads that a model answers later, and its timers. */
class LateAnswerTest {
  private static final int SLOW = 0x00;
  private static final int RELEASE = 0x08;
  private static final int TWICE = 0x10;
  private static final int TIMER = 0x18;

  private final FakeRootComplex root = new FakeRootComplex(4096);
  private final Slow model = new Slow();

  LateAnswerTest() throws Exception {
    root.attach(model, DeviceOptions.of("slow", "slow"));
    root.enable();
  }

  @AfterEach
  void close() {
    root.close();
  }

  /** Answers one register when another one is written. */
  private static final class Slow implements DeviceModel {
    final CompletableFuture<String> expired = new CompletableFuture<>();
    private final CompletableFuture<Boolean> waiting = new CompletableFuture<>();
    private @Nullable DeviceContext context;
    private @Nullable LongConsumer late;

    @Override
    public PciFunction function() {
      return PciFunction.builder(1, 2, 3).memoryBar64(0, 4096).build();
    }

    @Override
    public void start(DeviceContext deviceContext) {
      context = deviceContext;
    }

    @Override
    public void readBar(int bar, long offset, int sizeBytes, LongConsumer answer) {
      if (offset == SLOW) {
        late = answer;
        waiting.complete(true);
      } else if (offset == TWICE) {
        answer.accept(7);
        answer.accept(8);
        throw new IllegalStateException("after its answer");
      } else {
        DeviceModel.super.readBar(bar, offset, sizeBytes, answer);
      }
    }

    @Override
    public long readBar(int bar, long offset, int sizeBytes) {
      return offset;
    }

    @Override
    public void writeBar(int bar, long offset, int sizeBytes, long value) {
      if (offset == RELEASE && late != null) {
        late.accept(value);
      } else if (offset == TIMER && context != null) {
        context.schedule(() -> expired.complete(Thread.currentThread().getName()), value);
      }
    }

    @Override
    public void reset() {}

    @Override
    public void stop() {}
  }

  @Test
  void otherAccessesGoOnWhileOneReadWaitsForItsAnswer() {
    CompletableFuture<Long> slow =
        CompletableFuture.supplyAsync(
            () -> root.barRead(SLOW, 4), task -> new Thread(task).start());
    model.waiting.orTimeout(240, TimeUnit.SECONDS).join();
    assertThat(root.barRead(0x28, 4)).isEqualTo(0x28);
    assertThat(slow).isNotDone();

    root.barWrite(RELEASE, 4, 99);

    assertThat(slow.orTimeout(240, TimeUnit.SECONDS).join()).isEqualTo(99);
  }

  @Test
  void aReadHasOneAnswerWhateverTheModelSaysAfterIt() {
    assertThat(root.barRead(TWICE, 4)).isEqualTo(7);
    assertThat(root.barRead(0x28, 4)).isEqualTo(0x28);
  }

  @Test
  void aTimerCallsBackOnTheModelsTask() {
    root.barWrite(TIMER, 4, 1);

    assertThat(model.expired.orTimeout(240, TimeUnit.SECONDS).join()).isEqualTo("slow registers");
  }

  @Test
  void aFunctionHasOneKindOfMessages() {
    PciFunction.Builder both =
        PciFunction.builder(1, 2, 3).memoryBar64(0, 4096).msix(1, 0, 0, 64).msi();

    assertThatThrownBy(both::build)
        .hasMessage("PCI function: a function here has MSI or MSI-X, not both");
  }
}
