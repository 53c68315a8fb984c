package org.smmulator.bus.wire;

import io.netty.channel.EventLoop;
import java.util.concurrent.TimeUnit;
import org.smmulator.execution.Loop;
import org.smmulator.execution.WallClock;

/** A Netty event loop on real time, for sockets and for what shares their thread. */
public final class NettyLoop implements Loop {
  private final EventLoop loop;
  private final WallClock clock;

  /** On a clock of its own. */
  public NettyLoop(EventLoop loop) {
    this(loop, new WallClock());
  }

  public NettyLoop(EventLoop loop, WallClock clock) {
    this.loop = loop;
    this.clock = clock;
  }

  @Override
  public long nanoTime() {
    return clock.nanoTime();
  }

  @Override
  public void execute(Runnable step) {
    loop.execute(step);
  }

  @Override
  public Timer schedule(Runnable step, long delayNanos) {
    var future = loop.schedule(step, delayNanos, TimeUnit.NANOSECONDS);
    return () -> future.cancel(false);
  }

  @Override
  public boolean inLoop() {
    return loop.inEventLoop();
  }
}
