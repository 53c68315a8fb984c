package org.smmulator.pcie;

import org.jspecify.annotations.Nullable;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.bus.wire.AtcEntries;
import org.smmulator.bus.wire.ControlCode;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.bus.wire.DroppedEntries;
import org.smmulator.bus.wire.ErrorCode;
import org.smmulator.bus.wire.Hello;
import org.smmulator.bus.wire.HelloAck;
import org.smmulator.bus.wire.Link;
import org.smmulator.bus.wire.LinkEnd;
import org.smmulator.bus.wire.LinkHandler;

/**
 * The root complex's end of one link. A peer that says hello gets a slot, is trained as firmware
 * would, and only then shows to software; until its link is gone, its packets are handled in order.
 */
final class Port implements LinkHandler {
  private final RootComplex root;
  private final UpstreamPackets packets;
  private @Nullable Link link;
  private @Nullable AttachedFunction function;
  private @Nullable Training training;

  private PortState state = PortState.CONNECTED;

  Port(RootComplex root, UpstreamPackets packets) {
    this.root = root;
    this.packets = packets;
  }

  @Override
  public void connected(Link link) {
    this.link = link;
    if (!root.slots().connected(this)) {
      link.close(ErrorCode.NO_SLOT, "too many peers are connected; try again later");
    }
  }

  @Override
  public void hello(Hello hello) {
    Link open = link();
    Slots.Place place = root.slots().placeFor(hello.requesterId());
    if (place.refusal() != null) {
      open.close(place.errorCode(), place.refusal());
      return;
    }
    state = state.transition(PortState.TRAINING);
    AttachedFunction attached = new AttachedFunction(root, open, place.requesterId(), hello);
    function = attached;
    root.slots().attach(attached);
    open.sendHelloAck(HelloAck.granting(hello, place.requesterId()));
    training = new Training(attached.requests, attached.config, new Trained(attached));
    training.start(root.loop(), root.config().trainingTimeoutNanos());
  }

  boolean isAt(int requesterId) {
    return function != null && function.requesterId() == requesterId;
  }

  /** What comes after training. */
  private final class Trained implements Training.Outcome {
    private final AttachedFunction attached;

    Trained(AttachedFunction attached) {
      this.attached = attached;
    }

    @Override
    public void trained() {
      if (attached.stalled != null && attached.config.ats != 0) {
        link().close(ErrorCode.NO_SLOT, stallsAndHasAts());
        return;
      }
      state = state.transition(PortState.ATTACHED);
      root.news().attached(attached);
      root.slots().announce(attached);
    }

    private String stallsAndHasAts() {
      return attached.id()
          + " may stall (devices[].stall), and the device has ATS, whose answers never stall; attach"
          + " it with --stall, or elsewhere";
    }

    @Override
    public void failed(ProtocolRule broken, String reason) {
      if (function == attached) {
        attached.fault(broken, reason);
      }
    }

    @Override
    public void late(String reason) {
      if (function == attached) {
        link().close(ErrorCode.NOT_TRAINED, reason + "; bus.trainingTimeoutMillis allows more");
      }
    }
  }

  @Override
  public void tlp(Tlp tlp) {
    AttachedFunction attached = function;
    if (attached != null) {
      packets.handle(attached, tlp);
    }
  }

  @Override
  public void stats(long[] counters) {
    if (function != null) {
      function.report(counters);
    }
  }

  @Override
  public void dropped(DroppedEntries dropped) {
    if (function != null) {
      function.invalidations.dropped(dropped);
    }
  }

  @Override
  public void atcEntries(AtcEntries part) {
    if (function != null) {
      function.atc.told(part);
    }
  }

  @Override
  public void control(int code) {
    AttachedFunction attached = function;
    if (code == ControlCode.DETACH && attached != null) {
      state = state.transition(PortState.DETACHED);
      compareReports(attached);
      function = null;
      root.news().left(attached, "detached");
      root.slots().detach(attached, FunctionState.DETACHED);
      link().close(ErrorCode.SHUTDOWN, "detached");
    }
  }

  /** The device has counted, too: everything it sent and that was sent to it before it leaves. */
  private void compareReports(AttachedFunction attached) {
    compare(attached, DeviceCounter.TRANSLATION_REQUESTS, FunctionCounter.TRANSLATION_REQUESTS);
    compare(attached, DeviceCounter.PAGE_REQUESTS, FunctionCounter.PAGE_REQUESTS);
    long reported = reported(attached, DeviceCounter.INVALIDATION_REQUESTS);
    long sent = attached.counted(FunctionCounter.INVALIDATIONS_SENT);
    long completed = attached.counted(FunctionCounter.INVALIDATIONS_COMPLETED);
    if (reported != DeviceCounter.UNKNOWN && (reported > sent || reported < completed)) {
      root.judge()
          .broken(
              attached,
              ProtocolRule.REPORT,
              String.format(
                  "reports %d invalidation requests; %d were sent, %d completed",
                  reported, sent, completed));
    }
  }

  private void compare(AttachedFunction attached, DeviceCounter theirs, FunctionCounter ours) {
    long reported = reported(attached, theirs);
    long counted = attached.counted(ours);
    if (reported != DeviceCounter.UNKNOWN && reported != counted) {
      root.judge()
          .broken(
              attached,
              ProtocolRule.REPORT,
              String.format("reports %s %d; %d were received", theirs, reported, counted));
    }
  }

  private static long reported(AttachedFunction attached, DeviceCounter counter) {
    long[] reports = attached.reported();
    return reports == null ? DeviceCounter.UNKNOWN : reports[counter.statsSlot()];
  }

  void unplug(String why) {
    link().close(ErrorCode.SHUTDOWN, why);
  }

  /** The machine stops. */
  void shutdown() {
    link().close(ErrorCode.SHUTDOWN, "the machine stops");
  }

  /**
   * Only a device can break the rules for devices. A peer that never was one, such as a browser or
   * a port scanner, is turned away and counted, whatever it sent.
   */
  @Override
  public void closed(LinkEnd end) {
    AttachedFunction attached = function;
    PortState before = state;
    state = state.transition(PortState.CLOSED);
    function = null;
    if (training != null) {
      training.end();
    }
    root.slots().disconnected(this);
    if (attached != null) {
      ProtocolRule broken = brokenBy(attached, end);
      if (broken != null) {
        root.judge().broken(attached, broken, end.text());
      }
      root.news().left(attached, end.text());
      root.slots().detach(attached, FunctionState.LOST);
    } else if (before == PortState.CONNECTED) {
      root.slots().refused();
      root.news().refused(link().peer(), end.text());
    }
  }

  /** The rule whose breach ended the link, if it was one. */
  private static @Nullable ProtocolRule brokenBy(AttachedFunction attached, LinkEnd end) {
    return switch (end.cause()) {
      case BROKE_PROTOCOL -> attached.fault() == null ? ProtocolRule.MALFORMED : attached.fault();
      case DOES_NOT_READ -> ProtocolRule.NOT_READING;
      case LOST, CLOSED_BY_PEER, CLOSED_HERE, FAILED_HERE -> null;
    };
  }

  private Link link() {
    if (link == null) {
      throw new IllegalStateException("a link without a connection");
    }
    return link;
  }
}
