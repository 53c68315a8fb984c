package org.smmulator.guest.mm;

import java.util.ArrayList;
import java.util.List;
import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.guest.sched.SpinLock;

/**
 * Changes of the page table over ranges of one address space, each with its flush: entries under
 * the page-table lock, then CPUs, then notifiers, then the frames. Under the mmap lock, but for
 * {@link #age}.
 */
final class RangeOperations {
  private final FrameAllocator frames;
  private final PageTable table;
  private final SpinLock pageTableLock;
  private final CpuAccesses cpus;
  private final NotifierSubscriptions notifiers;
  private final MmStory story;

  RangeOperations(
      FrameAllocator frames,
      PageTable table,
      SpinLock pageTableLock,
      CpuAccesses cpus,
      NotifierSubscriptions notifiers,
      MmStory story) {
    this.frames = frames;
    this.table = table;
    this.pageTableLock = pageTableLock;
    this.cpus = cpus;
    this.notifiers = notifiers;
    this.story = story;
  }

  /** Takes the pages out, and the tables that served nothing else in [floor, ceiling). */
  void unmap(long start, long end, long floor, long ceiling) {
    story.call(
        "munmap",
        start,
        end,
        () -> {
          MmuGather gather = gather();
          underPageTableLock(
              () -> {
                zapLocked(start, end, gather);
                table.unhook(start, end, floor, ceiling, gather);
              });
          gather.finish();
        });
  }

  /** Takes the pages out. */
  void zap(long start, long end) {
    story.call(
        "madvise",
        start,
        end,
        () -> {
          MmuGather gather = gather();
          underPageTableLock(() -> zapLocked(start, end, gather));
          gather.finish();
        });
  }

  void protect(long start, long end, Prot prot) {
    story.call(
        "mprotect",
        start,
        end,
        () -> {
          MmuGather gather = gather();
          underPageTableLock(
              () ->
                  table.forEachPage(
                      start, end, (page, slot, pte) -> protectLocked(page, slot, prot, gather)));
          gather.finish();
        });
  }

  /**
   * Puts all pages into the child's table too, both write-protected. Nobody else knows the child
   * yet: its entries need no lock. Should memory run out, what was changed is flushed all the same.
   */
  void share(PageTable child) {
    story.call("fork", 0, PageTable.VA_LIMIT, () -> shareAll(child));
  }

  private void shareAll(PageTable child) {
    MmuGather gather = gather();
    try {
      underPageTableLock(
          () ->
              table.forEachPage(
                  0,
                  PageTable.VA_LIMIT,
                  (page, slot, pte) -> shareLocked(page, slot, child, gather)));
    } finally {
      gather.finish();
    }
  }

  /** Clears access flags page by page; how many had been set. Any task, without the mmap lock. */
  int age(long start, long end) {
    int[] young = {0};
    story.call("age", start, end, () -> young[0] = clearFlushYoung(start, end));
    return young[0];
  }

  private int clearFlushYoung(long start, long end) {
    List<Long> present = new ArrayList<>();
    underPageTableLock(() -> table.forEachPage(start, end, (page, slot, pte) -> present.add(page)));
    int young = 0;
    for (long page : present) {
      if (clearFlushYoung(page)) {
        young++;
      }
    }
    return young;
  }

  private void zapLocked(long start, long end, MmuGather gather) {
    table.forEachPage(
        start, end, (page, slot, pte) -> gather.page(page, Descriptor.address(table.clear(slot))));
  }

  /** A frame with other users stays read-only until it is copied. */
  private void protectLocked(long page, long slot, Prot prot, MmuGather gather) {
    boolean exclusive = frames.references(Descriptor.address(table.load(slot))) == 1;
    long old;
    long changed;
    do {
      old = table.load(slot);
      changed = Pte.withProt(old, prot, prot.write() && exclusive);
    } while (!table.replace(slot, old, changed));
    if (changed != old && Descriptor.isValid(old)) {
      gather.changed(page);
    }
  }

  private void shareLocked(long page, long slot, PageTable child, MmuGather gather) {
    long childSlot = child.allocateSlot(page);
    long old = table.change(slot, Descriptor.AP_READ_ONLY, 0);
    if (Descriptor.isValid(old) && !Pte.isReadOnly(old)) {
      gather.changed(page);
    }
    frames.get(Descriptor.address(old));
    child.install(childSlot, old | Descriptor.AP_READ_ONLY);
  }

  private boolean clearFlushYoung(long page) {
    pageTableLock.lock();
    try {
      long slot = table.slot(page);
      if (slot == PageTable.NO_SLOT || !Descriptor.isPage(table.load(slot))) {
        return false; // unmapped meanwhile, or nobody may access it
      }
      boolean young = Pte.isYoung(table.change(slot, 0, Descriptor.AF));
      if (young) {
        cpus.flush();
      }
      return notifiers.clearFlushYoung(page, page + Descriptor.PAGE_BYTES) || young;
    } finally {
      pageTableLock.unlock();
    }
  }

  private MmuGather gather() {
    return new MmuGather(frames, cpus, notifiers, story);
  }

  private void underPageTableLock(Runnable change) {
    pageTableLock.lock();
    try {
      change.run();
    } finally {
      pageTableLock.unlock();
    }
  }
}
