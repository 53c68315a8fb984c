package org.smmulator.guest.mm;

import java.util.concurrent.atomic.AtomicInteger;
import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.guest.sched.Guarded;
import org.smmulator.guest.sched.LockOrder;
import org.smmulator.guest.sched.Mutex;
import org.smmulator.guest.sched.SpinLock;
import org.smmulator.guest.sched.TaskKilled;

/**
 * A process's memory, Linux's {@code mm}: anonymous private mappings of 48-bit addresses in 4 KiB
 * pages, filled on demand, and the page table that CPUs and SMMU walk.
 *
 * <p>Life: users ({@code mm_users}) keep the memory, references ({@code mm_count}) the structure,
 * that is the root table and the ASID; all users together hold one reference. Every operation on
 * memory needs its caller to be a user. The last user's {@link #putUser} releases the notifiers and
 * then unmaps everything without telling them.
 *
 * <p>The mmap lock is that of mappings, structure of the page table and faults; the page-table lock
 * that of its entries. Every change of a live entry goes: change it, flush the CPUs, tell the
 * notifiers, free what was there.
 */
public final class AddressSpace {
  /** Nothing is mapped below: a null pointer with an offset faults. */
  private static final long LOWEST = 0x1_0000;

  private static final long MMAP_TOP = 0x7fff_ffff_0000L;

  private final AddressSpaces kernel;
  private final String name;
  private final int asid;
  private final AtomicInteger users = new AtomicInteger(1);
  private final AtomicInteger references = new AtomicInteger(1);
  private final Mutex mmapLock;
  private final PageTable table;
  private final MmStory story;
  private final NotifierSubscriptions notifiers;
  private final RangeOperations pages;
  private final FaultHandler faults;
  private final UserCopy userCopy;

  @Guarded(by = "mmapLock")
  private final VmaTree vmas = new VmaTree();

  AddressSpace(AddressSpaces kernel, String name, int asid) {
    this.kernel = kernel;
    this.name = name;
    this.asid = asid;
    mmapLock = kernel.sched().mutex(LockOrder.MMAP);
    table = new PageTable(kernel.frames());
    story = new MmStory(kernel.sched(), name);
    SpinLock pageTableLock = kernel.sched().spinLock(LockOrder.PAGE_TABLE);
    CpuAccesses cpus = new CpuAccesses(kernel.sched());
    notifiers = new NotifierSubscriptions(this, kernel, story);
    pages = new RangeOperations(kernel.frames(), table, pageTableLock, cpus, notifiers, story);
    faults = new FaultHandler(kernel, table, pageTableLock, cpus, notifiers);
    userCopy = new UserCopy(this, kernel, table, cpus);
  }

  public String name() {
    return name;
  }

  /** Tags this address space's entries in TLBs; not reused while the structure lives. */
  public int asid() {
    assertKept();
    return asid;
  }

  /** Physical address of the level 0 table; valid while the structure lives. */
  public long pageTableRoot() {
    assertKept();
    return table.root();
  }

  /**
   * Maps {@code length} bytes, rounded up to pages, of zeroes somewhere.
   *
   * @return the address
   * @throws OutOfMemory if no range of addresses is free
   */
  public long mmap(long length, Prot prot) {
    if (length <= 0 || length > PageTable.VA_LIMIT) {
      throw new IllegalArgumentException(
          String.format("mmap of 0x%x bytes: it takes 1 to 2^48", length));
    }
    long bytes = VmaTree.roundUp(length);
    lockMmap();
    try {
      long va = vmas.findGap(bytes, LOWEST, MMAP_TOP);
      if (va < 0) {
        throw new OutOfMemory(String.format("%s: no 0x%x bytes of addresses free", name, bytes));
      }
      vmas.insert(new Vma(va, va + bytes, prot));
      return va;
    } finally {
      mmapLock.unlock();
    }
  }

  /** Maps zeroes at {@code va}, in place of whatever was mapped there. */
  public void mmapFixed(long va, long length, Prot prot) {
    long end = VmaTree.rangeEnd("mmap", va, length);
    if (va < LOWEST) {
      throw new IllegalArgumentException(
          String.format("mmap at 0x%x: the lowest address is 0x%x", va, LOWEST));
    }
    lockMmap();
    try {
      unmapLocked(va, end);
      vmas.insert(new Vma(va, end, prot));
    } finally {
      mmapLock.unlock();
    }
  }

