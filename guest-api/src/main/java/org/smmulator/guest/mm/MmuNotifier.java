package org.smmulator.guest.mm;

/**
 * A secondary MMU that walks a process's page table: the four callbacks of Linux 4.17 that such a
 * user needs, placed as in Linux 6.6 and later (with the CPUs' TLB flush). Ranges are page-aligned,
 * the end is exclusive. Each callback runs inside the read section of the notifiers' SRCU domain.
 * One that throws has not done its part: the operation goes on, and no frame of the address space
 * is used again.
 */
public interface MmuNotifier {
  /**
   * The address space is about to be torn down; all its pages are still mapped. On return nothing
   * may use the page table any more, and no callback follows. At most once; no lock of the address
   * space is held; may sleep.
   */
  void release(AddressSpace mm);

  /**
   * The access flag of these pages was cleared. Atomic: the page-table lock is held.
   *
   * @return whether the secondary MMU knows of an access; false is always legal
   */
  boolean clearFlushYoung(AddressSpace mm, long start, long end);

  /**
   * The page at {@code address} is about to get another frame: the old entry is gone from page
   * table and CPUs, the new one not yet visible. Called instead of {@link #invalidateRange}.
   * Atomic: the page-table lock is held.
   */
  void changePte(AddressSpace mm, long address);

  /**
   * The page table changed in this range, or tables that translate it are about to be freed. On
   * return no access through an old translation may happen any more; the frames are freed after it.
   * The mmap lock is held; must not sleep.
   */
  void invalidateRange(AddressSpace mm, long start, long end);
}
