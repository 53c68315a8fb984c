package org.smmulator.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.smmulator.arch.command.CommandField;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.smmu.feature.SmmuFeatures;

/**
 * CMD_SYNC with nothing to wait for, from the write of CMDQ_PROD until it is fetched from memory
 * and executed; and 64 of them with one write.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls setUp before anything else.
public class SyncBenchmark {
  private static final int BATCH = 64;
  private static final long POLLED_WORD = 0x4000_0f00L;

  /** What a CMD_SYNC signals. */
  public enum Signal {
    NONE(CommandField.CS_NONE, 0, 0),

    /** Interrupt line, and an MSI to a word of memory that software polls. */
    MSI_TO_MEMORY(CommandField.CS_IRQ, POLLED_WORD, 0),

    /** Interrupt line, and an MSI to the interrupt controller. */
    MSI(CommandField.CS_IRQ, MemoryMap.MSI_SETSPI, MemoryMap.MSI_FIRST_INTID);

    private final long first;
    private final long second;

    Signal(int cs, long msiAddress, int msiData) {
      first =
          CommandField.OPCODE.of(CommandOpcode.SYNC.code())
              | CommandField.CS.of(cs)
              | CommandField.MSI_DATA.of(msiData);
      second = CommandField.MSI_ADDRESS.inPlace(msiAddress);
    }
  }

  @Param Signal signal;

  private TranslatingMachine machine;

  @Setup
  public void setUp() throws BusAbort {
    machine = new TranslatingMachine(SmmuFeatures.defaults(), 1, TranslatingMachine.DENSE);
    for (int i = 0; i < 1 << TranslatingMachine.QUEUE_LOG2; i++) {
      machine.storeCommand(i, signal.first, signal.second);
    }
  }

  @TearDown
  public void check() {
    machine.checkConsumed();
  }

  @Benchmark
  public void sync() {
    machine.produce(1);
  }

  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void syncOfBatch() {
    machine.produce(BATCH);
  }
}