  /** Unmaps whatever is mapped in the range. */
  public void munmap(long va, long length) {
    long end = VmaTree.rangeEnd("munmap", va, length);
    lockMmap();
    try {
      unmapLocked(va, end);
    } finally {
      mmapLock.unlock();
    }
  }

  /**
   * Changes what a mapped range permits; its contents stay.
   *
   * @throws IllegalArgumentException if not all of it is mapped; nothing has changed then
   */
  public void mprotect(long va, long length, Prot prot) {
    long end = VmaTree.rangeEnd("mprotect", va, length);
    lockMmap();
    try {
      if (!vmas.covers(va, end)) {
        throw new IllegalArgumentException(
            String.format("mprotect of 0x%x to 0x%x: not all of it is mapped", va, end));
      }
      vmas.remove(va, end);
      vmas.insert(new Vma(va, end, prot));
      pages.protect(va, end, prot);
    } finally {
      mmapLock.unlock();
    }
  }

  /** Forgets the contents of a range that stays mapped; it reads as zeroes (MADV_DONTNEED). */
  public void dontNeed(long va, long length) {
    long end = VmaTree.rangeEnd("dontNeed", va, length);
    lockMmap();
    try {
      pages.zap(va, end);
    } finally {
      mmapLock.unlock();
    }
  }

  /**
   * Clears the access flags in a range as reclaim does, one page at a time under the page-table
   * lock, each with its flush; takes no mmap lock.
   *
   * @return how many pages had been accessed since the last time
   */
  public int age(long va, long length) {
    long end = VmaTree.rangeEnd("age", va, length);
    assertUsed();
    return pages.age(va, end);
  }

  /**
   * A child with the same mappings that shares the frames, copy-on-write. It has one user, the
   * caller, and no notifiers.
   *
   * @throws OutOfMemory if the child's tables do not fit; this address space has lost nothing then
   */
  public AddressSpace fork(String childName) {
    assertUsed();
    AddressSpace child = kernel.create(childName);
    try {
      lockMmap();
      try {
        shareLocked(child);
      } finally {
        mmapLock.unlock();
      }
    } catch (OutOfMemory e) {
      child.putUser();
      throw e;
    }
    return child;
  }

  /**
   * Makes the page table permit an access that faulted, if the mapping does. May sleep. Mappings do
   * not grow, stacks neither.
   *
   * @param va any 64 bits
   * @param remote the access was a device's, not a CPU's of the guest
   */
  public FaultOutcome handleFault(long va, FaultAccess access, boolean remote) {
    kernel.counters().count(remote ? MmCounter.REMOTE_FAULTS : MmCounter.CPU_FAULTS);
    return story.fault(va, access, remote, () -> resolve(va, access));
  }

  private FaultOutcome resolve(long va, FaultAccess access) {
    lockMmap();
    try {
      Vma vma = vmas.find(va);
      if (vma == null) {
        return FaultOutcome.NO_VMA;
      }
      if (!vma.prot().permits(access)) {
        return FaultOutcome.BAD_ACCESS;
      }
      faults.resolve(va & -Descriptor.PAGE_BYTES, vma.prot(), access.write());
      return FaultOutcome.HANDLED;
    } catch (OutOfMemory e) {
      return FaultOutcome.OUT_OF_MEMORY;
    } finally {
      mmapLock.unlock();
    }
  }

  /**
   * A CPU of the guest reads the process's memory, with page faults; may sleep.
   *
   * @throws SegmentationFault at the first page that cannot be read; those before have been
   */
  public void read(long va, byte[] target, int offset, int length) throws SegmentationFault {
    access(va, target, offset, length, false);
  }

  /**
   * A CPU of the guest writes to the process's memory, with page faults; may sleep.
   *
   * @throws SegmentationFault at the first page that cannot be written; those before have been
   */
  public void write(long va, byte[] source, int offset, int length) throws SegmentationFault {
    access(va, source, offset, length, true);
  }

  /** As {@link #read}, of 8 bytes at once: at a multiple of 8, little-endian, acquired. */
  public long load64(long va) throws SegmentationFault {
    beginAccess();
    return userCopy.load64(va);
  }

  /** As {@link #write}, of 8 bytes at once: at a multiple of 8, little-endian, released. */
  public void store64(long va, long value) throws SegmentationFault {
    beginAccess();
    userCopy.store64(va, value);
  }

  /** Keeps the structure ({@code mmgrab}). */
  public void grab() {
    references.incrementAndGet();
  }

