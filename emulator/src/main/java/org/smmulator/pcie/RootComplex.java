package org.smmulator.pcie;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.bus.wire.ErrorCode;
import org.smmulator.bus.wire.Hello;
import org.smmulator.bus.wire.LinkHandler;
import org.smmulator.counter.Counts;
import org.smmulator.execution.EventLog;
import org.smmulator.execution.Loop;
import org.smmulator.memory.PhysicalBus;
import org.smmulator.pcie.ledger.GrantLedger;
import org.smmulator.pcie.ledger.RevocationScope;
import org.smmulator.pcie.ledger.ViolationLog;
import org.smmulator.smmu.Smmu;

/**
 * The PCIe root complex of one machine: slots 1 to 31 of its root buses, each for one link with one
 * function, and the host bridge at 00:00.0. Links come in through {@link #newPort}; the guest comes
 * in through configuration space and the memory windows; the SMMU through {@link #atcInvalidate}
 * and {@link #pageResponse}. Everything runs on the hardware loop, links included.
 */
public final class RootComplex {
  private static final Logger LOG = LoggerFactory.getLogger(RootComplex.class);
  private static final int SMALLEST_PAGE_LOG2 = 12;
  private static final int MAX_GONE = 256;

  /** Links beside those of all devices: peers that come, say hello or are refused, and go. */
  private static final int MOST_STRANGERS = 64;

  private final Loop loop;
  private final Smmu smmu;
  private final RootComplexConfig config;
  private final GrantLedger ledger;
  private final HotplugBlock hotplug;
  private final Judge judge;
  private final UpstreamPackets packets;
  private final InterruptPins pins = new InterruptPins();
  private final LinkNews news = new LinkNews(System::nanoTime);

  /** By bus and slot. */
  private final @Nullable AttachedFunction[] functions;

  private final Set<Port> ports = new LinkedHashSet<>();
  private final ArrayDeque<DeviceCounters> gone = new ArrayDeque<>();
  private int attachedCount;
  private long linksAccepted;
  private long linksRefused;
  private long linksLost;
  private long detaches;
  private long invalidationsWithoutDevice;
  private long invalidationsSent;
  private long invalidationToLose;
  private BareStreams bareStreams = new Nobody();
  private EventLog events = EventLog.OFF;

  public RootComplex(
      Loop loop,
      Smmu smmu,
      PhysicalBus bus,
      RootComplexConfig config,
      GrantLedger ledger,
      ViolationLog violations,
      HotplugBlock hotplug) {
    this.loop = loop;
    this.smmu = smmu;
    this.config = config;
    this.ledger = ledger;
    this.hotplug = hotplug;
    this.judge = new Judge(violations);
    this.packets =
        new UpstreamPackets(
            new MemoryRequests(smmu, bus), new TranslationServices(smmu, judge), pins, judge);
    this.functions = new @Nullable AttachedFunction[config.buses() * RequesterId.SLOTS];
    hotplug.connect(this::resetBus);
  }

  // Links.

  /** The handler of a link that is being accepted. */
  public LinkHandler newPort() {
    return new Port(this, packets);
  }

  /** Whether there is room for one more link. */
  boolean connected(Port port) {
    linksAccepted++;
    ports.add(port);
    return ports.size() <= config.maxDevices() + MOST_STRANGERS;
  }

  void refused() {
    linksRefused++;
  }

  /** A line goes there for each device that comes or leaves and each peer refused, ever. */
  public void tellNews(Consumer<String> reader) {
    news.tell(reader);
  }

  LinkNews news() {
    return news;
  }

  void disconnected(Port port) {
    ports.remove(port);
  }

  /** Where a device goes, or why it goes nowhere. */
  record Slot(int requesterId, int errorCode, @Nullable String refusal) {}

  Slot slotFor(int wanted) {
    if (wanted == Hello.ASSIGN) {
      return attachedCount >= config.maxDevices() ? full() : firstFree();
    }
    String id = RequesterId.text(wanted);
    boolean exists =
        (wanted & 7) == 0
            && RequesterId.bus(wanted) < config.buses()
            && RequesterId.slot(wanted) != 0;
    if (!exists) {
      String text =
          String.format(
              "%s is no slot for a device; slots are 00:01.0 to %s",
              id, RequesterId.text(RequesterId.of(config.buses() - 1, RequesterId.SLOTS - 1)));
      return new Slot(wanted, ErrorCode.NO_SLOT, text);
    }
    if (isOutsideOfPcie(wanted)) {
      String text =
          String.format(
              "%s is StreamID 0x%x, which smmu.platformStreams puts outside of PCIe: a function"
                  + " cannot stall; use another slot, or remove it there",
              id, wanted);
      return new Slot(wanted, ErrorCode.NO_SLOT, text);
    }
    if (functions[wanted >>> 3] != null) {
      return new Slot(wanted, ErrorCode.ID_TAKEN, "another device has the ID " + id);
    }
    return attachedCount >= config.maxDevices() ? full() : new Slot(wanted, 0, null);
  }

