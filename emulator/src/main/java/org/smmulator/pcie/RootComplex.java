package org.smmulator.pcie;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.smmulator.bus.tlp.RequesterId;
import org.smmulator.bus.wire.LinkHandler;
import org.smmulator.counter.Counts;
import org.smmulator.execution.Loop;
import org.smmulator.memory.AddressMap;
import org.smmulator.memory.Response;
import org.smmulator.memory.Target;
import org.smmulator.pcie.ledger.GrantLedger;
import org.smmulator.pcie.ledger.ViolationLog;
import org.smmulator.record.Recorder;
import org.smmulator.smmu.Smmu;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.Transaction;

/**
 * The PCIe root complex of one machine, in three parts: {@link Slots}, who is there; {@link
 * Router}, where an access goes; {@link SmmuAgent}, what the SMMU has done. Links come in through
 * {@link #newPort}; the guest comes in through configuration space and the memory windows; the SMMU
 * through {@link #atcInvalidate} and {@link #pageResponse}. Everything runs on the hardware loop,
 * links included.
 */
public final class RootComplex {
  private final Loop loop;
  private final RootComplexConfig config;
  private final GrantLedger ledger;
  private final Judge judge;
  private final Slots slots;
  private final Router router;
  private final SmmuAgent agent;
  private final MemoryRequests memory;
  private final UpstreamPackets packets;
  private final SmmuFeatures features;
  private final InterruptPins pins = new InterruptPins();
  private final LinkNews news = new LinkNews(System::nanoTime);
  private final PasidLabels pasidLabels = new PasidLabels();
  private Recorder recorder = Recorder.OFF;
  private long cause;

  public RootComplex(
      Loop loop,
      Smmu smmu,
      AddressMap map,
      RootComplexConfig config,
      GrantLedger ledger,
      ViolationLog violations,
      HotplugBlock hotplug) {
    this.loop = loop;
    this.config = config;
    this.ledger = ledger;
    judge = new Judge(violations, ledger.packet());
    features = smmu.features();
    slots = new Slots(config, features, hotplug, pins);
    router = new Router(slots);
    agent = new SmmuAgent(smmu, ledger, slots);
    memory = new MemoryRequests(smmu, map);
    packets =
        new UpstreamPackets(
            memory, new TranslationServices(smmu, judge, agent.completions()), pins, judge);
    hotplug.connect(router::resetBus);
  }

  // Links.

  /** The handler of a link that is being accepted. */
  public LinkHandler newPort() {
    return new Port(this, packets);
  }

  /** A line goes there for each device that comes or leaves and each peer refused, ever. */
  public void tellNews(Consumer<String> reader) {
    news.tell(reader);
  }

  /** Tells every device that the machine stops, and closes all links. */
  public void shutdown() {
    slots.ports().forEach(Port::shutdown);
    news.flush();
  }

  /**
   * Takes the device of that ID out; it is gone when the loop is idle, if its link is here.
   *
   * @param why the device is told
   */
  public void unplug(int requesterId, String why) {
    for (Port port : slots.ports()) {
      if (port.isAt(requesterId)) {
        port.unplug(why);
      }
    }
  }

  /** From now on somebody is told which functions there are; before the first one comes. */
  public void watch(FunctionWatcher watcher) {
    slots.watch(watcher);
  }

  // What the SMMU asks for.

  /** From now on somebody stands for streams without a device. */
  public void standFor(BareStreams streams) {
    agent.standFor(streams);
  }

  /** As {@code SmmuOutputs.command}. */
  public void command(long word0, long word1) {
    agent.command(word0, word1);
  }

  /** A CPU has maintained TLBs, by no command. */
  public void tlbMaintained() {
    agent.tlbMaintained();
  }

  /** As {@code SmmuOutputs.atcInvalidate}. */
  public void atcInvalidate(
      int streamId, int substreamId, long address, int pagesLog2, boolean global) {
    agent.atcInvalidate(streamId, substreamId, address, pagesLog2, global);
  }

  /** As {@code SmmuOutputs.pageResponse}. */
  public void pageResponse(int streamId, int substreamId, int prgIndex, int busCode) {
    agent.pageResponse(streamId, substreamId, prgIndex, busCode);
  }

  /** As {@code SmmuOutputs.transactionResumed}; others than those of functions are left alone. */
  public void transactionResumed(Transaction decided) {
    AttachedFunction function = slots.function(decided.streamId());
    if (function != null && function.stalled != null) {
      memory.resumed(function, function.stalled, decided);
    }
  }

  /** What Invalidate Requests pass; what is dropped there is counted as sent. */
  public InjectionPoint invalidateRequests() {
    return agent.requests();
  }

  /** What Invalidate Completions pass. */
  public InjectionPoint invalidateCompletions() {
    return agent.completions();
  }

  /** From now on a PASID is that process's; callable from any thread. */
  public void namePasid(String process, int pasid) {
    pasidLabels.name(pasid, process);
  }

  PasidLabels pasidLabels() {
    return pasidLabels;
  }

  /** Power-on: no invalidation is under way; to be followed by the SMMU's own reset. */
  public void powerOn() {
    agent.powerOn();
  }

  /**
   * Explains what a stream's device is and may reach of one page, a line each.
   *
   * @param pasid negative without one
   */
  public List<String> explain(int streamId, int pasid, long address) {
    return StreamLines.of(slots.function(streamId), pasid, address);
  }

