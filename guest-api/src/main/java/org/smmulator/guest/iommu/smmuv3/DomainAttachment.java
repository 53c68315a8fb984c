package org.smmulator.guest.iommu.smmuv3;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.arch.structure.Ste;
import org.smmulator.guest.iommu.DeviceAts;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.iommu.smmuv3.Master.Ats;
import org.smmulator.guest.mm.OutOfMemory;

/**
 * Attaches devices to default domains and detaches them. The order is that of IHI 0070 3.9.1 and of
 * PCIe: the SMMU accepts ATS traffic before the device sends it and until the device has stopped;
 * PASID is enabled before ATS and disabled after it. May sleep.
 */
final class DomainAttachment {
  private static final Logger log = LoggerFactory.getLogger(DomainAttachment.class);

  /** log2 of the smallest translation unit in pages of 4 KiB. */
  private static final int STU_4K = 0;

  private static final int WRITE_BACK = 1;
  private static final int INNER_SHAREABLE = 3;

  private final SmmuPlatform platform;
  private final SmmuOptions options;
  private final SmmuCapabilities capabilities;
  private final TableMemory memory;
  private final Streams streams;
  private final PasidContexts contexts;
  private final IotlbInvalidations invalidations;
  private final CommandQueue commands;
  private final EventQueue events;

  private final PageRequestShares pageRequests;

  DomainAttachment(
      SmmuPlatform platform,
      SmmuOptions options,
      SmmuCapabilities capabilities,
      Streams streams,
      PasidContexts contexts,
      IotlbInvalidations invalidations,
      CommandQueue commands,
      EventQueue events) {
    this.platform = platform;
    this.options = options;
    this.capabilities = capabilities;
    this.memory = new TableMemory(platform.memory());
    this.streams = streams;
    this.contexts = contexts;
    this.invalidations = invalidations;
    this.commands = commands;
    this.events = events;
    this.pageRequests =
        new PageRequestShares(1 << priQueueLog2(options, capabilities), options.devices());
  }

  static int priQueueLog2(SmmuOptions options, SmmuCapabilities capabilities) {
    return Math.min(options.priQueueLog2(), capabilities.priQueueLog2());
  }

  /** Width of the PASIDs that a device can use here. */
  int pasidBits(IommuDevice device) {
    int widest =
        capabilities.twoLevelContexts()
            ? capabilities.substreamIdBits()
            : Math.min(capabilities.substreamIdBits(), ContextTable.LEAF_BITS);
    return Math.min(device.ats().pasidBits(), widest);
  }

  /** Whatever goes wrong on the way, the device is detached then as if it never was attached. */
  DefaultDomain attach(IommuDevice device) throws IommuException {
    Master master = claim(device);
    DefaultDomain domain = null;
    boolean attached = false;
    try {
      domain = createDomain(master);
      install(domain);
      enable(domain);
      if (master.ats() == Ats.FENCED) {
        throw new IommuException(
            Errno.ETIMEDOUT, device + " does not answer ATC invalidations: not attached");
      }
      attached = true;
      return domain;
    } catch (OutOfMemory none) {
      throw IommuException.of(none);
    } finally {
      if (!attached) {
        undo(master, domain);
      }
    }
  }

  private Master claim(IommuDevice device) throws IommuException {
    try {
      return streams.claim(device);
    } catch (OutOfMemory none) {
      throw IommuException.of(none);
    }
  }

  private void install(DefaultDomain domain) {
    // From here on only a detach may free the domain, and one may have to be tried again.
    domain.master().device().setDomain(domain);
    contexts.install(
        domain,
        0,
        new ContextDescriptors(memory, capabilities.outputAddressSize())
            .translating(domain.pages().root(), domain.asid()));
    streams.install(domain.master(), streamTableEntry(domain));
  }

  private void undo(Master master, @Nullable DefaultDomain domain) {
    if (domain == null) {
      streams.release(master);
    } else {
      detach(domain);
    }
  }

  private DefaultDomain createDomain(Master master) {
    int asid = platform.asids().allocate();
    DomainPageTable pages = null;
    ContextTable table = null;
    boolean created = false;
    try {
      pages = new DomainPageTable(memory, platform.frames());
      table =
          new ContextTable(platform.sched(), memory, platform.frames(), pasidBits(master.device()));
      table.descriptor(0);
      DefaultDomain domain =
          new DefaultDomain(platform.sched(), master, asid, pages, table, invalidations);
      created = true;
      return domain;
    } finally {
      if (!created) {
        free(asid, pages, table);
      }
    }
  }

  private void free(int asid, @Nullable DomainPageTable pages, @Nullable ContextTable table) {
    if (table != null) {
      table.free();
    }
    if (pages != null) {
      pages.free();
    }
    platform.asids().free(asid);
  }

