package org.smmulator.device.fake;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.smmulator.bus.wire.NettyLoop;
import org.smmulator.execution.Loop;

/** The thread of a fake root complex, and how the test's thread has things done there. */
final class FakeLoop implements AutoCloseable {
  private static final long WAIT_SECONDS = 240;

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final EventLoop eventLoop = group.next();
  private final Loop wireLoop = new NettyLoop(eventLoop);
  private final Map<CompletableFuture<Void>, BooleanSupplier> awaited = new LinkedHashMap<>();

  EventLoop eventLoop() {
    return eventLoop;
  }

  Loop wireLoop() {
    return wireLoop;
  }

  /** Does something on the loop, and returns when it is done. */
  void run(Runnable step) {
    call(
        () -> {
          step.run();
          return true;
        });
  }

  <T> T call(Supplier<T> step) {
    if (wireLoop.inLoop()) {
      return step.get();
    }
    return get(CompletableFuture.supplyAsync(step, eventLoop));
  }

  /**
   * Waits for a condition, which is looked at on the loop whenever something has happened there.
   */
  void await(BooleanSupplier condition) {
    CompletableFuture<Void> met = new CompletableFuture<>();
    run(
        () -> {
          awaited.put(met, condition);
          changed();
        });
    get(met);
  }

  /** Something has happened; on the loop. */
  void changed() {
    Iterator<Map.Entry<CompletableFuture<Void>, BooleanSupplier>> each =
        awaited.entrySet().iterator();
    while (each.hasNext()) {
      Map.Entry<CompletableFuture<Void>, BooleanSupplier> entry = each.next();
      if (entry.getValue().getAsBoolean()) {
        each.remove();
        entry.getKey().complete(null);
      }
    }
  }

  static <T> T get(CompletableFuture<T> future) {
    try {
      return future.orTimeout(WAIT_SECONDS, TimeUnit.SECONDS).join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof TimeoutException) {
        throw new IllegalStateException("waited for four minutes in vain", e);
      }
      throw e;
    }
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
