package org.smmulator.machine;

import java.util.Arrays;
import java.util.BitSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.Step.Protection;
import org.smmulator.guest.sched.Mutex;
import org.smmulator.guest.sched.Sched;

/**
 * What one process's buffer must hold, byte for byte, and what may be done with each page: the
 * other side of every comparison. A page's epoch is odd while a step changes its mapping. Bytes are
 * unknown from an operation that may have written any part of them, as one that raced with a step
 * may, until somebody settles them; nothing is expected of unknown bytes. All ranges begin and end
 * at multiples of 8 bytes. All methods are short and take the lock, one of the kernel, so that the
 * deterministic scheduler comes between any two of them.
 */
final class BufferModel {
  static final int PAGE_BYTES = 4096;
  private static final int WORD_BYTES = 8;

  /**
   * A range at one moment.
   *
   * @param stamp of the range's mappings: while it stays, no step changes them; negative if one was
   *     at it
   * @param content meaningless where it is unknown
   * @param knownBytes how many bytes lie before the first unknown one
   * @param readableBytes how many bytes lie before the first page that may not be read
   * @param writable whether all of it is
   */
  @SuppressWarnings("ArrayRecordComponent") // a copy of its own; views are not compared
  record View(
      long offset,
      long stamp,
      byte[] content,
      int knownBytes,
      int readableBytes,
      boolean writable) {
    static final View NOTHING = new View(0, 0, new byte[0], 0, 0, true);

    boolean known() {
      return knownBytes == content.length;
    }

    boolean readable() {
      return readableBytes == content.length;
    }

    int length() {
      return content.length;
    }

    long end() {
      return offset + content.length;
    }
  }

  private final Sched sched;
  private final Mutex lock;
  private final byte[] content;
  private final BitSet unknownWords;
  private final Protection[] protection;
  private final boolean[] touched;
  private final long[] epoch;

  BufferModel(Sched sched, int pages) {
    this.sched = sched;
    lock = sched.mutex("buffer-model");
    content = new byte[pages * PAGE_BYTES];
    unknownWords = new BitSet();
    protection = new Protection[pages];
    Arrays.fill(protection, Protection.READ_WRITE);
    touched = new boolean[pages];
    epoch = new long[pages];
  }

  private BufferModel(BufferModel parent) {
    sched = parent.sched;
    lock = sched.mutex("buffer-model");
    content = parent.content.clone();
    unknownWords = (BitSet) parent.unknownWords.clone();
    protection = parent.protection.clone();
    touched = parent.touched.clone();
    epoch = new long[parent.epoch.length];
  }

  BufferModel copy() {
    return locked(() -> new BufferModel(this));
  }

  int pages() {
    return protection.length;
  }

  /** A step begins to change the mapping of pages. */
  void beginChange(int page, int pages) {
    locked(
        () -> {
          for (int i = page; i < page + pages; i++) {
            epoch[i] |= 1;
          }
          return null;
        });
  }

  /**
   * Nothing is mapped at the pages at this moment, or will be at one until the change ends: what is
   * mapped there next is zero, up to what is written from now on.
   */
  void unmapped(int page, int pages) {
    int from = page * PAGE_BYTES;
    int to = (page + pages) * PAGE_BYTES;
    locked(
        () -> {
          Arrays.fill(content, from, to, (byte) 0);
          Arrays.fill(touched, page, page + pages, false);
          unknownWords.clear(word(from), word(to));
          return null;
        });
  }

  /** The step is done: the pages have this protection. */
  void endChange(int page, int pages, Protection now) {
    locked(
        () -> {
          for (int i = page; i < page + pages; i++) {
            protection[i] = now;
            epoch[i] = (epoch[i] | 1) + 1;
          }
          return null;
        });
  }

  /** The step is done: what may be done with the pages is as before. */
  void endChange(int page, int pages) {
    locked(
        () -> {
          for (int i = page; i < page + pages; i++) {
            epoch[i] = (epoch[i] | 1) + 1;
          }
          return null;
        });
  }

  View view(long offset, int length) {
    return locked(() -> viewLocked(offset, length));
  }

  /** Whether no step was at the range's mappings at the view's moment or since. */
  boolean isUnchanged(View view) {
    return locked(() -> isUnchangedLocked(view));
  }

  /** Whether something wrote or read every page of the range before; marks it from now on. */
  boolean touch(long offset, int length) {
    return locked(
        () -> {
          boolean all = true;
          for (int i = firstPage(offset); i <= lastPage(offset, length); i++) {
            all &= touched[i];
            touched[i] = true;
          }
          return all;
        });
  }

  /** Somebody may have written anything into the range. */
  void forget(long offset, int length) {
    locked(
        () -> {
          unknownWords.set(word(offset), word(offset + length));
          return null;
        });
  }

  /** The range holds these bytes unless a step changed the mapping since the view; whether so. */
  boolean settle(View view, byte[] bytes) {
    return locked(
        () -> {
          boolean unchanged = isUnchangedLocked(view);
          if (unchanged) {
            System.arraycopy(bytes, 0, content, (int) view.offset, view.length());
            unknownWords.clear(word(view.offset), word(view.end()));
          }
          return unchanged;
        });
  }

  /** The first stretch of unknown bytes in a range, at most up to its page's end, or null. */
  @Nullable View firstUnknown(long offset, long end) {
    return locked(
        () -> {
          long start = nextUnknown(offset);
          if (start >= end) {
            return null;
          }
          long known = (long) unknownWords.nextClearBit(word(start)) * WORD_BYTES;
          long pageEnd = (start / PAGE_BYTES + 1) * PAGE_BYTES;
          return viewLocked(start, (int) (Math.min(Math.min(known, pageEnd), end) - start));
        });
  }

  private <T extends @Nullable Object> T locked(Supplier<T> action) {
    lock.lock();
    try {
      return action.get();
    } finally {
      lock.unlock();
    }
  }

  private View viewLocked(long offset, int length) {
    return new View(
        offset,
        stamp(offset, length),
        Arrays.copyOfRange(content, (int) offset, (int) offset + length),
        (int) Math.min(nextUnknown(offset) - offset, length),
        permittedBytes(offset, length, false),
        permittedBytes(offset, length, true) == length);
  }

  @SuppressWarnings("ReferenceEquality") // there is one NOTHING
  private boolean isUnchangedLocked(View view) {
    return view == View.NOTHING
        || (view.stamp >= 0 && stamp(view.offset, view.length()) == view.stamp);
  }

  private long nextUnknown(long offset) {
    int word = unknownWords.nextSetBit(word(offset));
    return word < 0 ? Long.MAX_VALUE : (long) word * WORD_BYTES;
  }

  private long stamp(long offset, int length) {
    long sum = 0;
    for (int i = firstPage(offset); i <= lastPage(offset, length); i++) {
      if ((epoch[i] & 1) != 0) {
        return -1;
      }
      sum += epoch[i];
    }
    return sum;
  }

  private int permittedBytes(long offset, int length, boolean write) {
    for (int i = firstPage(offset); i <= lastPage(offset, length); i++) {
      if (protection[i] == Protection.NONE || (write && protection[i] == Protection.READ)) {
        return (int) Math.max((long) i * PAGE_BYTES - offset, 0);
      }
    }
    return length;
  }

  private static int word(long offset) {
    return (int) (offset / WORD_BYTES);
  }

  private static int firstPage(long offset) {
    return (int) (offset / PAGE_BYTES);
  }

  private static int lastPage(long offset, int length) {
    return (int) ((offset + Math.max(length, 1) - 1) / PAGE_BYTES);
  }
}
