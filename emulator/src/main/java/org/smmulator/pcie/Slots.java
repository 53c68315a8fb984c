package org.smmulator.pcie;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.tlp.RequesterId;
import org.smmulator.bus.wire.ErrorCode;
import org.smmulator.bus.wire.Hello;
import org.smmulator.smmu.feature.SmmuFeatures;

/**
 * Who is there: the links, and the functions on the root buses, each with a requester ID of its
 * own. An ID is taken from the hello on until the link is gone; software finds who has it once the
 * function is announced.
 */
final class Slots {
  private static final int MAX_GONE = 256;

  /** Links beside those of all devices: peers that come, say hello or are refused, and go. */
  private static final int MOST_STRANGERS = 64;

  private final int buses;
  private final int maxDevices;
  private final SmmuFeatures features;
  private final HotplugBlock hotplug;
  private final InterruptPins pins;

  /** By requester ID. */
  private final @Nullable AttachedFunction[] byId;

  /** In order of their IDs. */
  private final List<AttachedFunction> functions = new ArrayList<>();

  private final Set<Port> ports = new LinkedHashSet<>();
  private final List<FunctionWatcher> watchers = new ArrayList<>();
  private final ArrayDeque<DeviceCounters> gone = new ArrayDeque<>();
  private long linksAccepted;
  private long linksRefused;
  private long linksLost;
  private long detaches;

  /**
   * @param features of the SMMU: its StreamIDs outside of PCIe, and those of functions that stall
   */
  Slots(RootComplexConfig config, SmmuFeatures features, HotplugBlock hotplug, InterruptPins pins) {
    buses = config.buses();
    maxDevices = config.maxDevices();
    this.features = features;
    this.hotplug = hotplug;
    this.pins = pins;
    byId = new @Nullable AttachedFunction[RequesterId.of(buses, 0)];
  }

  // Links.

  /** Whether there is room for one more link. */
  boolean connected(Port port) {
    linksAccepted++;
    ports.add(port);
    return ports.size() <= maxDevices + MOST_STRANGERS;
  }

  void refused() {
    linksRefused++;
  }

  void disconnected(Port port) {
    ports.remove(port);
  }

  /** All links there are now. */
  List<Port> ports() {
    return List.copyOf(ports);
  }

  // Functions.

  /** Where a device goes, or why it goes nowhere. */
  record Place(int requesterId, int errorCode, @Nullable String refusal) {}

  Place placeFor(int wanted) {
    if (wanted == Hello.ASSIGN) {
      return isFull() ? full() : firstFree();
    }
    String id = RequesterId.text(wanted);
    if (!exists(wanted)) {
      String last = RequesterId.text(RequesterId.of(buses - 1, RequesterId.SLOTS - 1));
      String text = id + " is no slot for a device; slots are 00:01.0 to " + last;
      return new Place(wanted, ErrorCode.NO_SLOT, text);
    }
    if (features.platformStreams().contains(wanted)) {
      String text =
          String.format(
              "%s is StreamID 0x%x, which smmu.platformStreams puts outside of PCIe; use another"
                  + " slot, or remove it there: a function that is to stall has devices[].stall",
              id, wanted);
      return new Place(wanted, ErrorCode.NO_SLOT, text);
    }
    if (byId[wanted] != null) {
      return new Place(wanted, ErrorCode.ID_TAKEN, "another device has the ID " + id);
    }
    return isFull() ? full() : new Place(wanted, 0, null);
  }

  /** One function to a link, in place of a device's first. */
  private boolean exists(int requesterId) {
    return (requesterId & 7) == 0
        && RequesterId.bus(requesterId) < buses
        && RequesterId.slot(requesterId) != 0;
  }

  private boolean isFull() {
    return functions.size() >= maxDevices;
  }

  private Place full() {
    String text = "all " + maxDevices + " places for devices are taken";
    return new Place(0, ErrorCode.NO_SLOT, text);
  }

  private Place firstFree() {
    for (int id = 0; id < byId.length; id++) {
      if (exists(id) && byId[id] == null && !features.mayStall(id)) {
        return new Place(id, 0, null);
      }
    }
    String text = "all slots are taken, but for those whose StreamIDs may stall";
    return new Place(0, ErrorCode.NO_SLOT, text);
  }

  /** The function takes the place of its ID. */
  void attach(AttachedFunction function) {
    int id = function.requesterId();
    if (byId[id] != null) {
      throw new IllegalStateException("two functions have the ID " + function.id());
    }
    byId[id] = function;
    int index = 0;
    while (index < functions.size() && functions.get(index).requesterId() < id) {
      index++;
    }
    functions.add(index, function);
  }

  void watch(FunctionWatcher watcher) {
    watchers.add(watcher);
  }

  /** Training is over: software finds the function. */
  void announce(AttachedFunction function) {
    function.announce();
    hotplug.present(function.requesterId());
    String name = function.id() + " (" + function.name() + ")";
    watchers.forEach(watcher -> watcher.announced(function.requesterId(), name));
  }

  /**
   * The function leaves its place; its counts are kept for a while.
   *
   * @param how {@link FunctionState#DETACHED} or {@link FunctionState#LOST}
   */
  void detach(AttachedFunction function, FunctionState how) {
    boolean announced = function.isAnnounced();
    byId[function.requesterId()] = null;
    functions.remove(function);
    if (how == FunctionState.DETACHED) {
      detaches++;
    } else {
      linksLost++;
    }
    function.end(how);
    pins.gone(function);
    gone.addLast(DeviceCounters.of(function, false));
    if (gone.size() > MAX_GONE) {
      gone.removeFirst();
    }
    if (announced) {
      hotplug.gone(function.requesterId());
      watchers.forEach(watcher -> watcher.gone(function.requesterId()));
    }
  }

  /** All of them in order of their IDs, those in training too. */
  List<AttachedFunction> functions() {
    return functions;
  }

  /** The announced function of that ID or stream. */
  @Nullable AttachedFunction function(int requesterId) {
    if (requesterId < 0 || requesterId >= byId.length) {
      return null;
    }
    AttachedFunction function = byId[requesterId];
    return function != null && function.isAnnounced() ? function : null;
  }

  // Counting.

  long linksAccepted() {
    return linksAccepted;
  }

  long linksRefused() {
    return linksRefused;
  }

  long linksLost() {
    return linksLost;
  }

  long detaches() {
    return detaches;
  }

  /** Those attached, and the last ones gone. */
  List<DeviceCounters> devices() {
    List<DeviceCounters> devices = new ArrayList<>();
    for (AttachedFunction function : functions) {
      devices.add(DeviceCounters.of(function, true));
    }
    devices.addAll(gone);
    return List.copyOf(devices);
  }
}
