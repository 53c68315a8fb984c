package org.smmulator.guest.iommu.smmuv3;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.command.CommandField;
import org.smmulator.arch.event.EventField;
import org.smmulator.arch.event.EventType;
import org.smmulator.arch.event.PageRequestField;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.counter.Counts;
import org.smmulator.counter.Tally;
import org.smmulator.guest.iommu.BoundDevice;
import org.smmulator.guest.iommu.DetachMode;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuDriver;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.iommu.MmContext;
import org.smmulator.guest.iommu.MmOperation;
import org.smmulator.guest.iommu.PageRequestHandler;
import org.smmulator.guest.iommu.PageResponse;
import org.smmulator.guest.iommu.smmuv3.Master.Ats;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.mm.OutOfMemory;

/**
 * The driver of one SMMUv3 (IHI 0070). It owns stream table, PASID tables and queues; every device
 * gets a default domain of its own, so a PASID table is one device's.
 *
 * <p>None of its locks is held while the SMMU is waited for, except that of the stream table, which
 * only attaching takes.
 */
public final class SmmuV3Driver implements IommuDriver {
  private final SmmuRegisters registers;
  private final ContextDescriptors descriptors;
  private final CommandQueue commands;
  private final Streams streams;
  private final IotlbInvalidations invalidations;
  private final PasidContexts contexts;
  private final DomainAttachment attachment;
  private final CommandErrors errors;
  private final Tally<DriverCounter> counters = new Tally<>(DriverCounter.class);
  private final PageRequestTaker taker;
  private final EventQueue events;
  private final PriQueue pageRequests;

  /**
   * Finds out what the SMMU can do and brings it up. May sleep.
   *
   * @throws IommuException ENODEV if the driver cannot drive it, ENOMEM without memory for the
   *     tables, ETIMEDOUT if it does not answer
   */
  public static SmmuV3Driver probe(SmmuPlatform platform, SmmuOptions options)
      throws IommuException {
    SmmuRegisters registers = new SmmuRegisters(platform.sched(), platform.registers());
    SmmuCapabilities capabilities = SmmuCapabilities.read(registers);
    try {
      return new SmmuV3Driver(platform, options, registers, capabilities);
    } catch (OutOfMemory none) {
      throw IommuException.of(none);
    }
  }

  private SmmuV3Driver(
      SmmuPlatform platform,
      SmmuOptions options,
      SmmuRegisters registers,
      SmmuCapabilities capabilities)
      throws IommuException {
    this.registers = registers;
    TableMemory memory = new TableMemory(platform.memory());
    this.descriptors = new ContextDescriptors(memory, capabilities.outputAddressSize());
    this.commands = commandQueue(platform, options, registers, capabilities, memory);
    StreamTable table =
        new StreamTable(
            platform.sched(), memory, platform.frames(), commands, capabilities.streamIdBits());
    this.streams = new Streams(platform.sched(), memory, table, commands);
    this.invalidations = new IotlbInvalidations(commands, streams, options);
    this.contexts =
        new PasidContexts(platform.sched(), memory, commands, platform.asids().allocate());
    int eventLog2 = Math.min(options.eventQueueLog2(), capabilities.eventQueueLog2());
    OutputQueue.Place eventPlace = place(platform, eventLog2, EventField.BYTES);
    OutputQueue eventRecords =
        new OutputQueue(
            registers, memory, SmmuRegister.EVENTQ_PROD, SmmuRegister.EVENTQ_CONS, eventPlace);
    int priLog2 = DomainAttachment.priQueueLog2(options, capabilities);
    OutputQueue.Place priPlace = place(platform, priLog2, PageRequestField.BYTES);
    OutputQueue priRecords =
        new OutputQueue(
            registers, memory, SmmuRegister.PRIQ_PROD, SmmuRegister.PRIQ_CONS, priPlace);
    this.errors = new CommandErrors(platform.sched(), registers, commands, streams);
    this.taker = new PageRequestTaker(platform.sched());
    this.events =
        new EventQueue(platform.sched(), eventRecords, streams, commands, taker, counters);
    this.pageRequests =
        new PriQueue(platform.sched(), priRecords, streams, commands, taker, counters);
    this.attachment =
        new DomainAttachment(
            platform, options, capabilities, streams, contexts, invalidations, commands, events);
    InterruptSetup interrupts =
        new InterruptSetup(
            registers, capabilities, platform, errors.task(), events.task(), pageRequests.task());
    bringUp(
        new BringUp(
            registers, capabilities, table, commands, eventRecords, priRecords, interrupts));
  }

  private void bringUp(BringUp steps) throws IommuException {
    boolean up = false;
    try {
      steps.run();
      up = true;
    } finally {
      if (!up) {
        stopTasks();
      }
    }
  }

  private static CommandQueue commandQueue(
      SmmuPlatform platform,
      SmmuOptions options,
      SmmuRegisters registers,
      SmmuCapabilities capabilities,
      TableMemory memory) {
    int log2 = Math.min(options.commandQueueLog2(), capabilities.commandQueueLog2());
    return new CommandQueue(
        platform.sched(),
        registers,
        memory,
        allocate(platform, log2, CommandField.BYTES),
        log2,
        options.commandTimeoutNanos());
  }

  private static OutputQueue.Place place(SmmuPlatform platform, int log2, int entryBytes) {
    return new OutputQueue.Place(allocate(platform, log2, entryBytes), log2, entryBytes);
  }

  private static long allocate(SmmuPlatform platform, int log2, int entryBytes) {
    return platform.frames().allocateContiguous((long) entryBytes << log2);
  }

