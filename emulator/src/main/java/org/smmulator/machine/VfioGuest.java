package org.smmulator.machine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.MachineConfig;
import org.smmulator.counter.Counts;
import org.smmulator.guest.GuestKernel;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.vfio.VfioCounter;
import org.smmulator.vfio.served.VfioServer;

/**
 * A kernel in a virtual machine monitor, which takes the SMMU and the functions of the bus over
 * vfio-user. It has CPUs and an interrupt controller of its own: what reaches it are messages, and
 * wires lead nowhere.
 */
final class VfioGuest implements Guest {
  private final Path folder;
  private final SteppedPlatform platform;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private @Nullable VfioServer server;

  VfioGuest(MachineConfig config, SteppedPlatform platform) {
    this.folder = Path.of(Objects.requireNonNull(config.guest().directory()));
    this.platform = platform;
  }

  @Override
  public void interrupt(int intid) {}

  @Override
  public void boot(Board board) {
    VfioServer served =
        new VfioServer(
            folder,
            platform.thread(),
            platform.hardware(),
            platform.execution(),
            board.smmu(),
            board.rootComplex(),
            board.ram().base(),
            board.ram().bytes());
    server = served;
    board.onMessage(served::interrupt);
    platform.stepped().run(() -> board.rootComplex().watch(served));
  }

  @Override
  public void ready() throws UserException {
    try {
      Objects.requireNonNull(server).open();
    } catch (IOException e) {
      throw new UserException(ExitCode.USAGE, "guest.directory: " + e.getMessage());
    }
  }

  @Override
  public @Nullable GuestKernel kernel() {
    return null;
  }

  @Override
  public Counts<VfioCounter> vfioUser() {
    return server == null ? Counts.unknown(VfioCounter.class) : server.counts();
  }

  @Override
  public String port() {
    return "vfio-user in " + folder;
  }

  /** The machine is closed. */
  @Override
  public CompletableFuture<Void> ended() {
    return ended;
  }

  @Override
  public void close() {
    if (server != null) {
      server.close();
    }
    ended.complete(null);
  }
}
