package org.smmulator.guest.mm;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.arch.port.FrameObserver;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.guest.sched.Guarded;
import org.smmulator.guest.sched.LockOrder;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.SpinLock;

/**
 * The guest's 4 KiB frames over one range of RAM. A frame is zeroed when it is handed out and
 * counted by its users; when the last one puts it, it is poisoned, its generation goes up, the
 * {@link FrameObserver} hears of it, and only then does it enter the quarantine, a queue that it
 * leaves when {@link Config#quarantineFrames} younger ones stand behind it or memory runs short.
 *
 * <p>Single frames come from the bottom of the range, contiguous ones from its top. All state is
 * under one spin lock, a leaf; the frames' contents are written outside it, while nobody else can
 * name the frame.
 */
public final class FrameAllocator {
  /** What a freed frame is filled with; as a descriptor it is invalid. */
  public static final byte POISON = (byte) 0xaa;

  private static final long POISON_WORD = 0xaaaa_aaaa_aaaa_aaaaL;

  private static final Logger log = LoggerFactory.getLogger(FrameAllocator.class);

  /**
   * Which RAM, and how freed frames are treated.
   *
   * @param base first physical address, a multiple of 4 KiB
   * @param bytes a multiple of 4 KiB
   * @param poison fill freed frames with {@link #POISON}, and look whether anybody wrote to them
   *     when they are handed out again
   * @param quarantineFrames how many frames freed later a freed frame waits for
   * @param reuseFrameEarly a planted bug to test the machine's checks with: a page that is unmapped
   *     gives back its frame before TLBs and notifiers hear of it, and the next allocation gets it
   */
  public record Config(
      long base, long bytes, boolean poison, int quarantineFrames, boolean reuseFrameEarly) {
    public Config {
      if (((base | bytes) & (Descriptor.PAGE_BYTES - 1)) != 0 || base < 0 || bytes <= 0) {
        throw new IllegalArgumentException(
            String.format("frames: 0x%x bytes at 0x%x are not whole 4 KiB frames", bytes, base));
      }
      if (bytes >>> Descriptor.PAGE_SHIFT > Integer.MAX_VALUE / 2) {
        throw new IllegalArgumentException(
            String.format("frames: 0x%x bytes are more than 4 TiB", bytes));
      }
      if (quarantineFrames < 0) {
        throw new IllegalArgumentException(
            "frames: a quarantine of " + quarantineFrames + " frames; it must be 0 or more");
      }
    }

    public Config(long base, long bytes, boolean poison, int quarantineFrames) {
      this(base, bytes, poison, quarantineFrames, false);
    }
  }

  private final Config config;
  private final LinearMap memory;
  private final FrameObserver observer;
  private final int frames;
  private final SpinLock lock;

  /** In use, or in quarantine. */
  @Guarded(by = "lock")
  private final BitSet busy;

  @Guarded(by = "lock")
  private final int[] references;

  @Guarded(by = "lock")
  private final int[] generations;

  @Guarded(by = "lock")
  private final ArrayDeque<Integer> quarantine = new ArrayDeque<>();

  /** Where the next search for a free frame begins. */
  @Guarded(by = "lock")
  private int cursor;

  @Guarded(by = "lock")
  private long free;

  @Guarded(by = "lock")
  private long touchedWhileFree;

  public FrameAllocator(Sched sched, PhysicalMemory memory, FrameObserver observer, Config config) {
    this.config = config;
    this.memory = new LinearMap(memory);
    this.observer = observer;
    this.frames = (int) (config.bytes >>> Descriptor.PAGE_SHIFT);
    this.lock = sched.spinLock(LockOrder.FRAMES);
    this.busy = new BitSet(frames);
    this.references = new int[frames];
    this.generations = new int[frames];
    this.free = frames;
  }

  /** The memory that the frames are in. */
  public LinearMap memory() {
    return memory;
  }

  /**
   * A zeroed frame with one reference.
   *
   * @throws OutOfMemory if none is left
   */
  public long allocate() {
    int frame = claimUnderLock(1, allocator -> allocator.findFrameLocked());
    zero(frame);
    return address(frame);
  }

  /**
   * Zeroed memory for a queue or a table, aligned to its size rounded up to a power of two.
   *
   * @throws OutOfMemory if there is no such run of free frames
   */
  public long allocateContiguous(long bytes) {
    if (bytes <= 0 || bytes > config.bytes) {
      throw new OutOfMemory(
          String.format("no 0x%x contiguous bytes in 0x%x bytes of RAM", bytes, config.bytes));
    }
    int count = framesIn(bytes);
    int first = claimUnderLock(count, allocator -> allocator.findRunLocked(count));
    for (int i = 0; i < count; i++) {
      zero(first + i);
    }
    return address(first);
  }

  /** One more user of a frame that has one. */
  public void get(long pa) {
    int frame = frame(pa);
    lock.lock();
    try {
      checkInUseLocked(frame);
      references[frame]++;
    } finally {
      lock.unlock();
    }
  }

  /** One user less; the last one frees the frame. */
  public void put(long pa) {
    int frame = frame(pa);
    boolean last;
    lock.lock();
    try {
      checkInUseLocked(frame);
      last = --references[frame] == 0;
    } finally {
      lock.unlock();
    }
    if (last) {
      release(frame);
    }
  }