  /** Stops the SMMU and ends the driver's tasks; all devices are detached before. May sleep. */
  public void shutdown() throws IommuException {
    BringUp.disable(registers);
    stopTasks();
  }

  private void stopTasks() {
    errors.task().stop();
    events.task().stop();
    pageRequests.task().stop();
  }

  /** Names the taker of events, called by the event queue's task; replaces an earlier one. */
  public void setEventListener(Consumer<IommuEvent> listener) {
    events.listener(listener);
  }

  /** What happened so far. */
  public Counts<DriverCounter> statistics() {
    return counters.counts();
  }

  /** How many events of a type have been taken from the queue. */
  public long eventCount(EventType type) {
    return events.count(type.id());
  }

  /** Whether the device's translated traffic is refused because it failed to answer. */
  public boolean isFenced(IommuDevice dev) {
    Master master = streams.find(dev.streamId());
    return master != null
        && master.device() == dev
        && (master.ats() == Ats.FENCING || master.ats() == Ats.FENCED);
  }

  @Override
  public IommuDomain attachDefaultDomain(IommuDevice dev) throws IommuException {
    return attachment.attach(dev);
  }

  @Override
  public void detachDevice(IommuDevice dev) {
    IommuDomain domain = dev.domain();
    if (domain != null) {
      attachment.detach((DefaultDomain) domain);
    }
  }

  @Override
  public void block(IommuDomain domain) {
    Master master = ((DefaultDomain) domain).master();
    if (master.device().domain() == domain) {
      streams.block(master);
    }
  }

  @Override
  public int maxPasid(IommuDevice dev) {
    return (1 << attachment.pasidBits(dev)) - 1;
  }

  @Override
  public @Nullable String pageRequestRefusal(IommuDevice dev) {
    IommuDomain domain = dev.domain();
    return domain == null
        ? "it is not attached"
        : attachment.pageRequestRefusal((DefaultDomain) domain);
  }

  @Override
  public Set<MmOperation> mmOperations() {
    return EnumSet.allOf(MmOperation.class);
  }

  @Override
  public MmContext mmAlloc(IommuDomain domain, AddressSpace mm) throws IommuException {
    if (!(domain instanceof DefaultDomain)) {
      throw new IommuException(Errno.EINVAL, "the domain is not one of this driver");
    }
    return new SvaContext(mm);
  }

  @Override
  public void mmFree(MmContext context) {
    ((SvaContext) context).free();
  }

  @Override
  public void mmAttach(
      IommuDomain domain, IommuDevice dev, int pasid, MmContext context, boolean attachDomain)
      throws IommuException {
    ((SvaContext) context).assertLive();
    DefaultDomain target = domainOf(domain, dev);
    if (pasid < 1 || !target.contexts().covers(pasid)) {
      throw new IommuException(
          Errno.ERANGE,
          "PASID %d is not one of 1 to %d of %s".formatted(pasid, maxPasid(dev), dev));
    }
    if (!attachDomain) {
      return;
    }
    try {
      contexts.install(
          target,
          pasid,
          descriptors.shared(context.mm().pageTableRoot(), context.asid(), attachment.stalls(dev)));
    } catch (OutOfMemory none) {
      throw IommuException.of(none);
    }
  }

  @Override
  public void mmDetach(
      IommuDomain domain, IommuDevice dev, int pasid, MmContext context, DetachMode mode) {
    ((SvaContext) context).assertLive();
    DefaultDomain target = domainOf(domain, dev);
    switch (mode) {
      case KEEP_CD -> {}
      case CLEAR -> {
        contexts.clear(target, pasid);
        invalidations.asid(context.asid());
      }
      case QUIET -> {
        contexts.quieten(target, pasid);
        invalidations.asid(context.asid());
      }
    }
    invalidations.detached(target.master(), pasid, mode);
  }

  @Override
  public void clearQuiet(IommuDomain domain, int pasid) {
    DefaultDomain target = (DefaultDomain) domain;
    if (target.master().device().domain() == target) {
      contexts.clearQuiet(target, pasid);
    }
  }

  @Override
  public void mmInvalidate(
      List<BoundDevice> devices, int pasid, MmContext context, long start, long size) {
    ((SvaContext) context).assertLive();
    List<Master> masters =
        devices.stream().map(bound -> domainOf(bound.domain(), bound.device()).master()).toList();
    invalidations.range(masters, context.asid(), pasid, start, size);
  }

  private static DefaultDomain domainOf(IommuDomain domain, IommuDevice dev) {
    DefaultDomain own = (DefaultDomain) domain;
    if (own.master().device() != dev || dev.domain() != own) {
      throw new IllegalStateException(dev + " is not attached to the domain");
    }
    return own;
  }

  @Override
  public void pageResponse(IommuDevice dev, PageResponse response) {
    if (attachment.stalls(dev)) {
      events.respond(dev.streamId(), response);
    } else {
      pageRequests.respond(dev.streamId(), response);
    }
  }

  @Override
  public void setPageRequestHandler(PageRequestHandler handler) {
    taker.handler(handler);
  }

  @Override
  public void flushPageRequests(IommuDevice dev) {
    if (attachment.stalls(dev)) {
      events.flush();
    } else {
      pageRequests.flush();
    }
  }

  @Override
  public boolean hasPageRequestsFor(IommuDevice dev, int pasid) {
    return attachment.stalls(dev)
        ? events.holds(dev.streamId(), pasid)
        : pageRequests.holds(dev.streamId(), pasid);
  }
}
