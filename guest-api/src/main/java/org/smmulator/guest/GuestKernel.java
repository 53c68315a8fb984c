package org.smmulator.guest;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.iommu.smmuv3.AsidSource;
import org.smmulator.guest.iommu.smmuv3.SmmuOptions;
import org.smmulator.guest.iommu.smmuv3.SmmuPlatform;
import org.smmulator.guest.iommu.smmuv3.SmmuV3Driver;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.mm.AddressSpaces;
import org.smmulator.guest.mm.FrameAllocator;
import org.smmulator.guest.pci.DrivenDevice;
import org.smmulator.guest.pci.HotPlug;
import org.smmulator.guest.pci.MessageInterrupts;
import org.smmulator.guest.pci.PciBus;
import org.smmulator.guest.pci.dma.DmaEngine;
import org.smmulator.guest.pci.generic.DeviceFile;
import org.smmulator.guest.pci.generic.GenericDevice;
import org.smmulator.guest.pci.generic.GenericDriver;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sva.IoMmManager;

/**
 * The guest kernel: brings up the SMMU, enumerates PCI, attaches devices as they come, and starts
 * processes. It has no state of its own; everything belongs to its parts.
 */
public final class GuestKernel {
  private final Sched sched;
  private final FrameAllocator frames;
  private final AddressSpaces addressSpaces;
  private final SmmuV3Driver iommu;
  private final IoMmManager sva;
  private final DeviceTable devices;

  /**
   * Boots: returns when the SMMU translates and the functions present are driven. May sleep.
   *
   * @throws IommuException ENODEV if the SMMU is not one that the driver can drive
   */
  public static GuestKernel boot(Hardware hardware, GuestOptions options) throws IommuException {
    GuestKernel kernel = new GuestKernel(hardware, options);
    kernel.pci().scan();
    new HotPlug(kernel.sched, hardware.interrupts(), hardware.hotPlug(), kernel.pci());
    return kernel;
  }

  private GuestKernel(Hardware hardware, GuestOptions options) throws IommuException {
    sched = new Sched(hardware.execution(), hardware.recorder(), hardware.failures());
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
            smmu.withBugs(options.bugs()));
    sva =
        new IoMmManager(
            sched,
            iommu,
            options.pasidPolicy(),
            options.mmExitNanos(),
            options.mmuNotifier(),
            options.bugs());
    devices = new DeviceTable(sched, hardware, options, frames, interrupts, iommu, sva);
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
    return devices.pci();
  }

  /** Starts a process with an empty address space. */
  public GuestProcess startProcess(String name) {
    return GuestProcess.start(name, addressSpaces);
  }

  /**
   * Starts a program in a process. It may be one of several, and the process goes on after it.
   *
   * @throws IllegalStateException if the process has exited
   */
  public ProgramRun run(GuestProcess process, GuestProgram program) {
    return new ProgramRun(this, process, program, false);
  }

  /** The function at an address with its driver, or null. */
  public @Nullable DrivenDevice driven(PciAddress address) {
    return devices.driven(address);
  }

  /** The dma engine at an address, or null. */
  public @Nullable DmaEngine engine(PciAddress address) {
    return devices.driven(address) instanceof DmaEngine engine ? engine : null;
  }

  /**
   * Waits for a function to be plugged in and driven.
   *
   * @return the function with its driver, or null when the deadline passed
   * @throws IommuException if it is plugged in and cannot be driven; the message says why
   */
  public @Nullable DrivenDevice awaitDriven(PciAddress address, long deadlineNanos)
      throws IommuException {
    return devices.await(address, deadlineNanos);
  }

  /**
   * Waits for a dma engine to be plugged in and driven.
   *
   * @return the engine, or null when the deadline passed
   * @throws IommuException if what is plugged in cannot be driven, or is no dma engine; the message
   *     says why
   */
  public @Nullable DmaEngine awaitEngine(PciAddress address, long deadlineNanos)
      throws IommuException {
    DrivenDevice device = devices.await(address, deadlineNanos);
    if (device == null || device instanceof DmaEngine) {
      return (DmaEngine) device;
    }
    throw new IommuException(
        Errno.ENODEV, device.device() + " is no dma engine, or another driver has it");
  }

  /**
   * Opens a function for a process, as a program of it does. The process has it until somebody
   * closes it or the process ends.
   *
   * @throws IommuException ENODEV if it is not plugged in, the reason why its driver refused it if
   *     one did, EBUSY if a driver has it that is not for programs, or a program has it open
   */
  public DeviceFile open(GuestProcess process, PciAddress address) throws IommuException {
    DeviceFile file = open(address, process.mm());
    process.opened(file);
    return file;
  }

  private DeviceFile open(PciAddress address, AddressSpace mm) throws IommuException {
    DrivenDevice device = devices.await(address, 0);
    if (device == null) {
      throw new IommuException(Errno.ENODEV, "no function is at " + address);
    }
    if (device instanceof GenericDevice generic) {
      return generic.open(mm);
    }
    throw new IommuException(
        Errno.EBUSY,
        "%s has a driver of the kernel; driveWith(\"%s\") gives it to programs"
            .formatted(device.device(), GenericDriver.NAME));
  }

  /**
   * Gives a function to a certain driver, in place of the one that has it, until it is unplugged:
   * what {@code driver_override} and an unbind are in Linux. Whoever uses the function loses it; it
   * is reset if it can be. May sleep.
   *
   * @param driver its name, such as {@code generic} or {@code dma}
   * @throws IllegalArgumentException if no driver is called so
   * @throws IommuException ENODEV if no function is there, ETIMEDOUT if it does not answer after
   *     its reset, or what the driver refuses it with
   */
  public void driveWith(PciAddress address, String driver) throws IommuException {
    devices.driveWith(address, driver);
  }

  /** Waits until no driver holds the function at an address; false when the deadline passed. */
  public boolean awaitGone(PciAddress address, long deadlineNanos) {
    return devices.awaitGone(address, deadlineNanos);
  }

  /** Detaches a plugged-in device from its domain; every process bound to it loses it. */
  public void detachDomain(PciAddress address) {
    devices.detachDomain(address);
  }

  /**
   * Resets a function alone, and drives it anew: every process bound to it loses it. The way back
   * for a device that was fenced because it did not answer an invalidation. May sleep.
   *
   * @throws IommuException ENODEV if no function is there or it cannot be reset alone, ETIMEDOUT if
   *     it does not answer afterwards
   */
  public void resetDevice(PciAddress address) throws IommuException {
    devices.reset(address);
  }

  /** Whether a function was plugged in at an address at any time. */
  public boolean hasSeen(PciAddress address) {
    return devices.hasSeen(address);
  }

  /** Whether a function at an address was given to a driver, or to none, at any time. */
  public boolean hasJudged(PciAddress address) {
    return devices.hasJudged(address);
  }
}
