package org.smmulator.machine;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.pci.DrivenDevice;
import org.smmulator.guest.pci.dma.DmaEngine;

/** Waits for devices that steps name to be attached and driven, or gone. */
final class DeviceArrivals {
  private final GuestKernel kernel;
  private final int timeoutMillis;

  DeviceArrivals(GuestKernel kernel, int timeoutMillis) {
    this.kernel = kernel;
    this.timeoutMillis = timeoutMillis;
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
