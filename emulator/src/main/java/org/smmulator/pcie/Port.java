package org.smmulator.pcie;

import org.jspecify.annotations.Nullable;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.bus.wire.ControlCode;
import org.smmulator.bus.wire.DeviceCounter;
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

  /** The peer became a device, and may have left again. */
  private boolean admitted;

  Port(RootComplex root, UpstreamPackets packets) {
    this.root = root;
    this.packets = packets;
  }

  @Override
  public void connected(Link link) {
    this.link = link;
    if (!root.connected(this)) {
      link.close(ErrorCode.NO_SLOT, "too many peers are connected; try again later");
    }
  }

  @Override
  public void hello(Hello hello) {
    Link open = link();
    RootComplex.Slot slot = root.slotFor(hello.requesterId());
    if (slot.refusal() != null) {
      open.close(slot.errorCode(), slot.refusal());
      return;
    }
    admitted = true;
    AttachedFunction attached = new AttachedFunction(root, open, slot.requesterId(), hello);
    function = attached;
    root.attach(attached);
    open.sendHelloAck(HelloAck.granting(hello, slot.requesterId()));
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
      root.news().attached(attached);
      root.announce(attached);
    }

    @Override
    public void failed(String reason) {
      if (function == attached) {
        link().close(ErrorCode.MALFORMED, reason);
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
  public void control(int code) {
    AttachedFunction attached = function;
    if (code == ControlCode.DETACH && attached != null) {
      compareReports(attached);
      function = null;
      root.news().left(attached, "detached");
      root.detached(attached, true);
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
          .protocol(
              attached.id(),
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
          .protocol(
              attached.id(),
              String.format("reports %s %d; %d were received", theirs, reported, counted));
    }
  }

  private static long reported(AttachedFunction attached, DeviceCounter counter) {
    long[] reports = attached.reported();
    return reports == null ? DeviceCounter.UNKNOWN : reports[counter.slot()];
  }

  /** The machine stops. */
  void unplug() {
    link().close(ErrorCode.SHUTDOWN, "the machine is reset");
  }

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
    function = null;
    if (training != null) {
      training.end();
    }
    root.disconnected(this);
    if (attached != null) {
      if (end.cause() == LinkEnd.Cause.PEER_AT_FAULT) {
        root.judge().protocol(attached.id(), end.text());
      }
      root.news().left(attached, end.text());
      root.detached(attached, false);
    } else if (!admitted) {
      root.refused();
      root.news().refused(link().peer(), end.text());
    }
  }

  private Link link() {
    if (link == null) {
      throw new IllegalStateException("a link without a connection");
    }
    return link;
  }
}
