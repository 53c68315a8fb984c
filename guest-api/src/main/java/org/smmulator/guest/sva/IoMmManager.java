package org.smmulator.guest.sva;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.smmulator.counter.Counts;
import org.smmulator.counter.Tally;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuDriver;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.iommu.MmOperation;
import org.smmulator.guest.iommu.SvaBug;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.sched.Sched;

/**
 * Shares address spaces with devices, for device drivers: Linux's {@code iommu_sva_*} calls. Every
 * method but {@link #statistics} and {@link #find} may sleep; none may be called with a lock held
 * that an {@link MmExitHandler} takes. From inside an operation of the IOMMU's driver those that
 * wait are refused: with EDEADLK, or IllegalStateException where nothing else can be refused.
 */
public final class IoMmManager {
  private final boolean mmuNotifiers;
  private final SvaTables tables;
  private final Quarantine quarantine;
  private final IoMms ioMms;
  private final BondAttachment attachment;
  private final NotifierRelease release;
  private final Unbinding unbinding;

  /**
   * Takes over the driver's page requests.
   *
   * @param mmExitNanos how long a device driver may take to stop its device when a process dies
   * @param mmuNotifiers whether the kernel tells devices of changes to page tables; without that
   *     nothing can be bound
   */
  public IoMmManager(
      Sched sched, IommuDriver driver, PasidPolicy policy, long mmExitNanos, boolean mmuNotifiers) {
    this(sched, driver, policy, mmExitNanos, mmuNotifiers, Set.of());
  }

  /**
   * As above.
   *
   * @param bugs planted ones
   */
  public IoMmManager(
      Sched sched,
      IommuDriver driver,
      PasidPolicy policy,
      long mmExitNanos,
      boolean mmuNotifiers,
      Set<SvaBug> bugs) {
    this.mmuNotifiers = mmuNotifiers;
    tables = new SvaTables(sched, driver, policy, bugs);
    quarantine = new Quarantine(tables);
    ioMms = new IoMms(tables, quarantine);
    attachment = new BondAttachment(tables, quarantine);
    release = new NotifierRelease(tables, ioMms, attachment, quarantine, mmExitNanos);
    unbinding = new Unbinding(tables, ioMms, attachment);
    driver.setPageRequestHandler(new IoPageFaultHandler(tables));
  }

  /**
   * Lets a device take part.
   *
   * @param mmExit told when a bound process dies; without one its PASIDs are never known to be free
   *     of the device, and stay out of use until it is reset or detached
   * @throws IommuException ENODEV without a domain, EEXIST if it takes part already, EINVAL if the
   *     device has no PASIDs, none in the wanted range, or no page requests though they are wanted
   */
  public void deviceInit(IommuDevice dev, SvaOptions options, @Nullable MmExitHandler mmExit)
      throws IommuException {
    IommuDomain domain = dev.domain();
    if (domain == null) {
      throw new IommuException(Errno.ENODEV, dev + " has no domain; attach it first");
    }
    if (options.iopf()) {
      requirePageRequests(dev);
    }
    SvaOptions usable = usable(dev, options);
    tables.lock().lock();
    try {
      if (tables.devicesLocked().containsKey(dev)) {
        throw new IommuException(Errno.EEXIST, dev + ": SVA is in use; shut it down first");
      }
      FaultQueue faults = options.iopf() ? new FaultQueue(tables, dev) : null;
      tables.devicesLocked().put(dev, new SvaDevice(dev, domain, usable, mmExit, faults));
    } finally {
      tables.lock().unlock();
    }
  }

  private void requirePageRequests(IommuDevice dev) throws IommuException {
    String why =
        dev.ats().hasPri() || dev.canStall()
            ? tables.driver().pageRequestRefusal(dev)
            : "it has no PRI capability";
    if (why != null) {
      throw new IommuException(Errno.EINVAL, dev + " cannot send page requests: " + why);
    }
  }

