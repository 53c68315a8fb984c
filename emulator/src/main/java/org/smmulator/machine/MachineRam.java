package org.smmulator.machine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.config.BoardConfig;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.memory.FileMemory;
import org.smmulator.memory.HostMemory;
import org.smmulator.memory.Ram;
import org.smmulator.memory.RamFile;
import org.smmulator.memory.SparseMemory;

/**
 * The RAM of one machine: arrays of the heap, or a file. Other programs can cut a file short at any
 * time; then nothing in the machine can be relied on, and it ends. The errors of threads that use
 * what is gone come wherever they are by then, and end a task, a link or the hardware's loop. So it
 * is not they who tell: a thread of its own looks at the file's size, and so does whoever has
 * waited for the machine before he goes on.
 */
final class MachineRam implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(MachineRam.class);
  private static final long LOOK_MILLIS = 10;

  private final Ram ram;
  private final @Nullable RamFile file;
  private final CompletableFuture<Void> cutShort = new CompletableFuture<>();
  private final CountDownLatch closed = new CountDownLatch(1);

  private MachineRam(Ram ram, @Nullable RamFile file) {
    this.ram = ram;
    this.file = file;
  }

  /**
   * The RAM that a configuration asks for.
   *
   * @throws UserException if its file cannot be used
   */
  static MachineRam of(BoardConfig config) throws UserException {
    String path = config.ramFile();
    if (path == null) {
      return inHeap(config.ramBytes());
    }
    RamFile file;
    try {
      file = RamFile.open(Path.of(path), config.ramBytes());
    } catch (IOException e) {
      throw new UserException(ExitCode.USAGE, "machine.ramFile: " + e.getMessage());
    }
    MachineRam opened = new MachineRam(new FileMemory(MemoryMap.RAM, file), file);
    Thread watch = new Thread(() -> opened.watch(file), "ram-file");
    watch.setDaemon(true);
    watch.start();
    return opened;
  }

  private static MachineRam inHeap(long bytes) {
    Ram[] ram = new Ram[1];
    HostMemory host =
        HostMemory.ofJvm(() -> log.error("{}; writes to more of it abort", ram[0].whyAborted()));
    ram[0] = new SparseMemory(MemoryMap.RAM, bytes, host);
    return new MachineRam(ram[0], null);
  }

  private void watch(RamFile looked) {
    try {
      while (!closed.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
        if (!looked.isWhole()) {
          cutShort.complete(null);
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  Ram ram() {
    return ram;
  }

  /** Whether its file was cut short. */
  boolean isLost() {
    return file != null && !file.isWhole();
  }

  /** Completes when its file is found cut short; never for a heap. */
  CompletableFuture<Void> cutShort() {
    return cutShort;
  }

  /**
   * Looks whether all of it is still there.
   *
   * @throws UserException if not
   */
  void requireWhole() throws UserException {
    if (file != null && !file.isWhole()) {
      throw new UserException(ExitCode.RAM_LOST, file.cutShort());
    }
  }

  @Override
  public void close() {
    closed.countDown();
    if (file != null) {
      try {
        file.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
