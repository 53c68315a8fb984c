package org.smmulator.device.model.dma;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.smmulator.device.DeviceContext;
import org.smmulator.device.DmaPort;
import org.smmulator.device.Msi;
import org.smmulator.execution.Execution;
import org.smmulator.execution.Loop.Timer;
import org.smmulator.execution.ThreadExecution;

/** A reset that comes while a worker is held up. */
class DmaResetTest {
  private static final long QUEUE = 0x1000;

  private final List<String> over = new ArrayList<>();
  private final Held context = new Held();
  private final DmaDevice engine = new DmaDevice(1, 0);

  /** A context whose tasks and timers run when the test says so. */
  private static final class Held implements DeviceContext {
    private final Execution execution = new ThreadExecution();
    private final List<Runnable> tasks = new ArrayList<>();
    private final Queue<Runnable> timers = new ArrayDeque<>();

    @Override
    public DmaPort dma() {
      return new NoDma();
    }

    @Override
    public Msi msi() {
      return vector -> {};
    }

    @Override
    public void setInterruptPin(boolean asserted) {}

    @Override
    public Timer schedule(Runnable step, long delayNanos) {
      timers.add(step);
      return () -> timers.remove(step);
    }

    @Override
    public void spawn(String name, Runnable body) {
      tasks.add(body);
    }

    @Override
    public Execution execution() {
      return execution;
    }
  }

  /** Nothing may be read or written for a ring that software has given up. */
  private static final class NoDma implements DmaPort {
    @Override
    public void read(int pasid, long address, byte[] target, int offset, int length) {
      throw new AssertionError("a read after the reset");
    }

    @Override
    public void write(int pasid, long address, byte[] source, int offset, int length) {
      throw new AssertionError("a write after the reset");
    }

    @Override
    public void startRead(
        int pasid, long address, byte[] target, int offset, int length, Outcome outcome) {
      throw new AssertionError("a read after the reset");
    }

    @Override
    public void startWrite(
        int pasid, long address, byte[] source, int offset, int length, Outcome outcome) {
      throw new AssertionError("a write after the reset");
    }
  }

  @Test
  @Timeout(240)
  void isOverOnlyWhenTheWorkerHasNoticedIt() {
    engine.start(context);
    engine.writeBar(0, QUEUE + 0x10, 4, 2);
    engine.writeBar(0, QUEUE + 0x18, 4, 1);
    engine.writeBar(0, QUEUE + 0x20, 4, 1);

    engine.reset(() -> over.add("over"));

    assertThat(over).as("the worker may still be about to read its ring").isEmpty();
    context.timers.remove().run();
    assertThat(over).isEmpty();
    context.execution.spawn("worker", context.tasks.get(0));
    while (over.isEmpty()) {
      context.timers.remove().run();
    }
    assertThat(over).containsExactly("over");
    assertThat(engine.readBar(0, QUEUE + 0x1C, 4)).isZero();
    engine.stop();
  }
}