  private SvaOptions usable(IommuDevice dev, SvaOptions options) throws IommuException {
    int possible = tables.driver().maxPasid(dev);
    int max = options.maxPasid() == 0 ? possible : Math.min(options.maxPasid(), possible);
    // CD 0 carries the accesses without PASID.
    int min = Math.max(options.minPasid(), 1);
    if (options.minPasid() < 0 || options.maxPasid() < 0 || min > max) {
      throw new IommuException(
          Errno.EINVAL,
          "%s: no PASID from %d to %d; the device has 1 to %d"
              .formatted(dev, options.minPasid(), options.maxPasid(), possible));
    }
    return new SvaOptions(options.iopf(), min, max);
  }

  /** Unbinds everything and ends what {@link #deviceInit} began, if it did. */
  public void deviceShutdown(IommuDevice dev) {
    SvaDevice device = tables.device(dev);
    if (device == null) {
      return;
    }
    assertMayWait();
    unbinding.assertNotInMmExit(device);
    if (!beginShutdown(device)) {
      return;
    }
    unbinding.unbindAll(device);
    FaultQueue faults = device.faults();
    tables.lock().lock();
    try {
      tables.devicesLocked().remove(dev);
      if (faults != null) {
        faults.discardPartialsLocked();
      }
    } finally {
      tables.lock().unlock();
    }
    if (faults != null) {
      faults.close();
    }
  }

  /**
   * What the device's driver gave {@link #deviceInit} for the death of a process; null if nothing.
   *
   * @throws IommuException EINVAL if the device takes no part
   */
  public @Nullable MmExitHandler driversMmExit(IommuDevice dev) throws IommuException {
    return require(dev).driversMmExit();
  }

  /**
   * From now on the death of a process calls something else for a device than what its driver gave
   * {@link #deviceInit}, until that is called again: for those who try what becomes of a driver
   * that fails.
   *
   * @param instead null for a driver that has no {@code mm_exit}
   * @throws IommuException EINVAL if the device takes no part
   */
  public void replaceMmExit(IommuDevice dev, @Nullable MmExitHandler instead)
      throws IommuException {
    require(dev).replaceMmExit(instead);
  }

  private boolean beginShutdown(SvaDevice device) {
    tables.lock().lock();
    try {
      boolean first = !device.isClosingLocked();
      device.closeLocked();
      return first;
    } finally {
      tables.lock().unlock();
    }
  }

  /**
   * Binds a device to an address space, or counts one more bind of it.
   *
   * @param drvdata handed to mm_exit; that of the first bind counts
   * @return the PASID, the same for every device
   * @throws IommuException EINVAL if the device takes no part, ENODEV if the IOMMU's driver lacks
   *     one of {@link MmOperation}, there are no MMU notifiers, or the device is blocked because
   *     the driver failed; ESRCH if the process is dying, ERANGE if the address space has a PASID
   *     that the device cannot use, ENOSPC when none is free, ENOMEM without memory for a notifier,
   *     EINTR if the task is killed while it registers one, EIO if the driver fails, or what the
   *     driver refuses with
   */
  public int bind(IommuDevice dev, AddressSpace mm, @Nullable Object drvdata)
      throws IommuException {
    refuseInDriver();
    SvaDevice device = require(dev);
    refuseUnsupported(device);
    if (!mm.getUserNotZero()) {
      throw new IommuException(Errno.ESRCH, mm + ": the process is gone");
    }
    try {
      IoMm ioMm = ioMms.getOrMake(device, mm, release::release);
      int pasid = ioMm.pasid();
      boolean kept = false;
      try {
        kept = attachment.attach(device, ioMm, drvdata);
      } finally {
        if (!kept) {
          ioMms.put(ioMm);
        }
      }
      tables.counters().count(SvaCounter.BINDS);
      return pasid;
    } finally {
      // If the process died meanwhile its mm_exit must not run under the caller's locks.
      mm.putUserAsync();
    }
  }

  /**
   * Takes one bind back; the last one detaches. The device has stopped using the PASID and has no
   * page request outstanding. Waits for an mm_exit under way: afterwards none runs.
   *
   * @throws IommuException EINVAL if the device takes no part, ESRCH if the PASID is not bound (any
   *     more), EDEADLK from the PASID's own mm_exit
   */
  public void unbind(IommuDevice dev, int pasid) throws IommuException {
    refuseInDriver();
    unbinding.unbind(require(dev), pasid, null);
  }

