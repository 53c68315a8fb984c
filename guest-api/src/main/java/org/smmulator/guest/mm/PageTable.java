package org.smmulator.guest.mm;

import org.smmulator.arch.vmsa.Descriptor;

/**
 * One process's translation tables in guest memory (Arm ARM D8.2: 4 KiB granule, 48 bits, four
 * levels), read at any moment by the CPUs, the SMMU and whoever holds one of the two locks.
 *
 * <p>Tables are hooked in under the mmap lock and unhooked under the mmap lock and the page-table
 * lock, so either lock keeps them in place; CPUs and SMMU are kept out by a flush between unhooking
 * a table and freeing it. Entries change by compare-and-set or exchange only, under the page-table
 * lock: the SMMU may set access flags in between.
 */
final class PageTable {
  /** The exclusive end of the addresses that it translates. */
  static final long VA_LIMIT = 1L << 48;

  static final long NO_SLOT = -1;

  private static final int LEAF_LEVEL = 3;

  /** Sees a page that is present. */
  interface PageVisitor {
    /** Given the address of the page's level 3 entry, and what was read there. */
    void visit(long va, long slot, long pte);
  }

  private final FrameAllocator frames;
  private final LinearMap memory;
  private final long root;

  PageTable(FrameAllocator frames) {
    this.frames = frames;
    this.memory = frames.memory();
    this.root = frames.allocate();
  }

  long root() {
    return root;
  }

  /** The level 3 entry that translates {@code va}; empty if a table is missing. */
  long walk(long va) {
    long slot = slot(va);
    return slot == NO_SLOT ? Pte.EMPTY : memory.load(slot);
  }

  /** Where the level 3 entry for {@code va} is; {@link #NO_SLOT} if a table is missing. */
  long slot(long va) {
    long table = root;
    for (int level = 0; level < LEAF_LEVEL; level++) {
      long descriptor = memory.load(entry(table, va, level));
      if (!Descriptor.isTable(descriptor)) {
        return NO_SLOT;
      }
      table = Descriptor.address(descriptor);
    }
    return entry(table, va, LEAF_LEVEL);
  }

  /** As {@link #slot}, with missing tables added; under the mmap lock. */
  long allocateSlot(long va) {
    long table = root;
    for (int level = 0; level < LEAF_LEVEL; level++) {
      long at = entry(table, va, level);
      long descriptor = memory.load(at);
      if (!Descriptor.isTable(descriptor)) {
        descriptor = Descriptor.table(frames.allocate());
        install(at, descriptor);
      }
      table = Descriptor.address(descriptor);
    }
    return entry(table, va, LEAF_LEVEL);
  }

  /** Fills an empty entry; it needs no flush, an invalid entry is cached nowhere. */
  void install(long slot, long descriptor) {
    if (!memory.compareAndSet(slot, Pte.EMPTY, descriptor)) {
      throw new IllegalStateException(
          String.format("the page table entry at 0x%x was filled without its lock", slot));
    }
  }

  /** Empties an entry; what was there last, with all that the SMMU did to it. */
  long clear(long slot) {
    return memory.getAndSet(slot, Pte.EMPTY);
  }

  /** Sets and clears bits of an entry whatever the SMMU does to the others; the entry before. */
  long change(long slot, long set, long clear) {
    while (true) {
      long pte = memory.load(slot);
      if (memory.compareAndSet(slot, pte, (pte | set) & ~clear)) {
        return pte;
      }
    }
  }

  boolean replace(long slot, long expected, long pte) {
    return memory.compareAndSet(slot, expected, pte);
  }

  long load(long slot) {
    return memory.load(slot);
  }

  /** Visits the present pages of a range in ascending order. */
  void forEachPage(long start, long end, PageVisitor visitor) {
    visit(root, 0, start, end, visitor);
  }

  /**
   * Takes out the tables under [start, end) that translate only addresses within [floor, ceiling),
   * where nothing is mapped, and gives them to the gather.
   */
  void unhook(long start, long end, long floor, long ceiling, MmuGather gather) {
    unhook(root, 0, new Span(start, end), new Span(floor, ceiling), gather);
  }

  private record Span(long start, long end) {
    Span within(long lowest, long highest) {
      return new Span(Math.max(start, lowest), Math.min(end, highest));
    }
  }

  private void visit(long table, int level, long start, long end, PageVisitor visitor) {
    long size = 1L << Descriptor.levelShift(level);
    for (long va = start; va < end; va = (va & -size) + size) {
      long at = entry(table, va, level);
      long descriptor = memory.load(at);
      if (level == LEAF_LEVEL) {
        if (Pte.isPresent(descriptor)) {
          visitor.visit(va, at, descriptor);
        }
      } else if (Descriptor.isTable(descriptor)) {
        long spanEnd = Math.min(end, (va & -size) + size);
        visit(Descriptor.address(descriptor), level + 1, va, spanEnd, visitor);
      }
    }
  }

  private void unhook(long table, int level, Span range, Span unused, MmuGather gather) {
    long size = 1L << Descriptor.levelShift(level);
    for (long va = range.start; va < range.end; va = (va & -size) + size) {
      long at = entry(table, va, level);
      long descriptor = memory.load(at);
      if (!Descriptor.isTable(descriptor)) {
        continue;
      }
      long spanStart = va & -size;
      long spanEnd = spanStart + size;
      long below = Descriptor.address(descriptor);
      if (level + 1 < LEAF_LEVEL) {
        unhook(below, level + 1, range.within(va, spanEnd), unused, gather);
      }
      if (spanStart >= unused.start && spanEnd <= unused.end) {
        memory.getAndSet(at, Pte.EMPTY);
        gather.table(va, below);
      }
    }
  }

  private static long entry(long table, long va, int level) {
    return table + (long) Descriptor.index(va, level) * Long.BYTES;
  }
}
