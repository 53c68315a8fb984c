package org.smmulator.machine;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.bus.wire.AtcEntries;
import org.smmulator.bus.wire.AtcRead;
import org.smmulator.bus.wire.InProcessWire;
import org.smmulator.config.DeviceConfig;
import org.smmulator.device.AttachedDevice;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DeviceOptions;
import org.smmulator.execution.Execution;
import org.smmulator.execution.TaskLoop;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.plugin.PluginException;

/** A device in the machine's process, with tasks and a link of its own. */
final class DeviceInProcess implements PluggedDevice {
  private static final Logger log = LoggerFactory.getLogger(DeviceInProcess.class);

  private final DeviceOptions options;
  private final AttachedDevice device;
  private final TaskLoop link;

  private DeviceInProcess(DeviceOptions options, AttachedDevice device, TaskLoop link) {
    this.options = options;
    this.device = device;
    this.link = link;
  }

  /** A device whose model could not be made: the machine goes on without it. */
  private record Absent(PciAddress id, String label) implements PluggedDevice {
    @Override
    public boolean isAlive() {
      return false;
    }

    @Override
    public void close() {}
  }

  /**
   * One of the machine's file.
   *
   * @param execution runs the device's tasks
   */
  static PluggedDevice start(DeviceConfig config, Execution execution, Board board, Timing timing)
      throws UserException {
    DeviceModel model;
    try {
      model =
          config
              .model()
              .type()
              .create(config.model().settings().withWorkNanos(timing.deviceNanos()));
    } catch (PluginException e) {
      log.error("device {} is not plugged in: {}", config.id(), e.getMessage());
      return new Absent(config.id(), config.label());
    }
    return start(model, options(config), execution, board, timing);
  }

  /**
   * One whose model is there already.
   *
   * @param options with the wanted slot
   * @param execution runs the device's tasks
   */
  static PluggedDevice start(
      DeviceModel model, DeviceOptions options, Execution execution, Board board, Timing timing)
      throws UserException {
    PciAddress id = new PciAddress(options.requesterId());
    AttachedDevice device;
    try {
      device = new AttachedDevice(model, options, execution);
    } catch (IOException e) {
      throw new UserException(
          ExitCode.USAGE, "device " + id + " cannot be started: " + e.getMessage());
    }
    device
        .whenAttached()
        .exceptionally(
            refusal -> {
              log.warn("device {} is not attached: {}", id, refusal.getMessage());
              return null;
            });
    TaskLoop link = TaskLoop.start(execution, "link of " + id);
    InProcessWire.join(
        board.rootComplex().newPort(),
        board.loop(),
        timing.downstream(),
        device.handler(),
        link,
        timing.upstream(),
        board.linkLimits());
    return new DeviceInProcess(options, device, link);
  }

  private static DeviceOptions options(DeviceConfig config) {
    DeviceOptions options =
        DeviceOptions.of(config.model().name(), config.label())
            .withRequesterId(config.id().requesterId())
            .withAtc(config.atc().sets(), config.atc().ways())
            .withKeepInvalidated(config.sabotage() != null)
            .withStalling(config.stall());
    return config.record() == null ? options : options.withRecord(Path.of(config.record()));
  }

  @Override
  public PciAddress id() {
    return new PciAddress(options.requesterId());
  }

  @Override
  public String label() {
    return options.name();
  }

  @Override
  public boolean isAlive() {
    return !device.whenClosed().isDone();
  }

  @Override
  public long[] statisticsAtRest() {
    return device.statisticsAtRest();
  }

  @Override
  public @Nullable AtcEntries atcAtRest(AtcRead question) {
    return device.atcAtRest(question);
  }

  @Override
  public @Nullable Throwable modelFailure() {
    return device.modelFailure();
  }

  @Override
  public void close() {
    device.detach();
    link.end();
  }
}
