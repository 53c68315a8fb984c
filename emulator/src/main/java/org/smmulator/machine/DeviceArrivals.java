package org.smmulator.machine;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.pci.DrivenDevice;
import org.smmulator.guest.pci.dma.DmaEngine;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;

/** Waits for devices that steps name to be attached and driven, or gone. */
final class DeviceArrivals {
  private static final long LOOK_NANOS = 1_000_000L;

  private final GuestKernel kernel;
  private final int timeoutMillis;

  DeviceArrivals(GuestKernel kernel, int timeoutMillis) {
    this.kernel = kernel;
    this.timeoutMillis = timeoutMillis;
  }

  /**
   * Waits until devices of the machine's own are driven.
   *
   * @throws UserException if one ends before, does not come in time, or no driver takes it
   */
  void awaitAll(List<PluggedDevice> devices) throws UserException {
    for (PluggedDevice device : devices) {
      try {
        awaitJudged(device);
        driven(device.id());
      } catch (ScenarioException e) {
        throw new UserException(ExitCode.NOT_RUN, String.valueOf(e.getMessage()));
      }
    }
  }

  /**
   * A device that ends before it comes says why by itself; nobody need wait for it.
   *
   * @param code of what cannot be done without it
   */
  void requireComing(PluggedDevice device, Supplier<ExitCode> code) throws UserException {
    if (!device.isAlive() && !kernel.hasSeen(device.id())) {
      throw new UserException(
          code.get(),
          "device " + device.id() + " ended before it was attached; its message is above");
    }
  }

  private void awaitJudged(PluggedDevice device) throws UserException {
    long deadline = deadline();
    while (!kernel.hasJudged(device.id()) && kernel.sched().nanoTime() < deadline) {
      requireComing(device, () -> ExitCode.NOT_RUN);
      kernel.sched().sleep(LOOK_NANOS);
    }
  }

  /** Detaches devices of the machine's own, and waits until no driver has them. */
  void leave(List<PluggedDevice> devices, long deadlineNanos) {
    devices.forEach(PluggedDevice::close);
    for (PluggedDevice device : devices) {
      kernel.awaitGone(device.id(), deadlineNanos);
    }
  }

  DmaEngine engine(PciAddress id) throws ScenarioException {
    return await(id, deadline -> kernel.awaitEngine(id, deadline));
  }

  DrivenDevice driven(PciAddress id) throws ScenarioException {
    return await(id, deadline -> kernel.awaitDriven(id, deadline));
  }

  void awaitGone(PciAddress id) throws ScenarioException {
    if (!kernel.awaitGone(id, deadline())) {
      throw notInTime(id, "gone");
    }
  }

  private interface Arrival<T> {
    @Nullable T until(long deadlineNanos) throws IommuException;
  }

  private <T> T await(PciAddress id, Arrival<T> arrival) throws ScenarioException {
    T device;
    try {
      device = arrival.until(deadline());
    } catch (IommuException e) {
      String hint =
          e.errno() == Errno.ETIMEDOUT ? "; bus.invalidationTimeoutMillis allows more" : "";
      throw new ScenarioException("a device cannot be driven: " + e.getMessage() + hint, e);
    }
    if (device == null) {
      throw notInTime(id, "attached");
    }
    return device;
  }

  private long deadline() {
    return kernel.sched().nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
  }

  private ScenarioException notInTime(PciAddress id, String what) {
    return new ScenarioException(
        String.format(
            "device %s was not %s within %d ms; bus.attachTimeoutMillis allows more",
            id, what, timeoutMillis),
        null);
  }
}
