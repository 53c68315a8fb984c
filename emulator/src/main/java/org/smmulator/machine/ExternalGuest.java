package org.smmulator.machine;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.DeviceConfig;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.PortAddress;
import org.smmulator.guest.GuestKernel;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.qtest.Commands;
import org.smmulator.qtest.GuestPort;
import org.smmulator.qtest.HarnessMachine;
import org.smmulator.qtest.Interception;

/** A program of the user's that drives the machine through its guest port. */
final class ExternalGuest implements Guest {
  private final MachineConfig config;
  private final SteppedPlatform platform;
  private final EventLoopThread thread = new EventLoopThread("guest-port");
  private final GuestPort port = new GuestPort(thread.eventLoop());
  private final Interception interception = new Interception(port);
  private @Nullable Commands commands;
  private @Nullable PortAddress address;

  ExternalGuest(MachineConfig config, SteppedPlatform platform) {
    this.config = config;
    this.platform = platform;
  }

  @Override
  public void interrupt(int intid) {
    interception.edge(intid);
  }

  @Override
  public void boot(Board board) {
    board.rootComplex().pins().connect(interception::pin);
    Commands all = new Commands(reachable(board), interception, port);
    board.onTransactionResumed(all::transactionResumed);
    board.onSendEvent(() -> port.line("SEV"));
    commands = all;
  }

  private HarnessMachine reachable(Board board) {
    return new HarnessMachine(
        platform.stepped(),
        board.map(),
        board.smmu(),
        config.smmu().toFeatures().platformStreams(),
        board.rootComplex(),
        () -> plugAnew(board),
        TimeUnit.MILLISECONDS.toNanos(config.bus().completionTimeoutMillis()),
        TimeUnit.MILLISECONDS.toNanos(config.bus().invalidationTimeoutMillis()),
        board::explain);
  }

  /** The devices on the hardware's own time, as at power-on. */
  private void plugAnew(Board board) {
    for (DeviceConfig device : config.devices()) {
      if (SteppedPlatform.isOnLoop(device)) {
        int requesterId = device.id().requesterId();
        platform
            .stepped()
            .run(() -> board.rootComplex().unplug(requesterId, "the machine is reset"));
      }
    }
    platform.stepped().run(board.hotPlug()::reset);
    for (DeviceConfig device : config.devices()) {
      if (SteppedPlatform.isOnLoop(device)) {
        platform.plugOnLoop(device, board);
      }
    }
  }

  @Override
  public void ready() throws UserException {
    if (commands == null) {
      throw new IllegalStateException("ready before it was booted");
    }
    try {
      address = port.open(config.guest().port(), commands);
    } catch (IOException e) {
      throw new UserException(ExitCode.USAGE, e.getMessage() + "; change guest.port, or free it");
    }
  }

  @Override
  public @Nullable GuestKernel kernel() {
    return null;
  }

  @Override
  public @Nullable String port() {
    return address == null ? null : address.toString();
  }

  /** The harness that the machine connected to has gone, or the machine is closed. */
  @Override
  public CompletableFuture<Void> ended() {
    return port.ended();
  }

  @Override
  public void close() {
    port.close();
    thread.close();
  }
}
