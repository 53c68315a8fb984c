package org.smmulator.machine;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.config.DeviceStep;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.pci.DrivenDevice;
import org.smmulator.guest.pci.PciDevice;
import org.smmulator.guest.pci.generic.DeviceFile;
import org.smmulator.guest.sva.MmExitHandler;
import org.smmulator.machine.ScenarioProcess.Binding;
import org.smmulator.pcie.ledger.Violation;

/**
 * The steps that concern a device itself. What a process does with registers it does as a program
 * that has the device open; what nobody is named for, the kernel does.
 */
final class DeviceSteps implements DeviceStep.Cases<ScenarioException> {
  /** Who has what open. */
  private record Opening(String process, PciAddress device) {}

  private final ScenarioGuest guest;
  private final GuestKernel kernel;
  private final DeviceArrivals arrivals;
  private final Map<Opening, DeviceFile> files = new ConcurrentHashMap<>();

  DeviceSteps(ScenarioGuest guest) {
    this.guest = guest;
    this.kernel = guest.kernel();
    this.arrivals = guest.arrivals();
  }

  @Override
  public void barRead(DeviceStep.BarRead step) throws ScenarioException {
    Place place = new Place(step.device(), step.bar(), step.offset(), step.bytes());
    String process = step.process();
    long found =
        process == null
            ? function(place).read(place.bar, place.offset, place.bytes)
            : file(process, place).read(place.bar, place.offset, place.bytes);
    Long expected = step.value();
    if (expected != null && found != expected) {
      report(place.device, "%s reads 0x%x and must read 0x%x".formatted(place, found, expected));
    }
  }

  @Override
  public void barWrite(DeviceStep.BarWrite step) throws ScenarioException {
    Place place = new Place(step.device(), step.bar(), step.offset(), step.bytes());
    String process = step.process();
    if (process == null) {
      function(place).write(place.bar, place.offset, place.bytes, step.value());
    } else {
      file(process, place).write(place.bar, place.offset, place.bytes, step.value());
    }
  }

  /** A register. */
  private record Place(PciAddress device, int bar, long offset, int bytes) {
    boolean isIn(PciDevice function) {
      return offset <= function.barBytes(bar) - bytes;
    }

    @Override
    public String toString() {
      return String.format("BAR %d + 0x%x", bar, offset);
    }
  }

  /** A function with a register that a step may touch. */
  private PciDevice function(Place place) throws ScenarioException {
    PciDevice function = function(place.device);
    if (!place.isIn(function)) {
      throw new ScenarioException(
          String.format(
              "%s has no register of %d bytes at %s, which has 0x%x bytes",
              place.device, place.bytes, place, function.barBytes(place.bar)),
          null);
    }
    if (function.msix().overlaps(place.bar, place.offset, place.bytes)) {
      throw new ScenarioException(
          place.device + ": " + place + " belongs to its MSI-X table, which is the kernel's", null);
    }
    return function;
  }

  /** What is there, if only without a driver; waits for what is on its way. */
  private PciDevice function(PciAddress id) throws ScenarioException {
    PciDevice present = kernel.hasJudged(id) ? kernel.pci().find(id) : null;
    return present == null ? arrivals.driven(id).device() : present;
  }

  private DeviceFile file(String process, Place place) throws ScenarioException {
    PciDevice present = function(place);
    return file(process, present.address());
  }

  private DeviceFile file(String process, PciAddress device) throws ScenarioException {
    Opening opening = new Opening(process, device);
    DeviceFile open = files.get(opening);
    if (open != null && !open.isClosed() && !open.isGone()) {
      return open;
    }
    ScenarioProcess opener = guest.process(process);
    arrivals.driven(device);
    try {
      DeviceFile file = kernel.open(opener.process(), device);
      files.put(opening, file);
      return file;
    } catch (IommuException e) {
      throw new ScenarioException(
          process + " cannot open " + device + ": " + e.getMessage() + "; leave process out", e);
    }
  }

  @Override
  public void awaitInterrupt(DeviceStep.AwaitInterrupt step) throws ScenarioException {
    String process = step.process();
    DeviceFile file = process == null ? null : file(process, step.device());
    DrivenDevice driven = arrivals.driven(step.device());
    long deadline = kernel.sched().nanoTime() + TimeUnit.MILLISECONDS.toNanos(step.millis());
    try {
      long came =
          file == null
              ? driven.awaitInterrupt(step.vector(), deadline)
              : file.awaitInterrupt(step.vector(), deadline);
      if (came == 0) {
        report(
            step.device(),
            "no interrupt of vector %d within %d ms".formatted(step.vector(), step.millis()));
      }
    } catch (IommuException | IllegalArgumentException e) {
      throw new ScenarioException(String.valueOf(e.getMessage()), e);
    }
  }

  private void report(PciAddress device, String text) {
    guest
        .check()
        .report(new DataCheck.Finding(device.toString(), Violation.NONE, Violation.NONE, text));
  }

  @Override
  public void reset(DeviceStep.Reset step) throws ScenarioException {
    PciAddress device = step.device();
    if (!function(device).hasReset()) {
      throw new ScenarioException(device + " has no function level reset; unplug it", null);
    }
    List<Binding> ended = guest.endBindings(device);
    try {
      kernel.resetDevice(device);
    } catch (IommuException e) {
      throw new ScenarioException(String.valueOf(e.getMessage()), e);
    } finally {
      ended.forEach(Binding::close);
    }
  }

  @Override
  public void mmExit(DeviceStep.MmExit step) throws ScenarioException {
    IommuDevice device = arrivals.driven(step.device()).device().iommuDevice();
    try {
      MmExitHandler drivers = kernel.sva().driversMmExit(device);
      kernel
          .sva()
          .replaceMmExit(
              device,
              step.missing()
                  ? null
                  : (dev, pasid, drvdata) -> answer(step, drivers, dev, pasid, drvdata));
    } catch (IommuException e) {
      throw new ScenarioException(String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * A driver that fails does nothing, late or at once; one that is slow does its part in the end.
   */
  private int answer(
      DeviceStep.MmExit step,
      @Nullable MmExitHandler drivers,
      IommuDevice dev,
      int pasid,
      @Nullable Object drvdata) {
    if (step.sleeps() > 0) {
      kernel.sched().sleep(TimeUnit.MILLISECONDS.toNanos(step.sleeps()));
    }
    if (step.returns() != 0) {
      return -step.returns();
    }
    return drivers == null ? 0 : drivers.mmExit(dev, pasid, drvdata);
  }
}