  /**
   * As {@link #unbind(IommuDevice, int)}, but ESRCH also if the PASID has come to name another
   * address space: for drivers that cannot tell whether mm_exit has been called.
   */
  public void unbind(IommuDevice dev, int pasid, AddressSpace mm) throws IommuException {
    refuseInDriver();
    unbinding.unbind(require(dev), pasid, mm);
  }

  /** Unbinds everything that the device is bound to; it has stopped. Not from its mm_exit. */
  public void unbindAll(IommuDevice dev) {
    SvaDevice device = tables.device(dev);
    if (device != null) {
      assertMayWait();
      unbinding.unbindAll(device);
    }
  }

  /**
   * The address space that a PASID names, for those who only have the PASID: Linux's {@code
   * iommu_sva_find}. From any context.
   *
   * @return the address space, with the caller as one more user, to be given back with {@link
   *     AddressSpace#putUserAsync}; null if the PASID names none or its process is dying
   */
  public @Nullable AddressSpace find(int pasid) {
    return ioMms.find(pasid);
  }

  /**
   * The device was reset, or is detached from the IOMMU: it uses no PASID of a dead process any
   * more, which ends their quarantine. Its live bonds are its driver's to unbind, before.
   */
  public void deviceGone(IommuDevice dev) {
    quarantine.deviceGone(dev);
  }

  /** Every PASID that is not free, those of address spaces first; a glance for people. */
  public List<PasidStatus> pasids() {
    List<PasidStatus> all = new ArrayList<>();
    tables.lock().lock();
    try {
      for (IoMm ioMm : tables.ioMmsByPasidLocked().values()) {
        Map<String, String> devices = new LinkedHashMap<>();
        for (Bond bond : ioMm.bondsLocked()) {
          String state = bond.stateLocked().name().toLowerCase(Locale.ROOT);
          devices.put(bond.iommuDevice().name(), state);
        }
        all.add(new PasidStatus(ioMm.pasid(), ioMm.mm(), ioMm.mm().asid(), devices, null));
      }
      all.addAll(quarantine.statusLocked());
    } finally {
      tables.lock().unlock();
    }
    return all;
  }

  /** What happened so far and what there is now, all at one moment but the counts of events. */
  public Counts<SvaCounter> statistics() {
    Tally<SvaCounter> counters = tables.counters();
    tables.lock().lock();
    try {
      PasidAllocator pasids = tables.pasidsLocked();
      int bonds = tables.bondCountLocked();
      return Counts.of(
          SvaCounter.class,
          row ->
              switch (row) {
                case BONDS -> bonds;
                case PASIDS_LIVE -> pasids.liveCount();
                case PASIDS_QUARANTINED -> pasids.quarantinedCount();
                case BOND_GRACE_PERIODS -> tables.bondReaders().gracePeriods();
                case BOND_READERS -> tables.bondReaders().readers();
                default -> counters.sum(row);
              });
    } finally {
      tables.lock().unlock();
    }
  }

  private void refuseInDriver() throws IommuException {
    if (isInDriver()) {
      throw new IommuException(
          Errno.EDEADLK, "called from inside an operation of the IOMMU's driver");
    }
  }

  private void assertMayWait() {
    if (isInDriver()) {
      throw new IllegalStateException("called from inside an operation of the IOMMU's driver");
    }
  }

  private boolean isInDriver() {
    return tables.driver().isInside(tables.sched().current());
  }

  private void refuseUnsupported(SvaDevice device) throws IommuException {
    if (!mmuNotifiers) {
      throw new IommuException(
          Errno.ENODEV, device + ": SVA needs MMU notifiers, which this kernel does not have");
    }
    Set<MmOperation> missing = tables.driver().missing();
    if (!missing.isEmpty()) {
      throw new IommuException(
          Errno.ENODEV, "%s: the IOMMU's driver has no %s".formatted(device, missing));
    }
    if (tables.driver().isBlocked(device.domain())) {
      throw new IommuException(
          Errno.ENODEV, device + " is blocked, as the IOMMU's driver failed; attach it anew");
    }
  }

  private SvaDevice require(IommuDevice dev) throws IommuException {
    SvaDevice device = dev.domain() == null ? null : tables.device(dev);
    if (device == null) {
      throw new IommuException(Errno.EINVAL, dev + " takes no part in SVA; initialise it first");
    }
    return device;
  }
}
