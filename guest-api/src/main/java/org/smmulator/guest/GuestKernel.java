package org.smmulator.guest;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.iommu.smmuv3.AsidSource;
import org.smmulator.guest.iommu.smmuv3.SmmuOptions;
import org.smmulator.guest.iommu.smmuv3.SmmuPlatform;
import org.smmulator.guest.iommu.smmuv3.SmmuV3Driver;
import org.smmulator.guest.mm.AddressSpaces;
import org.smmulator.guest.mm.FrameAllocator;
import org.smmulator.guest.pci.HotPlug;
import org.smmulator.guest.pci.MessageInterrupts;
import org.smmulator.guest.pci.PciBus;
import org.smmulator.guest.pci.PciDevice;
import org.smmulator.guest.pci.dma.DmaEngine;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.WaitQueue;
import org.smmulator.guest.sva.IoMmManager;

/**
 * The guest kernel: brings up the SMMU, enumerates PCI, attaches devices as they come, and starts
 * processes. Its own state is the table of engines; everything else belongs to its parts.
 */
public final class GuestKernel implements PciBus.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(GuestKernel.class);

  private final Sched sched;
  private final FrameAllocator frames;
  private final AddressSpaces addressSpaces;
  private final SmmuV3Driver iommu;
  private final IoMmManager sva;
  private final PciBus pci;
  private final DmaEngine.Kernel dma;
  private final Map<PciAddress, DmaEngine> engines = new ConcurrentHashMap<>();
  private final Set<PciAddress> seen = ConcurrentHashMap.newKeySet();
  private final Set<PciAddress> judged = ConcurrentHashMap.newKeySet();

  /** Why functions that are plugged in are not driven. */
  private final Map<PciAddress, IommuException> refused = new ConcurrentHashMap<>();

  private final Set<PciAddress> ending = ConcurrentHashMap.newKeySet();
  private final WaitQueue enginesChanged;

  /**
   * Boots: returns when the SMMU translates and the functions present are driven. May sleep.
   *
   * @throws IommuException ENODEV if the SMMU is not one that the driver can drive
   */
  public static GuestKernel boot(Hardware hardware, GuestOptions options) throws IommuException {
    GuestKernel kernel = new GuestKernel(hardware, options);
    kernel.pci.scan();
    new HotPlug(kernel.sched, hardware.interrupts(), hardware.hotPlug(), kernel.pci);
    return kernel;
  }

  private GuestKernel(Hardware hardware, GuestOptions options) throws IommuException {
    sched = new Sched(hardware.execution(), hardware.recorder());
    enginesChanged = sched.waitQueue("engines");
    frames =
        new FrameAllocator(
            sched,
            hardware.memory(),
            hardware.frames(),
            new FrameAllocator.Config(
                options.ramBase(),
                options.ramBytes(),
                options.poison(),
                options.quarantineFrames(),
                options.reuseFrameEarly()));
    addressSpaces = new AddressSpaces(sched, frames);
    MessageInterrupts interrupts = new MessageInterrupts(sched, hardware.interrupts());
    SmmuOptions smmu = SmmuOptions.defaults().withDevices(options.devices());
    iommu =
        SmmuV3Driver.probe(
            new SmmuPlatform(
                sched,
                hardware.smmu(),
                hardware.memory(),
                frames,
                hardware.interrupts(),
                interrupts,
                asids(addressSpaces)),
            options.atcInvBeforeTlbi() ? smmu.withAtcInvBeforeTlbi() : smmu);
    sva =
        new IoMmManager(
            sched, iommu, options.pasidPolicy(), options.mmExitNanos(), options.mmuNotifier());
    dma = new DmaEngine.Kernel(sched, hardware.memory(), frames, interrupts, sva);
    pci =
        new PciBus(
            sched,
            hardware.ecam(),
            hardware.pciMemory(),
            options.rootBuses(),
            options.stalling(),
            this);
  }

  private static AsidSource asids(AddressSpaces addressSpaces) {
    return new AsidSource() {
      @Override
      public int allocate() {
        return addressSpaces.allocateAsid();
      }

      @Override
      public void free(int asid) {
        addressSpaces.freeAsid(asid);
      }
    };
  }

  public Sched sched() {
    return sched;
  }

  public FrameAllocator frames() {
    return frames;
  }

  public AddressSpaces addressSpaces() {
    return addressSpaces;
  }

  public IoMmManager sva() {
    return sva;
  }

  public SmmuV3Driver iommu() {
    return iommu;
  }

  public PciBus pci() {
    return pci;
  }

  /** Starts a process with an empty address space. */
  public GuestProcess startProcess(String name) {
    return GuestProcess.start(name, addressSpaces);
  }

  /** The engine at an address, or null. */
  public @Nullable DmaEngine engine(PciAddress address) {
    return engines.get(address);
  }

  /**
   * Waits for an engine to be plugged in and driven.
   *
   * @return the engine, or null when the deadline passed
   * @throws IommuException if it is plugged in and cannot be driven; the message says why
   */
  public @Nullable DmaEngine awaitEngine(PciAddress address, long deadlineNanos)
      throws IommuException {
    enginesChanged.await(
        () -> engines.containsKey(address) || refused.containsKey(address), deadlineNanos);
    DmaEngine engine = engines.get(address);
    IommuException refusal = refused.get(address);
    if (engine == null && refusal != null) {
      throw new IommuException(refusal.errno(), String.valueOf(refusal.getMessage()));
    }
    return engine;
  }

  /** Waits until no driver holds the function at an address; false when the deadline passed. */
  public boolean awaitGone(PciAddress address, long deadlineNanos) {
    return enginesChanged.await(
        () ->
            !engines.containsKey(address) && !ending.contains(address) && pci.find(address) == null,
        deadlineNanos);
  }

  /** Detaches a plugged-in device from its domain; every process bound to it loses it. */
  public void detachDomain(PciAddress address) {
    beginEnd(address);
    try {
      endUse(address);
    } finally {
      finishEnd(address);
    }
  }

  private void endUse(PciAddress address) {
    DmaEngine engine = engines.get(address);
    try {
      if (engine != null) {
        let(engine.device(), engine::detach);
        detach(engine.device());
      }
    } finally {
      engines.remove(address);
    }
  }

  /**
   * Resets a function alone, and drives it anew: every process bound to it loses it. The way back
   * for a device that was fenced because it did not answer an invalidation. May sleep.
   *
   * @throws IommuException ENODEV if no function is there or it cannot be reset alone, ETIMEDOUT if
   *     it does not answer afterwards
   */
  public void resetDevice(PciAddress address) throws IommuException {
    PciDevice device = pci.find(address);
    if (device == null || !device.hasReset()) {
      String why = device == null ? "no function is there" : "it has no function level reset";
      throw new IommuException(Errno.ENODEV, address + " cannot be reset: " + why);
    }
    beginEnd(address);
    try {
      if (!device.reset(sched)) {
        throw new IommuException(Errno.ETIMEDOUT, address + " does not answer after its reset");
      }
      endUse(address);
      added(device);
    } finally {
      finishEnd(address);
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
      enginesChanged.await(() -> !ending.contains(address), Long.MAX_VALUE);
    }
  }

  private void finishEnd(PciAddress address) {
    ending.remove(address);
    enginesChanged.wakeAll();
  }

  /** Whether a function was plugged in at an address at any time. */
  public boolean hasSeen(PciAddress address) {
    return seen.contains(address);
  }

  /** Whether a function at an address was given to a driver, or to none, at any time. */
  public boolean hasJudged(PciAddress address) {
    return judged.contains(address);
  }

  @Override
  public void added(PciDevice device) {
    seen.add(device.address());
    if (!DmaEngine.drives(device)) {
      LOG.info("no driver for {}", device);
      refuse(device.address(), new IommuException(Errno.ENODEV, "no driver for " + device));
      return;
    }
    boolean driven = false;
    try {
      IommuDomain domain = iommu.attachDefaultDomain(device.iommuDevice());
      engines.put(device.address(), DmaEngine.probe(dma, device, domain));
      judged.add(device.address());
      driven = true;
      refused.remove(device.address());
      enginesChanged.wakeAll();
    } catch (IommuException e) {
      LOG.warn("{} cannot be driven: {}", device, e.getMessage());
      refuse(device.address(), e);
    } catch (RuntimeException | Error e) {
      refuse(
          device.address(), new IommuException(Errno.ENODEV, device + ": its driver failed: " + e));
      throw e;
    } finally {
      if (!driven) {
        detach(device);
      }
    }
  }

  @Override
  public void leftAlone(PciDevice device, String why) {
    seen.add(device.address());
    refuse(device.address(), new IommuException(Errno.ENOSPC, device + ": " + why));
  }

  private void refuse(PciAddress address, IommuException why) {
    refused.put(address, why);
    judged.add(address);
    enginesChanged.wakeAll();
  }

  @Override
  public void emptied(PciAddress slot) {
    refused.remove(slot);
  }

  @Override
  public void removed(PciDevice device) {
    beginEnd(device.address());
    try {
      DmaEngine engine = engines.get(device.address());
      if (engine != null) {
        let(device, engine::removed);
      }
      detach(device);
    } finally {
      engines.remove(device.address());
      finishEnd(device.address());
    }
  }
}
