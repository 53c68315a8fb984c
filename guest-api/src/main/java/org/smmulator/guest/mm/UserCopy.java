package org.smmulator.guest.mm;

import java.util.function.LongConsumer;
import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.execution.Execution;

/**
 * The guest's CPUs accessing a process's memory: one page at a time, each in its own short section,
 * with the tables walked in software; a fault leaves the section, is handled and tried again.
 */
final class UserCopy {
  private final AddressSpace mm;
  private final PageTable table;
  private final CpuAccesses cpus;
  private final LinearMap memory;
  private final Execution execution;

  UserCopy(AddressSpace mm, AddressSpaces kernel, PageTable table, CpuAccesses cpus) {
    this.mm = mm;
    this.table = table;
    this.cpus = cpus;
    this.memory = kernel.frames().memory();
    this.execution = kernel.sched().execution();
  }

  void copy(long va, byte[] bytes, int offset, int length, boolean write) throws SegmentationFault {
    int done = 0;
    while (done < length) {
      long at = va + done;
      int inPage = (int) (at & (Descriptor.PAGE_BYTES - 1));
      int chunk = Math.min(length - done, (int) Descriptor.PAGE_BYTES - inPage);
      while (!tryCopy(at, bytes, offset + done, chunk, write)) {
        fault(at, write ? FaultAccess.WRITE : FaultAccess.READ);
      }
      done += chunk;
    }
  }

  long load64(long va) throws SegmentationFault {
    requireAligned(va);
    long[] value = new long[1];
    while (!tryAccess(va, false, pa -> value[0] = memory.load(pa))) {
      fault(va, FaultAccess.READ);
    }
    return value[0];
  }

  void store64(long va, long value) throws SegmentationFault {
    requireAligned(va);
    while (!tryAccess(va, true, pa -> memory.store(pa, value))) {
      fault(va, FaultAccess.WRITE);
    }
  }

  private static void requireAligned(long va) {
    if (va % Long.BYTES != 0) {
      throw new IllegalArgumentException("0x%x is no multiple of 8".formatted(va));
    }
  }

  private boolean tryCopy(long va, byte[] bytes, int offset, int length, boolean write) {
    return tryAccess(
        va,
        write,
        pa -> {
          if (write) {
            memory.write(pa, bytes, offset, length);
          } else {
            memory.read(pa, bytes, offset, length);
          }
        });
  }

  /** Accesses one page; false if its descriptor does not permit that. */
  private boolean tryAccess(long va, boolean write, LongConsumer access) {
    if (va < 0 || va >= PageTable.VA_LIMIT) {
      return false;
    }
    int section = cpus.begin();
    try {
      long pte = table.walk(va);
      if (!Pte.permits(pte, write)) {
        return false;
      }
      execution.yieldPoint();
      access.accept(Descriptor.address(pte) | (va & (Descriptor.PAGE_BYTES - 1)));
      return true;
    } finally {
      cpus.end(section);
    }
  }

  private void fault(long va, FaultAccess access) throws SegmentationFault {
    FaultOutcome outcome = mm.handleFault(va, access, false);
    switch (outcome) {
      case HANDLED -> {}
      case OUT_OF_MEMORY -> throw new OutOfMemory(mm.name() + ": no frame for a page fault");
      case NO_VMA, BAD_ACCESS -> throw new SegmentationFault(mm.name(), va, access, outcome);
    }
  }
}