  /** Frees what {@link #allocateContiguous} gave for as many bytes. */
  public void freeContiguous(long pa, long bytes) {
    for (int i = 0, count = framesIn(bytes); i < count; i++) {
      put(pa + ((long) i << Descriptor.PAGE_SHIFT));
    }
  }

  public int references(long pa) {
    return (int) readUnderLock(() -> references[frame(pa)]);
  }

  /** How often this frame was freed. */
  public int generation(long pa) {
    return (int) readUnderLock(() -> generations[frame(pa)]);
  }

  /** Frames that nobody uses, those in quarantine included. */
  public long freeFrames() {
    return readUnderLock(() -> free);
  }

  /** Freed frames whose poison was found damaged: somebody wrote through a stale translation. */
  public long touchedWhileFree() {
    return readUnderLock(() -> touchedWhileFree);
  }

  boolean reusesFrameEarly() {
    return config.reuseFrameEarly;
  }

  /** Marks {@code count} frames used from where {@code search} finds them free. */
  private int claimUnderLock(int count, ToIntFunction<FrameAllocator> search) {
    lock.lock();
    try {
      int first = search.applyAsInt(this);
      if (first < 0) {
        throw new OutOfMemory(
            "no " + count + " contiguous frames; " + free + " of " + frames + " are free");
      }
      busy.set(first, first + count);
      for (int i = 0; i < count; i++) {
        references[first + i] = 1;
      }
      free -= count;
      return first;
    } finally {
      lock.unlock();
    }
  }

  private int findFrameLocked() {
    int found = busy.nextClearBit(cursor);
    if (found >= frames) {
      found = busy.nextClearBit(0);
    }
    if (found >= frames) {
      Integer oldest = quarantine.poll();
      return oldest == null ? -1 : oldest;
    }
    cursor = found + 1;
    return found;
  }

  private int findRunLocked(int count) {
    int found = findRunOutsideQuarantineLocked(count);
    if (found < 0) {
      quarantine.forEach(this::makeAvailableLocked);
      quarantine.clear();
      found = findRunOutsideQuarantineLocked(count);
    }
    return found;
  }

  private int findRunOutsideQuarantineLocked(int count) {
    long bytes = (long) count << Descriptor.PAGE_SHIFT;
    long alignment = Long.highestOneBit(2 * bytes - 1);
    long top = config.base + config.bytes - bytes;
    for (long pa = top & -alignment; pa >= config.base; pa -= alignment) {
      int first = frame(pa);
      int taken = busy.nextSetBit(first);
      if (taken < 0 || taken >= first + count) {
        return first;
      }
    }
    return -1;
  }

  private void release(int frame) {
    long pa = address(frame);
    if (config.poison) {
      memory.fillFrame(pa, POISON);
    }
    int generation;
    lock.lock();
    try {
      generation = generations[frame]++;
    } finally {
      lock.unlock();
    }
    // Before the frame can get a new owner, and without the lock: the observer is another's code.
    observer.freed(pa, generation);
    lock.lock();
    try {
      free++;
      retireLocked(frame);
    } finally {
      lock.unlock();
    }
  }

  private void retireLocked(int frame) {
    if (config.reuseFrameEarly) {
      busy.clear(frame);
      cursor = frame;
      return;
    }
    quarantine.add(frame);
    if (quarantine.size() > config.quarantineFrames) {
      makeAvailableLocked(quarantine.remove());
    }
  }

  private void makeAvailableLocked(int frame) {
    busy.clear(frame);
    cursor = Math.min(cursor, frame);
  }

  private void zero(int frame) {
    if (config.poison && !isPoisonIntact(frame)) {
      log.error(
          "frame 0x{} was written to after it had been freed", Long.toHexString(address(frame)));
      lock.lock();
      try {
        touchedWhileFree++;
      } finally {
        lock.unlock();
      }
    }
    memory.fillFrame(address(frame), (byte) 0);
  }

  private boolean isPoisonIntact(int frame) {
    long pa = address(frame);
    if (generation(pa) == 0) {
      return true; // never freed: not poisoned
    }
    for (long offset = 0; offset < Descriptor.PAGE_BYTES; offset += Long.BYTES) {
      if (memory.load(pa + offset) != POISON_WORD) {
        return false;
      }
    }
    return true;
  }

  private void checkInUseLocked(int frame) {
    if (references[frame] <= 0) {
      throw new IllegalStateException(
          String.format("frame 0x%x is free and was used", address(frame)));
    }
  }

  private static int framesIn(long bytes) {
    return (int) ((bytes + Descriptor.PAGE_BYTES - 1) >>> Descriptor.PAGE_SHIFT);
  }

  private long address(int frame) {
    return config.base + ((long) frame << Descriptor.PAGE_SHIFT);
  }

  private int frame(long pa) {
    long offset = pa - config.base;
    if (offset < 0 || offset >= config.bytes || (offset & (Descriptor.PAGE_BYTES - 1)) != 0) {
      throw new IllegalStateException(String.format("0x%x is not a frame of this RAM", pa));
    }
    return (int) (offset >>> Descriptor.PAGE_SHIFT);
  }

  private long readUnderLock(LongSupplier read) {
    lock.lock();
    try {
      return read.getAsLong();
    } finally {
      lock.unlock();
    }
  }
}
