package org.smmulator.guest.mm;

import java.util.ArrayDeque;
import org.smmulator.arch.vmsa.Descriptor;

/**
 * What one operation took out of a page table, until CPUs and secondary MMUs have forgotten it
 * (Linux's {@code mmu_gather}). Used by one task under the mmap lock; filled under the page-table
 * lock, finished without it.
 */
final class MmuGather {
  private static final long PAGE = Descriptor.PAGE_BYTES;

  private final FrameAllocator frames;
  private final CpuAccesses cpus;
  private final NotifierSubscriptions notifiers;
  private final MmStory story;
  private final ArrayDeque<Long> unmapped = new ArrayDeque<>();
  private long start = Long.MAX_VALUE;
  private long end;

  MmuGather(
      FrameAllocator frames, CpuAccesses cpus, NotifierSubscriptions notifiers, MmStory story) {
    this.frames = frames;
    this.cpus = cpus;
    this.notifiers = notifiers;
    this.story = story;
  }

  /** The entry for a page has changed. */
  void changed(long va) {
    start = Math.min(start, va);
    end = Math.max(end, va + PAGE);
  }

  /** The entry for a page, which translated to {@code pa}, is gone. */
  void page(long va, long pa) {
    changed(va);
    if (frames.reusesFrameEarly()) {
      frames.put(pa);
    } else {
      unmapped.add(pa);
    }
  }

  /** A table on the way to {@code va} is unhooked. */
  void table(long va, long pa) {
    changed(va & -PAGE);
    unmapped.add(pa);
  }

  /**
   * Flushes the CPUs, then tells the notifiers the range from the first to the last change, then
   * frees, unless one of those may still reach the frames.
   */
  void finish() {
    if (start < end) {
      cpus.flush();
      notifiers.invalidateRange(start, end);
    }
    if (notifiers.areFramesRetained()) {
      unmapped.clear();
    }
    int freed = unmapped.size();
    while (!unmapped.isEmpty()) {
      frames.put(unmapped.remove());
    }
    story.framesFreed(freed);
  }
}