  private Slot full() {
    String text = "all " + config.maxDevices() + " places for devices are taken";
    return new Slot(0, ErrorCode.NO_SLOT, text);
  }

  private Slot firstFree() {
    for (int index = 0; index < functions.length; index++) {
      if (index % RequesterId.SLOTS != 0
          && functions[index] == null
          && !isOutsideOfPcie(index << 3)) {
        return new Slot(index << 3, 0, null);
      }
    }
    String text = "all slots are taken, but for those of smmu.platformStreams";
    return new Slot(0, ErrorCode.NO_SLOT, text);
  }

  /** A transaction of such a stream may stall, and nobody holds one of a function back. */
  private boolean isOutsideOfPcie(int requesterId) {
    return smmu.features().platformStreams().contains(requesterId);
  }

  void attach(AttachedFunction function) {
    functions[function.requesterId() >>> 3] = function;
    attachedCount++;
  }

  /** Training is over. */
  void announce(AttachedFunction function) {
    function.announce();
    hotplug.present(function.requesterId());
  }

  /** The link of a function is gone. */
  void detached(AttachedFunction function, boolean clean) {
    functions[function.requesterId() >>> 3] = null;
    attachedCount--;
    if (clean) {
      detaches++;
    } else {
      linksLost++;
    }
    function.end(clean);
    pins.gone(function);
    gone.addLast(DeviceCounters.of(function, false));
    if (gone.size() > MAX_GONE) {
      gone.removeFirst();
    }
    if (function.isAnnounced()) {
      hotplug.gone(function.requesterId());
    }
  }

  /** Tells every device that the machine stops, and closes all links. */
  public void shutdown() {
    List.copyOf(ports).forEach(Port::shutdown);
    news.flush();
  }

  /** Takes the device of that ID out; it is gone when the loop is idle, if its link is here. */
  public void unplug(int requesterId) {
    for (Port port : List.copyOf(ports)) {
      if (port.isAt(requesterId)) {
        port.unplug();
      }
    }
  }

  // What the SMMU asks for.

  /** From now on somebody stands for streams without a device. */
  public void standFor(BareStreams streams) {
    bareStreams = streams;
  }

  /** Nobody caches or hears anything at a stream without a device. */
  private final class Nobody implements BareStreams {
    @Override
    public void atcInvalidate(
        int streamId, int substreamId, long address, int pagesLog2, boolean global) {
      smmu.atcInvalidationDone(false);
    }

    @Override
    public void pageResponse(int streamId, int substreamId, int prgIndex, int busCode) {}
  }

  /** As {@code SmmuOutputs.atcInvalidate}. */
  public void atcInvalidate(
      int streamId, int substreamId, long address, int pagesLog2, boolean global) {
    AttachedFunction function = function(streamId);
    if (function == null) {
      invalidationsWithoutDevice++;
      bareStreams.atcInvalidate(streamId, substreamId, address, pagesLog2, global);
      return;
    }
    int sizeLog2 = Math.min(SMALLEST_PAGE_LOG2 + pagesLog2, Long.SIZE);
    long within = sizeLog2 == Long.SIZE ? -1L : (1L << sizeLog2) - 1;
    RevocationScope scope =
        new RevocationScope(substreamId, global, address & ~within, address | within);
    function.invalidate(new Invalidations.Request(scope, sizeLog2, ledger.mark(), 1));
  }

  /** As {@code SmmuOutputs.pageResponse}. */
  public void pageResponse(int streamId, int substreamId, int prgIndex, int busCode) {
    AttachedFunction function = function(streamId);
    if (function == null) {
      bareStreams.pageResponse(streamId, substreamId, prgIndex, busCode);
    } else {
      function.sendPageResponse(substreamId, prgIndex, busCode);
    }
  }

  /** Sabotage: the {@code nth} Invalidate Request from now on is counted and never sent. */
  public void loseInvalidation(int nth) {
    invalidationToLose = invalidationsSent + nth;
  }

  boolean isInvalidationLost() {
    return ++invalidationsSent == invalidationToLose;
  }

  /** Power-on: no invalidation is under way; to be followed by the SMMU's own reset. */
  public void powerOn() {
    for (AttachedFunction function : functions) {
      if (function != null) {
        function.powerOn();
      }
    }
  }

  /** The lines of the functions' interrupt pins. */
  public InterruptPins pins() {
    return pins;
  }

  // What the guest asks for.

  /**
   * Resets all functions of a root bus that software may see, as a hot reset does.
   *
   * @param done called when all of them answer again, or have not done so in time
   */
  public void resetBus(int bus, Runnable done) {
    List<AttachedFunction> onBus = new ArrayList<>();
    for (AttachedFunction function : functions) {
      if (function != null
          && function.isAnnounced()
          && RequesterId.bus(function.requesterId()) == bus) {
        onBus.add(function);
      }
    }
    if (onBus.isEmpty()) {
      done.run();
      return;
    }
    AtomicInteger left = new AtomicInteger(onBus.size());
    for (AttachedFunction function : onBus) {
      function.reset(
          () -> {},
          () -> {
            if (left.decrementAndGet() == 0) {
              done.run();
            }
          });
    }
  }

