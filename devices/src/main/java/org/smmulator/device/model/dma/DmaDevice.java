package org.smmulator.device.model.dma;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.smmulator.device.DeviceContext;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.PciFunction;

/**
 * The {@code dma} model: a system peripheral that works off rings of descriptors in memory. Its
 * registers are 32 or 64 bits wide, little-endian; narrower writes are ignored, so that no register
 * is ever half written.
 */
public final class DmaDevice implements DeviceModel {
  /** Each may work for a process of its own. */
  public static final int MOST_QUEUES = 4096;

  /** What an MSI-X table holds (PCI Express Base 7.7.2.2); queues beyond share them in turn. */
  private static final int MOST_VECTORS = 2048;

  private static final int MSIX_ENTRY_BYTES = 16;
  private static final int PAGE = 4096;

  private static final int ID = 0x000;
  private static final int VERSION = 0x004;
  private static final int QUEUES = 0x008;
  private static final int MAX_RING_LOG2 = 0x00C;
  private static final int CTRL = 0x010;
  private static final int FIRST_QUEUE = 0x1000;

  private static final int ID_VALUE = 0x4144_4D53;
  private static final int VERSION_VALUE = 1;
  private static final int MAX_RING_LOG2_VALUE = 12;
  private static final int CTRL_RESET = 1;

  private static final long RESET_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long STOP_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final int queueCount;
  private final int pageRequestCapacity;
  private final long workNanos;
  private final List<DeviceQueue> queues = new ArrayList<>();
  private @Nullable DeviceContext context;

  /**
   * An engine.
   *
   * @param queueCount 1 to {@link #MOST_QUEUES}
   * @param pageRequestCapacity page requests it can have outstanding, up to 512; 0 for no PRI
   */
  public DmaDevice(int queueCount, int pageRequestCapacity) {
    this(queueCount, pageRequestCapacity, 0);
  }

  /**
   * An engine that takes its time.
   *
   * @param workNanos of each descriptor, before its first access
   */
  public DmaDevice(int queueCount, int pageRequestCapacity, long workNanos) {
    if (queueCount < 1 || queueCount > MOST_QUEUES) {
      throw new IllegalArgumentException(
          "dma with " + queueCount + " queues: 1 to " + MOST_QUEUES + " is right");
    }
    if (pageRequestCapacity < 0 || pageRequestCapacity > 512) {
      throw new IllegalArgumentException(
          "dma with " + pageRequestCapacity + " page requests: 0 to 512 is right");
    }
    this.queueCount = queueCount;
    this.pageRequestCapacity = pageRequestCapacity;
    this.workNanos = workNanos;
  }

  /** Table and pending bits are where few queues leave them, and else behind the queues. */
  @Override
  public PciFunction function() {
    int vectors = Math.min(queueCount, MOST_VECTORS);
    int table = Math.max(0x8000, pages(FIRST_QUEUE + queueCount * DeviceQueue.REGISTER_BYTES));
    int pending = Math.max(0xC000, table + pages(vectors * MSIX_ENTRY_BYTES));
    PciFunction.Builder builder =
        PciFunction.builder(0x534D, 0x0001, 0x088000)
            .revision(1)
            .memoryBar64(0, Integer.highestOneBit(pending) << 1)
            .msix(vectors, 0, table, pending)
            .ats(32)
            .pasid(20);
    return (pageRequestCapacity == 0 ? builder : builder.pageRequests(pageRequestCapacity)).build();
  }

  private static int pages(int bytes) {
    return (bytes + PAGE - 1) & -PAGE;
  }

  @Override
  public void start(DeviceContext deviceContext) {
    context = deviceContext;
    for (int queue = 0; queue < queueCount; queue++) {
      queues.add(
          new DeviceQueue(
              queue, queue % MOST_VECTORS, MAX_RING_LOG2_VALUE, workNanos, deviceContext));
    }
  }

  @Override
  public long readBar(int bar, long offset, int sizeBytes) {
    int word = (int) offset & ~3;
    long value = readWord(word) & 0xFFFF_FFFFL;
    if (sizeBytes == 8) {
      return value | (long) readWord(word + 4) << 32;
    }
    long shifted = value >>> (8 * (offset & 3));
    return shifted & ((1L << (8 * sizeBytes)) - 1);
  }

  private int readWord(int offset) {
    DeviceQueue queue = queueAt(offset);
    if (queue != null) {
      return queue.read((offset - FIRST_QUEUE) % DeviceQueue.REGISTER_BYTES);
    }
    return switch (offset) {
      case ID -> ID_VALUE;
      case VERSION -> VERSION_VALUE;
      case QUEUES -> queueCount;
      case MAX_RING_LOG2 -> MAX_RING_LOG2_VALUE;
      case CTRL -> queues.stream().anyMatch(DeviceQueue::isResetting) ? CTRL_RESET : 0;
      default -> 0;
    };
  }

  @Override
  public void writeBar(int bar, long offset, int sizeBytes, long value) {
    if (sizeBytes == 8) {
      writeWord((int) offset, (int) value);
      writeWord((int) offset + 4, (int) (value >>> 32));
    } else if (sizeBytes == 4) {
      writeWord((int) offset, (int) value);
    }
  }

  private void writeWord(int offset, int value) {
    DeviceQueue queue = queueAt(offset);
    if (queue != null) {
      queue.write((offset - FIRST_QUEUE) % DeviceQueue.REGISTER_BYTES, value);
    } else if (offset == CTRL && (value & CTRL_RESET) != 0) {
      reset();
    }
  }

  private @Nullable DeviceQueue queueAt(int offset) {
    int index = (offset - FIRST_QUEUE) / DeviceQueue.REGISTER_BYTES;
    return offset >= FIRST_QUEUE && index < queues.size() ? queues.get(index) : null;
  }

  @Override
  public void reset() {
    queues.forEach(DeviceQueue::reset);
  }

  @Override
  public void reset(Runnable over) {
    reset();
    endReset(over);
  }

  /** Over when the workers have given up what they were doing. */
  private void endReset(Runnable over) {
    DeviceContext device = context;
    if (device != null && queues.stream().anyMatch(DeviceQueue::isResetting)) {
      device.schedule(() -> endReset(over), RESET_POLL_NANOS);
    } else {
      over.run();
    }
  }

  @Override
  public void stop() {
    queues.forEach(DeviceQueue::end);
    if (context != null) {
      long deadline = context.execution().nanoTime() + STOP_NANOS;
      queues.forEach(queue -> queue.awaitEnd(deadline));
    }
  }
}
