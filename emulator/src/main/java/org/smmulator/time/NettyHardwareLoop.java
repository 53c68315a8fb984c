package org.smmulator.time;

import io.netty.channel.EventLoop;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * The hardware on one Netty event loop, on wall-clock time: links and hardware share the thread.
 */
public final class NettyHardwareLoop implements HardwareLoop {
  private final EventLoop loop;
  private final long start = System.nanoTime();

  public NettyHardwareLoop(EventLoop loop) {
    this.loop = loop;
  }

  @Override
  public long nanoTime() {
    return System.nanoTime() - start;
  }

  @Override
  public void execute(Runnable step) {
    loop.execute(step);
  }

  @Override
  public Timer schedule(Runnable step, long delayNanos) {
    ScheduledFuture<?> timer = loop.schedule(step, delayNanos, TimeUnit.NANOSECONDS);
    return () -> timer.cancel(false);
  }

  @Override
  public boolean inLoop() {
    return loop.inEventLoop();
  }
}
