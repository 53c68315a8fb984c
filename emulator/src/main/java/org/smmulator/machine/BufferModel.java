package org.smmulator.machine;

import java.util.Arrays;
import org.smmulator.config.Step.Protection;

/**
 * What one process's buffer must hold, byte for byte, and what may be done with each page: the
 * other side of every comparison. A page's epoch is odd while a step changes its mapping. All
 * methods are short and lock the model.
 */
final class BufferModel {
  static final int PAGE_BYTES = 4096;

  private final byte[] content;
  private final Protection[] protection;
  private final boolean[] touched;
  private final long[] epoch;

  BufferModel(int pages) {
    content = new byte[pages * PAGE_BYTES];
    protection = new Protection[pages];
    Arrays.fill(protection, Protection.READ_WRITE);
    touched = new boolean[pages];
    epoch = new long[pages];
  }

  private BufferModel(BufferModel parent) {
    content = parent.content.clone();
    protection = parent.protection.clone();
    touched = parent.touched.clone();
    epoch = new long[parent.epoch.length];
  }

  synchronized BufferModel copy() {
    return new BufferModel(this);
  }

  int pages() {
    return protection.length;
  }

  int bytes() {
    return content.length;
  }

  /** A step begins to change the mapping of pages. */
  synchronized void beginChange(int page, int pages) {
    for (int i = page; i < page + pages; i++) {
      epoch[i] |= 1;
    }
  }

  /** The step is done: the pages have this protection, and are zero if they are fresh. */
  synchronized void endChange(int page, int pages, Protection now, boolean fresh) {
    for (int i = page; i < page + pages; i++) {
      protection[i] = now;
      if (fresh) {
        Arrays.fill(content, i * PAGE_BYTES, (i + 1) * PAGE_BYTES, (byte) 0);
        touched[i] = false;
      }
      epoch[i] = (epoch[i] | 1) + 1;
    }
  }

  /**
   * A stamp of a range's mappings: equal stamps before and after an operation mean that no step
   * changed them meanwhile; negative means that one is at it.
   */
  synchronized long stamp(long offset, long length) {
    long sum = 0;
    for (int i = firstPage(offset); i <= lastPage(offset, length); i++) {
      if ((epoch[i] & 1) != 0) {
        return -1;
      }
      sum += epoch[i];
    }
    return sum;
  }

  synchronized boolean permits(long offset, long length, boolean write) {
    for (int i = firstPage(offset); i <= lastPage(offset, length); i++) {
      if (protection[i] == Protection.NONE || (write && protection[i] == Protection.READ)) {
        return false;
      }
    }
    return true;
  }

  /** Whether something wrote or read every page of the range before; marks it from now on. */
  synchronized boolean touch(long offset, long length) {
    boolean all = true;
    for (int i = firstPage(offset); i <= lastPage(offset, length); i++) {
      all &= touched[i];
      touched[i] = true;
    }
    return all;
  }

  synchronized byte[] read(long offset, int length) {
    return Arrays.copyOfRange(content, (int) offset, (int) offset + length);
  }

  /** Replaces content unless a step changed the mapping since the stamp was taken. */
  synchronized boolean writeIfUnchanged(long offset, byte[] bytes, long stamp) {
    if (stamp < 0 || stamp(offset, bytes.length) != stamp) {
      return false;
    }
    System.arraycopy(bytes, 0, content, (int) offset, bytes.length);
    return true;
  }

  private static int firstPage(long offset) {
    return (int) (offset / PAGE_BYTES);
  }

  private static int lastPage(long offset, long length) {
    return (int) ((offset + Math.max(length, 1) - 1) / PAGE_BYTES);
  }
}
