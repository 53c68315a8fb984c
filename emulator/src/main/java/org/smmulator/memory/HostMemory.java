package org.smmulator.memory;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What RAM may take of the JVM's heap. The hardware and whoever talks to it live in the same heap,
 * so RAM leaves some: a guest that writes more than there is must not take the memory of others.
 * Any thread may call.
 */
public final class HostMemory {
  /** Several lines of the guest port at their longest, guest tasks, packets under way. */
  private static final long LEFT_FOR_OTHERS = 128L << 20;

  private static final int ARRAY_HEADER_BYTES = 16;
  private static final int ALIGNMENT_BYTES = 8;

  private final Runnable whenUsedUp;
  private final long unitBytes;
  private final AtomicLong taken = new AtomicLong();
  private final AtomicBoolean told = new AtomicBoolean();
  private volatile long mostBytes;

  /**
   * Some part of a heap.
   *
   * @param unitBytes the heap gives a large array so many bytes, or a multiple of it
   * @param whenUsedUp called once, by whoever first finds too little left
   */
  HostMemory(long mostBytes, long unitBytes, Runnable whenUsedUp) {
    this.mostBytes = mostBytes;
    this.unitBytes = unitBytes;
    this.whenUsedUp = whenUsedUp;
  }

  /** All that is asked for. */
  static HostMemory unlimited() {
    return new HostMemory(Long.MAX_VALUE, ALIGNMENT_BYTES, () -> {});
  }

  /** All of the heap but for what others need; a heap larger than the computer is not all there. */
  public static HostMemory ofJvm(Runnable whenUsedUp) {
    long heap = Math.min(Runtime.getRuntime().maxMemory(), ofComputer());
    return new HostMemory(heap - Math.min(LEFT_FOR_OTHERS, heap / 2), unitOfHeap(), whenUsedUp);
  }

  private static long ofComputer() {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    return system == null ? Long.MAX_VALUE : system.getTotalMemorySize();
  }

  /** G1 gives a large array whole regions to itself. */
  private static long unitOfHeap() {
    HotSpotDiagnosticMXBean vm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    return vm != null && Boolean.parseBoolean(vm.getVMOption("UseG1GC").getValue())
        ? Long.parseLong(vm.getVMOption("G1HeapRegionSize").getValue())
        : ALIGNMENT_BYTES;
  }

  /** Why a write to RAM of this size aborts, and what would be right. */
  public String usedUp(long ramBytes) {
    long chunks = (ramBytes + SparseMemory.CHUNK_BYTES - 1) / SparseMemory.CHUNK_BYTES;
    long ofChunk = bytesOf(SparseMemory.CHUNK_BYTES);
    long needed = chunks * ofChunk + LEFT_FOR_OTHERS;
    long roomMiB = (mostBytes / ofChunk * SparseMemory.CHUNK_BYTES) >> 20;
    return needed > ofComputer()
        ? String.format(
            "this computer has room for %d MiB of RAM that is written to; lower machine.ramMiB",
            roomMiB)
        : String.format(
            "the JVM's heap has room for %d MiB of RAM that is written to; start it with"
                + " SMMULATOR_JAVA_OPTS=-Xmx%dm",
            roomMiB, needed >> 20);
  }

  /** What an array with so many bytes of content takes of the heap. */
  long bytesOf(long content) {
    return (content + ARRAY_HEADER_BYTES + unitBytes - 1) / unitBytes * unitBytes;
  }

  /** Whether this much of the heap is left; if not, nobody needs to begin with it. */
  boolean has(long bytes) {
    boolean left = taken.get() + bytes <= mostBytes;
    if (!left) {
      tellOnce();
    }
    return left;
  }

  /** Zeroes, or null if there is no room for them. */
  long @Nullable [] take(int longs) {
    long bytes = bytesOf((long) longs * Long.BYTES);
    if (taken.addAndGet(bytes) <= mostBytes) {
      try {
        return new long[longs];
      } catch (OutOfMemoryError e) {
        // Others have taken what was counted on. The JVM took its time to say so: not again.
        mostBytes = Math.max(0, taken.get() - bytes);
      }
    }
    taken.addAndGet(-bytes);
    tellOnce();
    return null;
  }

  /** An array that was taken is not needed after all. */
  void giveBack(long[] unused) {
    taken.addAndGet(-bytesOf((long) unused.length * Long.BYTES));
  }

  private void tellOnce() {
    if (!told.getAndSet(true)) {
      whenUsedUp.run();
    }
  }
}
