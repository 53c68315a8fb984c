package org.smmulator.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.memory.FileMemory;
import org.smmulator.memory.Ram;
import org.smmulator.memory.RamFile;
import org.smmulator.memory.SparseMemory;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.Transaction;

/**
 * The two kinds of RAM under the same accesses: a walk of four levels without a walk cache, in
 * random order over 65,536 pages beside each other; a page copied out and in; a compare-and-set.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls setUp before anything else.
public class RamBenchmark {
  private static final int PAGES = 1 << 16;
  private static final int PAGE = 4096;
  private static final long FREE = TranslatingMachine.RAM + TranslatingMachine.RAM_BYTES - PAGE;

  /** Where RAM is. */
  public enum Kind {
    HEAP,
    FILE
  }

  @Param Kind ram;

  /** Where the file is made, if there is one. */
  @Param("/dev/shm")
  String folder;

  private final Transaction tx = new Transaction();
  private final ByteBuffer page = ByteBuffer.allocate(PAGE);
  private Path path;
  private Ram memory;
  private TranslatingMachine machine;
  private int next;

  @Setup
  public void setUp() throws BusAbort, IOException {
    path = Path.of(folder).resolve("smmulator-bench-" + ProcessHandle.current().pid());
    memory =
        ram == Kind.HEAP
            ? new SparseMemory(TranslatingMachine.RAM, TranslatingMachine.RAM_BYTES)
            : new FileMemory(
                TranslatingMachine.RAM, RamFile.open(path, TranslatingMachine.RAM_BYTES));
    SmmuFeatures.Caches caches = new SmmuFeatures.Caches(64, 4, 0, 64);
    SmmuFeatures features = SmmuFeatures.defaults().withCaches(caches);
    machine = new TranslatingMachine(features, PAGES, TranslatingMachine.DENSE, memory);
    double reads = machine.descriptorReadsPerWalk();
    if (reads != 4) {
      throw new IllegalStateException(reads + " descriptor reads per walk");
    }
  }

  @TearDown
  public void tearDown() throws IOException {
    Files.deleteIfExists(path);
  }

  private long nextAddress() {
    next = (next + 1) & (PAGES - 1);
    return machine.addresses[next];
  }

  @Benchmark
  public long walk() {
    machine.smmu.translate(
        tx.request(
            TranslatingMachine.STREAM, TranslatingMachine.PASID, nextAddress(), true, false, false));
    return tx.pa();
  }

  @Benchmark
  public long fourDependentLoads() throws BusAbort {
    return machine.fourDependentLoads(nextAddress());
  }

  @Benchmark
  public void pageOutAndIn() throws BusAbort {
    memory.read(FREE, page, 0, PAGE);
    memory.write(FREE, page, 0, PAGE);
  }

  @Benchmark
  public boolean compareAndSet() throws BusAbort {
    return memory.compareAndSet64(FREE, 0, 0);
  }
}