  private EntryWriter streamTableEntry(DefaultDomain domain) {
    IommuDevice device = domain.master().device();
    EntryWriter entry = new EntryWriter(memory);
    domain.contexts().describe(entry);
    return entry
        .set(Ste.V, 1)
        .set(Ste.CONFIG, Ste.CONFIG_STAGE1)
        .set(Ste.S1DSS, Ste.S1DSS_SSID0)
        .set(Ste.S1CIR, WRITE_BACK)
        .set(Ste.S1COR, WRITE_BACK)
        .set(Ste.S1CSH, INNER_SHAREABLE)
        // A PCIe device must not stall, unless firmware says that it may; where the SMMU cannot
        // stall anyway, the bit is illegal.
        .set(Ste.S1STALLD, capabilities.stallsConfigurable() && !stalls(device) ? 1 : 0)
        .set(Ste.EATS, usesAts(device) ? Ste.EATS_FULL : Ste.EATS_ABORT)
        .set(Ste.SHCFG, Ste.SHCFG_INCOMING)
        .set(Ste.PPAR, usesPri(device) && pasidBits(device) > 0 ? 1 : 0);
  }

  /** Whether faults of the device stall, instead of being page requests. */
  boolean stalls(IommuDevice device) {
    return capabilities.stallsConfigurable() && device.canStall();
  }

  private boolean usesAts(IommuDevice device) {
    return capabilities.ats() && device.ats().hasAts();
  }

  private boolean usesPri(IommuDevice device) {
    return usesAts(device) && capabilities.pri() && device.ats().hasPri();
  }

  private void enable(DefaultDomain domain) {
    Master master = domain.master();
    DeviceAts config = master.device().ats();
    if (pasidBits(master.device()) > 0 && !config.isGone()) {
      config.enablePasid();
    }
    if (!usesAts(master.device())) {
      return;
    }
    // Counted before the device can fetch anything: no invalidation must pass it by.
    streams.enableAts(master);
    invalidations.atc(master, -1, AtcRange.ALL);
    if (master.ats() != Ats.ON || config.isGone()) {
      return;
    }
    config.enableAts(STU_4K);
    int wanted = Math.min(config.priCapacity(), options.pageRequestsPerDevice());
    int requests = usesPri(master.device()) ? pageRequests.take(wanted) : 0;
    if (requests > 0) {
      domain.pageRequests(requests);
      config.enablePri(requests);
    }
  }

  /** Why an attached device may send no page requests; null if it may, or stalls instead. */
  @Nullable String pageRequestRefusal(DefaultDomain domain) {
    if (stalls(domain.master().device())) {
      return null;
    }
    DeviceAts config = domain.master().device().ats();
    if (!capabilities.ats() || !capabilities.pri()) {
      return "the SMMU has no " + (capabilities.ats() ? "PRI" : "ATS");
    }
    if (!config.hasAts() || !config.hasPri()) {
      return "it has no " + (config.hasAts() ? "PRI" : "ATS");
    }
    if (domain.pageRequests() > 0) {
      return null;
    }
    return config.priCapacity() == 0
        ? "it can have none outstanding"
        : "the PRI queue holds " + pageRequests.all() + ", and other devices have all of them";
  }

  /**
   * Takes everything back. What the device's configuration space is told may fail: the SMMU lets
   * nothing through in the end. If the SMMU itself does not answer, the domain stays, memory and
   * all, and detaching may be tried again.
   */
  void detach(DefaultDomain domain) {
    Master master = domain.master();
    DeviceAts config = master.device().ats();
    if (domain.pageRequests() > 0) {
      tell(master, "PRI", config::disablePri);
    }
    if (master.ats() != Ats.OFF) {
      tell(master, "ATS", config::disableAts);
    }
    invalidations.atc(master, -1, AtcRange.ALL);
    streams.abort(master);
    endStalls(master);
    invalidations.asid(domain.asid());
    if (pasidBits(master.device()) > 0) {
      tell(master, "PASID", config::disablePasid);
    }
    pageRequests.giveBack(domain.pageRequests());
    master.device().setDomain(null);
    streams.release(master);
    free(domain.asid(), domain.pages(), domain.contexts());
  }

  /**
   * Ends what has stalled, once nothing more can, and lets its records pass: a tag may name a stall
   * of the stream's next device (IHI 0070 4.8).
   */
  private void endStalls(Master master) {
    if (stalls(master.device())) {
      commands.run(new CommandBatch().stallTerm(master.streamId()));
      events.flush();
    }
  }

  /** Disables a capability of a device that is still there. */
  private void tell(Master master, String capability, Runnable disable) {
    if (master.device().ats().isGone()) {
      return;
    }
    try {
      disable.run();
    } catch (RuntimeException | Error e) {
      platform.sched().throwIfEnding();
      log.error("{}: {} could not be disabled", master.device(), capability, e);
    }
  }
}