  /** Reads 1, 2 or 4 aligned bytes of configuration space; all ones where nothing answers. */
  public void configRead(int requesterId, int register, int bytes, LongConsumer done) {
    if (requesterId == RequesterId.ROOT) {
      long value = Integer.toUnsignedLong(HostBridge.read(register & ~3));
      int shift = (register & 3) * 8;
      done.accept((value >>> shift) & DownstreamRequests.allOnes(bytes));
      return;
    }
    AttachedFunction function = function(requesterId);
    if (function == null || !isConfigAccess(register, bytes)) {
      done.accept(DownstreamRequests.allOnes(bytes));
    } else {
      function.requests.configRead(register, bytes, done);
    }
  }

  /** Writes 1, 2 or 4 aligned bytes of configuration space. */
  public void configWrite(int requesterId, int register, int bytes, long value, Runnable done) {
    AttachedFunction function = function(requesterId);
    if (function == null || !isConfigAccess(register, bytes)) {
      done.run();
    } else {
      function.requests.configWrite(register, bytes, value, done);
    }
  }

  private static boolean isConfigAccess(int register, int bytes) {
    return register >= 0 && register < 4096 && bytes <= 4 && register % bytes == 0;
  }

  /**
   * Reads 1, 2, 4 or 8 aligned bytes of the PCIe memory windows; all ones where nothing answers.
   */
  public void memoryRead(long pa, int bytes, LongConsumer done) {
    AttachedFunction function = claimant(pa, bytes);
    if (function == null) {
      done.accept(DownstreamRequests.allOnes(bytes));
    } else {
      function.requests.memoryRead(pa, bytes, done);
    }
  }

  /** Writes 1, 2, 4 or 8 aligned bytes to the PCIe memory windows; posted. */
  public void memoryWrite(long pa, int bytes, long value) {
    AttachedFunction function = claimant(pa, bytes);
    if (function != null) {
      function.requests.memoryWrite(pa, bytes, value);
    }
  }

  private @Nullable AttachedFunction claimant(long pa, int bytes) {
    if (!isInWindow(pa) || (pa & (bytes - 1)) != 0) {
      return null;
    }
    for (AttachedFunction function : functions) {
      if (function != null && function.isAnnounced() && function.config.claims(pa, bytes)) {
        return function;
      }
    }
    return null;
  }

  private static boolean isInWindow(long pa) {
    long low = pa - MemoryMap.PCIE_MMIO32;
    long high = pa - MemoryMap.PCIE_MMIO64;
    return (low >= 0 && low < MemoryMap.PCIE_MMIO32_BYTES)
        || (high >= 0 && high < MemoryMap.PCIE_MMIO64_BYTES);
  }

  /** Software moved a BAR or enabled memory space: the first of two claimants will answer. */
  void claimsChanged(AttachedFunction changed) {
    for (AttachedFunction other : functions) {
      if (other != null && other != changed && other.config.overlaps(changed.config)) {
        LOG.warn("BARs of {} and {} overlap; the first one answers", changed.id(), other.id());
      }
    }
  }

  /** The announced function of that ID or stream. */
  private @Nullable AttachedFunction function(int requesterId) {
    int index = requesterId >>> 3;
    if ((requesterId & 7) != 0 || index >= functions.length) {
      return null;
    }
    AttachedFunction function = functions[index];
    return function != null && function.isAnnounced() ? function : null;
  }

  // Counting.

  /** A snapshot, with all devices attached and the last ones gone. */
  public RootComplexCounters counters() {
    List<DeviceCounters> devices = new ArrayList<>();
    for (AttachedFunction function : functions) {
      if (function != null) {
        devices.add(DeviceCounters.of(function, true));
      }
    }
    devices.addAll(gone);
    return new RootComplexCounters(
        Counts.of(LinkCounter.class, this::count),
        List.copyOf(devices),
        judge.packets(),
        judge.protocolViolations());
  }

  private long count(LinkCounter row) {
    return switch (row) {
      case ACCEPTED -> linksAccepted;
      case REFUSED -> linksRefused;
      case DETACHED -> detaches;
      case LOST -> linksLost;
      case INVALIDATIONS_WITHOUT_DEVICE -> invalidationsWithoutDevice;
    };
  }

  /** What has been counted of the function of that ID; 0 without one. */
  public long counted(int requesterId, FunctionCounter counter) {
    AttachedFunction function = function(requesterId);
    return function == null ? 0 : function.counted(counter);
  }

  /** From now on what goes over the links is recorded. */
  public void recordTo(EventLog log) {
    events = log;
  }

  EventLog events() {
    return events;
  }

  Loop loop() {
    return loop;
  }

  Smmu smmu() {
    return smmu;
  }

  RootComplexConfig config() {
    return config;
  }

  GrantLedger ledger() {
    return ledger;
  }

  Judge judge() {
    return judge;
  }
}
