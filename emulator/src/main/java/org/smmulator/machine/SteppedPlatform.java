package org.smmulator.machine;

import io.netty.channel.EventLoop;
import java.io.IOException;
import java.util.List;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.config.BusConfig;
import org.smmulator.config.DeviceConfig;
import org.smmulator.config.GuestConfig;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DeviceOptions;
import org.smmulator.device.ModelSettings;
import org.smmulator.execution.Execution;
import org.smmulator.execution.Loop;
import org.smmulator.execution.ThreadExecution;
import org.smmulator.launch.UserException;
import org.smmulator.plugin.PluginException;
import org.smmulator.time.SteppedHardware;

/**
 * Hardware that works when a program outside says so, and is idle in between; on the time of that
 * program, or on real time. Devices that never wait are on its loop.
 */
final class SteppedPlatform implements Platform {
  private final ThreadExecution execution = new ThreadExecution();
  private final EventLoopThread thread = new EventLoopThread("hardware");
  private final SteppedHardware stepped;
  private final BusListeners listeners = new BusListeners();

  SteppedPlatform(GuestConfig.Clock clock) {
    stepped =
        clock == GuestConfig.Clock.VIRTUAL
            ? SteppedHardware.onVirtualTime(thread.eventLoop())
            : SteppedHardware.onRealTime(thread.eventLoop());
  }

  @Override
  public Execution execution() {
    return execution;
  }

  @Override
  public Loop hardware() {
    return stepped.loop();
  }

  /** What runs the hardware, and its sockets. */
  EventLoop thread() {
    return thread.eventLoop();
  }

  SteppedHardware stepped() {
    return stepped;
  }

  @Override
  public List<String> listen(BusConfig config, Board board) throws IOException {
    return listeners.listen(config.listen(), thread.eventLoop(), board);
  }

  @Override
  public PluggedDevice plug(DeviceConfig config, Board board) throws UserException {
    return isOnLoop(config) ? plugOnLoop(config, board) : listeners.plug(config, execution, board);
  }

  @Override
  public PluggedDevice plug(DeviceModel model, DeviceOptions options, Board board)
      throws UserException {
    return DeviceInProcess.start(model, options, execution, board, Timing.NONE);
  }

  /** Whether a device is one that never waits. */
  static boolean isOnLoop(DeviceConfig config) {
    return config.model().type().isStepped();
  }

  /** Plugs in a device that never waits; it is there when this returns. */
  PluggedDevice plugOnLoop(DeviceConfig config, Board board) {
    InProcessDevices plugs =
        new InProcessDevices(board.rootComplex(), board.map(), stepped.loop(), board.linkLimits());
    int requesterId = config.id().requesterId();
    ModelSettings settings =
        config.model().settings().withSystemMemory(plugs.systemMemory(requesterId));
    try {
      plugs.plug(
          config.model().type().create(settings),
          DeviceOptions.of(config.model().name(), config.label())
              .withRequesterId(requesterId)
              .withStalling(config.stall()));
    } catch (IOException | PluginException e) {
      throw new IllegalStateException("a bundled device without a file has failed", e);
    }
    stepped.run(() -> {});
    return new OnLoop(config.id(), config.label());
  }

  /** A device on the hardware's loop; it leaves when the machine shuts down. */
  private record OnLoop(PciAddress id, String label) implements PluggedDevice {
    @Override
    public boolean isAlive() {
      return true;
    }

    @Override
    public void close() {}
  }

  @Override
  public void close() {
    execution.end();
    listeners.close();
    thread.close();
  }
}
