package org.smmulator.guest;

import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuDriver;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.mm.FrameAllocator;
import org.smmulator.guest.pci.DrivenDevice;
import org.smmulator.guest.pci.MessageInterrupts;
import org.smmulator.guest.pci.PciBus;
import org.smmulator.guest.pci.PciDevice;
import org.smmulator.guest.pci.PciDriver;
import org.smmulator.guest.pci.PciDrivers;
import org.smmulator.guest.pci.generic.GenericDriver;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.WaitQueue;
import org.smmulator.guest.sva.IoMmManager;
import org.smmulator.plugin.Plugins;

/**
 * Which function has which driver: gives devices to drivers as they come, and takes them back. One
 * task at a time ends what a driver has at an address.
 */
final class DeviceTable implements PciBus.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceTable.class);

  private final Sched sched;
  private final IommuDriver iommu;
  private final IoMmManager sva;
  private final PciDrivers drivers;
  private final PciDriver.Kernel forDrivers;
  private final PciBus pci;
  private final Map<PciAddress, DrivenDevice> driven = new ConcurrentHashMap<>();
  private final Set<PciAddress> seen = ConcurrentHashMap.newKeySet();
  private final Set<PciAddress> judged = ConcurrentHashMap.newKeySet();

  /** Why functions that are plugged in are not driven. */
  private final Map<PciAddress, IommuException> refused = new ConcurrentHashMap<>();

  /** Names of drivers that {@link #driveWith} chose. */
  private final Map<PciAddress, String> chosen = new ConcurrentHashMap<>();

  private final Set<PciAddress> ending = ConcurrentHashMap.newKeySet();
  private final WaitQueue changed;

  /** With all drivers that there are; knows no device before {@link PciBus#scan}. */
  DeviceTable(
      Sched sched,
      Hardware hardware,
      GuestOptions options,
      FrameAllocator frames,
      MessageInterrupts interrupts,
      IommuDriver iommu,
      IoMmManager sva) {
    this.sched = sched;
    this.iommu = iommu;
    this.sva = sva;
    changed = sched.waitQueue("driven devices");
    drivers = new PciDrivers(Plugins.offered(PciDriver.class), new GenericDriver());
    forDrivers =
        new PciDriver.Kernel(sched, hardware.memory(), frames, interrupts, sva, this::renew);
    pci =
        new PciBus(
            sched,
            hardware.ecam(),
            hardware.pciMemory(),
            options.rootBuses(),
            options.stalling(),
            this);
  }

  PciBus pci() {
    return pci;
  }

  @Nullable DrivenDevice driven(PciAddress address) {
    return driven.get(address);
  }

  @Nullable DrivenDevice await(PciAddress address, long deadlineNanos) throws IommuException {
    changed.await(
        () ->
            driven.containsKey(address)
                || refused.containsKey(address)
                || sched.current().isKilled(),
        deadlineNanos);
    DrivenDevice device = driven.get(address);
    if (device == null) {
      throwIfRefused(address);
    }
    return device;
  }

  private void throwIfRefused(PciAddress address) throws IommuException {
    IommuException refusal = refused.get(address);
    if (refusal != null) {
      throw new IommuException(refusal.errno(), String.valueOf(refusal.getMessage()));
    }
  }

  boolean awaitGone(PciAddress address, long deadlineNanos) {
    return changed.await(
        () ->
            !driven.containsKey(address) && !ending.contains(address) && pci.find(address) == null,
        deadlineNanos);
  }

  boolean hasSeen(PciAddress address) {
    return seen.contains(address);
  }

  boolean hasJudged(PciAddress address) {
    return judged.contains(address);
  }

  void detachDomain(PciAddress address) {
    beginEnd(address);
    try {
      endUse(address);
    } finally {
      finishEnd(address);
    }
  }

  void reset(PciAddress address) throws IommuException {
    PciDevice device = pci.find(address);
    if (device == null || !device.hasReset()) {
      String why = device == null ? "no function is there" : "it has no function level reset";
      throw new IommuException(Errno.ENODEV, address + " cannot be reset: " + why);
    }
    beginEnd(address);
    try {
      if (!device.reset(sched)) {
        throw doesNotAnswer(device);
      }
      endUse(address);
      added(device);
    } finally {
      finishEnd(address);
    }
  }

  void driveWith(PciAddress address, String driver) throws IommuException {
    if (drivers.named(driver) == null) {
      throw new IllegalArgumentException(
          "no driver is called %s; there are %s".formatted(driver, drivers.names()));
    }
    beginEnd(address);
    try {
      PciDevice device = pci.find(address);
      if (device == null) {
        throw new IommuException(Errno.ENODEV, "no function is at " + address);
      }
      chosen.put(address, driver);
      let(device, () -> driveAnew(device));
    } finally {
      finishEnd(address);
    }
    throwIfRefused(address);
  }

  /** For a driver that has ended somebody's use of a function; see {@link PciDriver.Renewal}. */
  private void renew(DrivenDevice done) {
    PciDevice device = done.device();
    beginEnd(device.address());
    try {
      if (driven.get(device.address()) == done) {
        let(device, () -> driveAnew(device));
      }
    } finally {
      finishEnd(device.address());
    }
  }

  /** A function that does not answer after its reset is left alone. */
  private void driveAnew(PciDevice device) {
    boolean answers = !device.hasReset() || device.reset(sched);
    endUse(device.address());
    if (answers) {
      added(device);
    } else if (!device.isGone()) {
      refuse(device.address(), doesNotAnswer(device));
    }
  }

  private static IommuException doesNotAnswer(PciDevice device) {
    return new IommuException(
        Errno.ETIMEDOUT, device.address() + " does not answer after its reset");
  }

  private void endUse(PciAddress address) {
    DrivenDevice device = driven.get(address);
    try {
      if (device != null) {
        let(device.device(), device::detach);
        detach(device.device());
      }
    } finally {
      driven.remove(address);
    }
  }

  /** A driver that fails must not keep its device from being detached. */
  private void let(PciDevice device, Runnable driver) {
    try {
      driver.run();
    } catch (RuntimeException | Error e) {
      sched.throwIfEnding();
      LOG.error("{}: its driver failed", device, e);
    }
  }

  /** Whatever the device's driver has left is taken from it first. */
  private void detach(PciDevice device) {
    sva.deviceShutdown(device.iommuDevice());
    iommu.detachDevice(device.iommuDevice());
    sva.deviceGone(device.iommuDevice());
  }

  /** One task at a time ends the use of a device: its domain goes last, after all that is in it. */
  private void beginEnd(PciAddress address) {
    while (!ending.add(address)) {
      changed.await(() -> !ending.contains(address), Long.MAX_VALUE);
    }
  }

  private void finishEnd(PciAddress address) {
    ending.remove(address);
    changed.wakeAll();
  }

  @Override
  public void added(PciDevice device) {
    seen.add(device.address());
    PciDriver driver = driverOf(device);
    if (driver == null) {
      LOG.info("no driver for {}", device);
      refuse(device.address(), new IommuException(Errno.ENODEV, "no driver for " + device));
      return;
    }
    boolean probed = false;
    try {
      IommuDomain domain = iommu.attachDefaultDomain(device.iommuDevice());
      driven.put(
          device.address(), Objects.requireNonNull(driver.probe(forDrivers, device, domain)));
      judged.add(device.address());
      probed = true;
      refused.remove(device.address());
      LOG.debug("{} is driven by {}", device, driver.getClass().getName());
      changed.wakeAll();
    } catch (IommuException e) {
      LOG.warn("{} cannot be driven: {}", device, e.getMessage());
      refuse(device.address(), e);
    } catch (RuntimeException | Error e) {
      refuse(
          device.address(), new IommuException(Errno.ENODEV, device + ": its driver failed: " + e));
      throw e;
    } finally {
      if (!probed) {
        detach(device);
      }
    }
  }

  private @Nullable PciDriver driverOf(PciDevice device) {
    String name = chosen.get(device.address());
    return name == null ? drivers.of(device) : drivers.named(name);
  }

  @Override
  public void leftAlone(PciDevice device, String why) {
    seen.add(device.address());
    refuse(device.address(), new IommuException(Errno.ENOSPC, device + ": " + why));
  }

  private void refuse(PciAddress address, IommuException why) {
    refused.put(address, why);
    judged.add(address);
    changed.wakeAll();
  }

  @Override
  public void emptied(PciAddress slot) {
    refused.remove(slot);
  }

  @Override
  public void removed(PciDevice device) {
    beginEnd(device.address());
    try {
      DrivenDevice leaving = driven.get(device.address());
      if (leaving != null) {
        let(device, leaving::removed);
      }
      detach(device);
    } finally {
      driven.remove(device.address());
      chosen.remove(device.address());
      finishEnd(device.address());
    }
  }
}
