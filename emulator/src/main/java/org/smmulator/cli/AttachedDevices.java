package org.smmulator.cli;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.device.AttachedDevice;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DeviceOptions;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;

/** Devices of one process, each on a link of its own to the same machine. */
final class AttachedDevices {
  private static final long ANSWER_SECONDS = 60;

  private final BusAddress bus;
  private final List<AttachedDevice> devices = new ArrayList<>();
  private final List<PciAddress> addresses = new ArrayList<>();

  /** Makes a model for each device. */
  interface Models {
    DeviceModel make() throws UserException;
  }

  private AttachedDevices(BusAddress bus) {
    this.bus = bus;
  }

  /**
   * Plugs them in one after the other; all or none.
   *
   * @param options by the number of the device, from 0
   * @throws UserException if no machine listens, or it refuses one of them
   */
  static AttachedDevices connect(
      MultiThreadIoEventLoopGroup group,
      BusAddress bus,
      int count,
      Models models,
      IntFunction<DeviceOptions> options)
      throws UserException, InterruptedException {
    AttachedDevices all = new AttachedDevices(bus);
    boolean attached = false;
    try {
      for (int i = 0; i < count; i++) {
        all.connect((EventLoop) group.next(), models.make(), options.apply(i));
      }
      attached = true;
      return all;
    } finally {
      if (!attached) {
        all.detach();
      }
    }
  }

  private void connect(EventLoop loop, DeviceModel model, DeviceOptions options)
      throws UserException, InterruptedException {
    AttachedDevice device;
    try {
      device = AttachedDevice.connect(loop, bus, model, options);
    } catch (IOException e) {
      throw new UserException(
          ExitCode.UNREACHABLE,
          "no machine listens: " + e.getMessage() + "; start one with 'smmulator run'");
    }
    devices.add(device);
    addresses.add(new PciAddress(granted(device)));
  }

  private int granted(AttachedDevice device) throws UserException, InterruptedException {
    try {
      return device.whenAttached().get(ANSWER_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new UserException(
          ExitCode.UNREACHABLE, "not attached to " + bus + ": " + reason(e) + before());
    } catch (TimeoutException e) {
      throw new UserException(
          ExitCode.UNREACHABLE, bus + " does not answer like a machine; correct --bus");
    }
  }

  private static String reason(ExecutionException e) {
    Throwable cause = e.getCause();
    return cause == null || cause.getMessage() == null ? "no reason given" : cause.getMessage();
  }

  private String before() {
    return addresses.isEmpty() ? "" : ", after " + addresses.size() + " devices; they are detached";
  }

  /** Such as {@code 00:04.0}, or of several the first and the last. */
  String addresses() {
    PciAddress last = addresses.get(addresses.size() - 1);
    return addresses.size() == 1 ? last.toString() : addresses.get(0) + " to " + last;
  }

  void detach() {
    devices.forEach(AttachedDevice::detach);
  }

  /**
   * Waits until the last link is closed.
   *
   * @return why the first of them was that the machine closed, or whoever detached the devices
   */
  String awaitClosed() throws InterruptedException {
    CompletableFuture<?>[] closed = new CompletableFuture<?>[devices.size()];
    for (int i = 0; i < closed.length; i++) {
      PciAddress address = addresses.get(i);
      closed[i] =
          devices
              .get(i)
              .whenClosed()
              .thenApply(reason -> address + ": the link was closed: " + reason);
    }
    CompletableFuture<Object> first = CompletableFuture.anyOf(closed);
    try {
      CompletableFuture.allOf(closed).get();
      return first.get().toString();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }
}