  /** Gives a reference back ({@code mmdrop}); the last one frees root table and ASID. */
  public void drop() {
    int left = references.decrementAndGet();
    if (left < 0) {
      throw new IllegalStateException(name + ": more references dropped than grabbed");
    }
    if (left == 0 && !notifiers.areFramesRetained()) {
      notifiers.free();
      kernel.frames().put(table.root());
      kernel.asids().free(asid);
      kernel.counters().add(MmCounter.LIVE_ADDRESS_SPACES, -1);
    }
  }

  /** Becomes a user ({@code mmget_not_zero}) unless the memory is gone or going. */
  public boolean getUserNotZero() {
    int now = users.get();
    while (now > 0 && !users.compareAndSet(now, now + 1)) {
      now = users.get();
    }
    return now > 0;
  }

  /** Becomes one more user; the caller is one. */
  public void getUser() {
    if (!getUserNotZero()) {
      throw new IllegalStateException(name + ": its memory is gone");
    }
  }

  /** Ends being a user ({@code mmput}); the last one tears the memory down and may sleep. */
  public void putUser() {
    kernel.sched().assertMaySleep("putting a user of " + name);
    if (putLastUser()) {
      exit();
    }
  }

  /** As {@link #putUser}, but a worker tears down; from any context. */
  public void putUserAsync() {
    if (putLastUser()) {
      kernel.asyncPut().queue(this::exit);
    }
  }

  /**
   * Registers a notifier for callbacks and grabs a reference for it; may sleep.
   *
   * @throws OutOfMemory without memory for the list of notifiers
   * @throws TaskKilled if the task is killed before it has the mmap lock
   */
  public void registerNotifier(MmuNotifier notifier) throws TaskKilled {
    assertUsed();
    mmapLock.lockKillable();
    try {
      notifiers.register(notifier);
      grab();
    } finally {
      mmapLock.unlock();
    }
  }

  /**
   * Ends a registration, once for each, whether the notifier was released or not. Does not call
   * release and does not wait: callbacks may still run until a grace period has passed.
   */
  public void unregisterNotifierNoRelease(MmuNotifier notifier) {
    notifiers.unregister(notifier);
    drop();
  }

  /** A device that nobody can stop may reach this memory: from now on it gives nothing back. */
  public void retainFrames() {
    notifiers.retainFrames();
  }

  /** Whether {@link #retainFrames} was called. */
  public boolean areFramesRetained() {
    return notifiers.areFramesRetained();
  }

  /** Runs something on a worker when every callback that runs now has ended. */
  public void callAfterGrace(Runnable action) {
    kernel.notifierSrcu().call(action);
  }

  @Override
  public String toString() {
    return name + " (asid " + asid + ")";
  }

  private void access(long va, byte[] bytes, int offset, int length, boolean write)
      throws SegmentationFault {
    beginAccess();
    userCopy.copy(va, bytes, offset, length, write);
  }

  private void beginAccess() {
    kernel.sched().assertMaySleep("access to user memory");
    assertUsed();
  }

  private void unmapLocked(long start, long end) {
    if (vmas.remove(start, end)) {
      pages.unmap(start, end, vmas.endBefore(start), vmas.startAfter(end, PageTable.VA_LIMIT));
    }
  }

  private void shareLocked(AddressSpace child) {
    vmas.all().forEach(child.vmas::insert);
    pages.share(child.table);
  }

  private boolean putLastUser() {
    int left = users.decrementAndGet();
    if (left < 0) {
      throw new IllegalStateException(name + ": more users put than got");
    }
    return left == 0;
  }

  private void exit() {
    story.call("exit", 0, PageTable.VA_LIMIT, this::releaseAll);
    drop();
  }

  private void releaseAll() {
    notifiers.release();
    mmapLock.lock();
    try {
      // The notifiers are gone: this tells nobody.
      pages.unmap(0, PageTable.VA_LIMIT, 0, PageTable.VA_LIMIT);
    } finally {
      mmapLock.unlock();
    }
  }

  private void lockMmap() {
    assertUsed();
    mmapLock.lock();
  }

  private void assertUsed() {
    if (users.get() <= 0) {
      throw new IllegalStateException(name + ": its memory is gone");
    }
  }

  private void assertKept() {
    if (references.get() <= 0) {
      throw new IllegalStateException(name + ": its structure is gone");
    }
  }
}