  /** How many translations the function of a stream may use, by PASID; -1 without one. */
  public Map<Integer, Integer> grants(int streamId) {
    AttachedFunction function = slots.function(streamId);
    return function == null ? Map.of() : function.grants.countByPasid();
  }

  /** Whether software may see a function of that ID or stream. */
  public boolean isAttached(int requesterId) {
    return slots.function(requesterId) != null;
  }

  /**
   * Asks a device what its ATC holds of the pages from one address to another, unsigned.
   *
   * @param asker told the answer, or why there is none
   */
  public void askAtc(int requesterId, long from, long to, AtcContents.Asker asker) {
    AttachedFunction function = slots.function(requesterId);
    if (function == null) {
      asker.refused("no device is attached at " + RequesterId.text(requesterId));
    } else {
      function.atc.ask(from, to, asker);
    }
  }

  /** Who asked waits no longer. */
  public void giveUpAtc(int requesterId, AtcContents.Asker asker) {
    AttachedFunction function = slots.function(requesterId);
    if (function != null) {
      function.atc.giveUp(asker);
    }
  }

  // What the guest asks for.

  /**
   * Resets all functions of a root bus that software may see, as a hot reset does.
   *
   * @param done called when all of them answer again, or have not done so in time
   */
  public void resetBus(int bus, Runnable done) {
    router.resetBus(bus, done);
  }

  /**
   * Resets one function, as a reset of its bus does.
   *
   * @param done called when it answers again, or has not done so in time; at once without one
   */
  public void resetFunction(int requesterId, Runnable done) {
    router.resetFunction(requesterId, done);
  }

  /** Bytes of a BAR; 0 without one. */
  public long barBytes(int requesterId, int bar) {
    AttachedFunction function = slots.function(requesterId);
    return function == null ? 0 : function.config.barBytes(bar);
  }

  /** As {@link #memoryRead}, of one function's BAR wherever it is. */
  public void barRead(int requesterId, int bar, long offset, int bytes, Target.Answer answer) {
    router.barRead(requesterId, bar, offset, bytes, answer);
  }

  /** As {@link #memoryWrite}, to one function's BAR wherever it is. */
  public Response barWrite(int requesterId, int bar, long offset, int bytes, long value) {
    return router.barWrite(requesterId, bar, offset, bytes, value);
  }

  /** Reads 1, 2 or 4 aligned bytes of configuration space; all ones where nothing answers. */
  public void configRead(int requesterId, int register, int bytes, LongConsumer done) {
    router.configRead(requesterId, register, bytes, done);
  }

  /** Writes 1, 2 or 4 aligned bytes of configuration space. */
  public void configWrite(int requesterId, int register, int bytes, long value, Runnable done) {
    router.configWrite(requesterId, register, bytes, value, done);
  }

  /** Reads 0, 1, 2, 4 or 8 aligned bytes of the PCIe memory windows; see {@link Target.Later}. */
  public void memoryRead(long pa, int bytes, Target.Answer answer) {
    router.memoryRead(pa, bytes, answer);
  }

  /** Writes 1, 2, 4 or 8 aligned bytes to the PCIe memory windows; posted. */
  public Response memoryWrite(long pa, int bytes, long value) {
    return router.memoryWrite(pa, bytes, value);
  }

  /** The lines of the functions' interrupt pins. */
  public InterruptPins pins() {
    return pins;
  }

  // Counting.

  /** A snapshot, with all devices attached and the last ones gone. */
  public RootComplexCounters counters() {
    return new RootComplexCounters(
        Counts.of(LinkCounter.class, this::count),
        judge.rulesBroken(),
        slots.devices(),
        judge.packets(),
        judge.protocolViolations());
  }

  private long count(LinkCounter row) {
    return switch (row) {
      case ACCEPTED -> slots.linksAccepted();
      case REFUSED -> slots.linksRefused();
      case DETACHED -> slots.detaches();
      case LOST -> slots.linksLost();
      case INVALIDATIONS_WITHOUT_DEVICE -> agent.invalidationsWithoutDevice();
    };
  }

  /** What has been counted of the function of that ID; 0 without one. */
  public long counted(int requesterId, FunctionCounter counter) {
    AttachedFunction function = slots.function(requesterId);
    return function == null ? 0 : function.counted(counter);
  }

  /** From now on what goes over the links is recorded. */
  public void recordTo(Recorder told) {
    recorder = told;
  }

  /** What the SMMU asks for from here on, it does because of this event. */
  public void causedBy(long event) {
    cause = event;
  }

  /** Why the SMMU does what it does now. */
  public long cause() {
    return cause;
  }

  // What its parts share.

  /** Whether faults may stall what a function sends. */
  boolean mayStall(int requesterId) {
    return features.stallingFunctions().contains(requesterId);
  }

  Slots slots() {
    return slots;
  }

  Router router() {
    return router;
  }

  SmmuAgent agent() {
    return agent;
  }

  Judge judge() {
    return judge;
  }

  LinkNews news() {
    return news;
  }

  Recorder recorder() {
    return recorder;
  }

  Loop loop() {
    return loop;
  }

  RootComplexConfig config() {
    return config;
  }

  GrantLedger ledger() {
    return ledger;
  }
}
