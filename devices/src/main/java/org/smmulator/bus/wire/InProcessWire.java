package org.smmulator.bus.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.smmulator.execution.Loop;

/**
 * A bus connection without a socket: what one end's link sends is given to the other end's loop, in
 * order, and handled there as one read event. Each end may have a loop of its own or share one. On
 * loops of one clock frames may take their time, and are then handled one by one.
 */
public final class InProcessWire {
  private InProcessWire() {}

  /** Joins a root complex and a device; both handlers are told on their loops. */
  public static void join(
      LinkHandler rootComplex,
      Loop rootComplexLoop,
      LinkHandler device,
      Loop deviceLoop,
      LinkLimits limits) {
    join(rootComplex, rootComplexLoop, null, device, deviceLoop, null, limits);
  }

  /**
   * As above, with frames that take their time.
   *
   * @param downstream of what the root complex sends; null if that takes none
   * @param upstream of what the device sends; null if that takes none
   */
  public static void join(
      LinkHandler rootComplex,
      Loop rootComplexLoop,
      @Nullable Transit downstream,
      LinkHandler device,
      Loop deviceLoop,
      @Nullable Transit upstream,
      LinkLimits limits) {
    End up = new End(rootComplexLoop, "device in this process", downstream);
    End down = new End(deviceLoop, "bus in this process", upstream);
    Link rootPort = new Link(Link.Role.ROOT_PORT, rootComplex, limits, up);
    Link endpoint = new Link(Link.Role.ENDPOINT, device, limits, down);
    up.attach(down, rootPort);
    down.attach(up, endpoint);
    up.loop.execute(rootPort::connected);
    down.loop.execute(endpoint::connected);
  }

  /** What one of the two links sends through; on that link's loop unless said otherwise. */
  private static final class End implements Wire {
    private final Loop loop;
    private final String peer;
    private final @Nullable Transit transit;
    private final ArrivalTimes arrivals = new ArrivalTimes();

    /** Sent and not yet taken by the other end; counted on both loops. */
    private final AtomicLong unsent = new AtomicLong();

    /** What arrived and this end's link does not want to read yet, in order. */
    private final ArrayDeque<Runnable> held = new ArrayDeque<>();

    private boolean reading = true;
    private @Nullable End other;
    private @Nullable Link link;

    End(Loop loop, String peer, @Nullable Transit transit) {
      this.loop = loop;
      this.peer = peer;
      this.transit = transit;
    }

    void attach(End otherEnd, Link ownLink) {
      other = otherEnd;
      link = ownLink;
    }

    @Override
    public Loop loop() {
      return loop;
    }

    @Override
    public String peer() {
      return peer;
    }

    @Override
    public ByteBuf allocate(int bytes) {
      return Unpooled.buffer(bytes); // what is under way when a run ends is nobody's to release
    }

    @Override
    public void send(ByteBuf bytes) {
      if (transit == null) {
        sendWhole(bytes, 0);
        return;
      }
      while (bytes.isReadable()) {
        int start = bytes.readerIndex();
        FrameClass frame = FrameClass.of(bytes, start);
        long earliest = loop.nanoTime() + transit.nanos(frame);
        int length = Frame.KIND + bytes.getInt(start + Frame.LENGTH);
        sendWhole(allocate(length).writeBytes(bytes, length), arrivals.of(frame, earliest));
      }
      bytes.release();
    }

    /** Hands over what arrives together; a time that is past is now. */
    private void sendWhole(ByteBuf bytes, long arrival) {
      int count = bytes.readableBytes();
      unsent.addAndGet(count);
      joined(other)
          .arriveAt(
              arrival,
              () -> {
                unsent.addAndGet(-count);
                joined(other).deliver(bytes);
              });
    }

    /** Takes what arrives now, or once it is wanted. */
    private void arrived(Runnable step) {
      held.add(step);
      takeHeld();
    }

    private void takeHeld() {
      while (reading && !held.isEmpty()) {
        held.remove().run();
      }
    }

    @Override
    public void reading(boolean wanted) {
      reading = wanted;
      if (wanted) {
        loop.execute(this::takeHeld);
      }
    }

    /** Something arrives at this end at a time; one that is past is now. */
    private void arriveAt(long nanos, Runnable step) {
      loop.execute(
          () -> {
            long left = nanos - loop.nanoTime();
            if (left <= 0) {
              arrived(step);
            } else {
              loop.schedule(() -> arrived(step), left);
            }
          });
    }

    private void deliver(ByteBuf bytes) {
      joined(link).receive(bytes);
      joined(link).readComplete();
    }

    @Override
    public long unsentBytes() {
      return unsent.get();
    }

    @Override
    public void finish() {
      abort();
    }

    /** What was sent is given to the other loop already, so both ends learn of the end after it. */
    @Override
    public void abort() {
      loop.execute(this::end);
      joined(other).arriveAt(arrivals.last(), joined(other)::end);
    }

    private void end() {
      joined(link).ended("the connection was closed");
    }

    private static <T> T joined(@Nullable T part) {
      if (part == null) {
        throw new IllegalStateException("the wire is not joined");
      }
      return part;
    }
  }
}
