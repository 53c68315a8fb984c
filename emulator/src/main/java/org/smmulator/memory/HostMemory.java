package org.smmulator.memory;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What RAM may take of the JVM's memory outside of its heap. The buffers of sockets come out of the
 * same memory, so RAM leaves some: a guest that writes more than there is must not cut off whoever
 * talks to the machine. Any thread may call.
 */
public final class HostMemory {
  /** Several lines of the guest port at their longest, and the buffers of all links. */
  private static final long LEFT_FOR_SOCKETS = 64L << 20;

  private final Runnable whenUsedUp;
  private final AtomicLong taken = new AtomicLong();
  private final AtomicBoolean told = new AtomicBoolean();
  private volatile long mostBytes;

  /**
   * @param whenUsedUp called once, by whoever first finds too little left
   */
  public HostMemory(long mostBytes, Runnable whenUsedUp) {
    this.mostBytes = mostBytes;
    this.whenUsedUp = whenUsedUp;
  }

  /** All that this JVM has but for what sockets need. */
  public static HostMemory ofJvm(Runnable whenUsedUp) {
    long most = directMemory();
    return new HostMemory(most - Math.min(LEFT_FOR_SOCKETS, most / 2), whenUsedUp);
  }

  /** {@code -XX:MaxDirectMemorySize}, which is the size of the heap unless it is given. */
  private static long directMemory() {
    HotSpotDiagnosticMXBean vm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    long given = vm == null ? 0 : Long.parseLong(vm.getVMOption("MaxDirectMemorySize").getValue());
    return given > 0 ? given : Runtime.getRuntime().maxMemory();
  }

  /** Why a write to RAM of this size aborts, and what would be right. */
  public String usedUp(long ramBytes) {
    long needed = ramBytes + LEFT_FOR_SOCKETS;
    return String.format(
        "the JVM has memory for %d MiB of RAM that is written to; start it with"
            + " SMMULATOR_JAVA_OPTS=-XX:MaxDirectMemorySize=%dm",
        mostBytes >> 20, needed >> 20);
  }

  /** Whether this much is left; if not, nobody needs to begin with it. */
  boolean has(long bytes) {
    boolean left = taken.get() + bytes <= mostBytes;
    if (!left) {
      tellOnce();
    }
    return left;
  }

  /** Zeroed memory, or null if none is left. */
  @Nullable ByteBuffer take(int bytes) {
    if (taken.addAndGet(bytes) <= mostBytes) {
      try {
        return ByteBuffer.allocateDirect(bytes);
      } catch (OutOfMemoryError e) {
        // Others have taken what was counted on. The JVM took its time to say so: not again.
        mostBytes = Math.max(0, taken.get() - bytes);
      }
    }
    giveBack(bytes);
    tellOnce();
    return null;
  }

  private void tellOnce() {
    if (!told.getAndSet(true)) {
      whenUsedUp.run();
    }
  }

  /** What was taken is not needed after all. */
  void giveBack(int bytes) {
    taken.addAndGet(-bytes);
  }
}
