package org.smmulator.time;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Hardware whose clock runs by itself, and here only when the test says so. */
class SteppedHardwareTest {
  private static final long HOUR = 3_600_000_000_000L;
  private static final long PATIENCE_SECONDS = 240;

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final EventLoop thread = (EventLoop) group.next();
  private final AtomicLong clock = new AtomicLong();
  private final SteppedHardware hardware = SteppedHardware.onClock(thread, clock::get);
  private final CountDownLatch fired = new CountDownLatch(1);

  @AfterEach
  void stop() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  @Test
  void aTimerThatIsSetAfterIdleTimeDoesNotFireAtOnce() throws Exception {
    hardware.run(() -> {});
    clock.set(2 * HOUR);
    hardware.run(() -> hardware.loop().schedule(fired::countDown, HOUR));
    hardware.run(() -> {});
    assertThat(fired.getCount()).isEqualTo(1);
    clock.set(3 * HOUR);
    hardware.run(() -> {});
    assertThat(fired.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aTimerOfALinkOnTheSameThreadCountsFromNowAndFiresWithoutAnotherStep() throws Exception {
    clock.set(2 * HOUR);
    onThread(() -> hardware.loop().schedule(fired::countDown, HOUR));
    hardware.run(() -> {});
    assertThat(fired.getCount()).as("two hours of idleness are no delay").isEqualTo(1);
    onThread(
        () -> {
          clock.set(3 * HOUR);
          hardware.loop().schedule(() -> {}, 0);
        });
    assertThat(fired.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  private void onThread(Runnable step) throws Exception {
    thread.submit(step).get();
  }
}
