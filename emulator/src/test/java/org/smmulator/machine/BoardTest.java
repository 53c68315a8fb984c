package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.bus.wire.NettyLoop;
import org.smmulator.execution.ThreadExecution;
import org.smmulator.memory.SparseMemory;
import org.smmulator.record.Recorder;

/** Who asks the hardware while its thread does something else. */
class BoardTest {
  @TempDir private Path folder;

  private final EventLoopThread thread = new EventLoopThread("hardware");

  @AfterEach
  void close() {
    thread.close();
  }

  private Board board() throws Exception {
    return new Board(
        Machines.config(folder, "machine: {name: board, ramMiB: 64}\n"),
        new SparseMemory(MemoryMap.RAM, 64 << 20),
        new ThreadExecution(),
        new NettyLoop(thread.eventLoop()),
        intid -> {},
        Recorder.OFF);
  }

  @Test
  void saysThatTheHardwareIsBusyAndAnswersAfterwards() throws Exception {
    try (Board board = board()) {
      CountDownLatch free = new CountDownLatch(1);
      board.loop().execute(() -> await(free));
      assertThatThrownBy(() -> board.ask(() -> 1))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the machine is busy: its hardware has not answered for 5 s; ask again");
      free.countDown();
      assertThat(board.ask(() -> 2)).isEqualTo(2);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void saysThatTheMachineHasStopped() throws Exception {
    Board board = board();
    thread.close();
    assertThatThrownBy(() -> board.ask(() -> 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the machine has stopped");
  }
}
