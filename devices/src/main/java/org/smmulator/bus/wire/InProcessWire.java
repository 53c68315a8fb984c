package org.smmulator.bus.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.smmulator.execution.Loop;

/**
 * A bus connection without a socket: what one end's link sends is given to the other end's loop, in
 * order, and handled there as one read event. Each end may have a loop of its own or share one.
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
    End up = new End(rootComplexLoop, "device in this process");
    End down = new End(deviceLoop, "bus in this process");
    Link rootPort = new Link(Link.Role.ROOT_PORT, rootComplex, limits, up);
    Link endpoint = new Link(Link.Role.ENDPOINT, device, limits, down);
    up.attach(down, rootPort);
    down.attach(up, endpoint);
    rootComplexLoop.execute(rootPort::connected);
    deviceLoop.execute(endpoint::connected);
  }

  /** What one of the two links sends through; on that link's loop unless said otherwise. */
  private static final class End implements Wire {
    private final Loop loop;
    private final String peer;

    /** Sent and not yet taken by the other end; counted on both loops. */
    private final AtomicLong unsent = new AtomicLong();

    private @Nullable End other;
    private @Nullable Link link;

    End(Loop loop, String peer) {
      this.loop = loop;
      this.peer = peer;
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
      return PooledByteBufAllocator.DEFAULT.buffer(bytes);
    }

    @Override
    public void send(ByteBuf bytes) {
      int count = bytes.readableBytes();
      unsent.addAndGet(count);
      End receiver = joined(other);
      receiver.loop.execute(
          () -> {
            unsent.addAndGet(-count);
            receiver.deliver(bytes);
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
      End receiver = joined(other);
      receiver.loop.execute(receiver::end);
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
