package org.smmulator.guest;

import org.smmulator.arch.port.PciAddress;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.mm.OutOfMemory;
import org.smmulator.guest.mm.Prot;
import org.smmulator.guest.mm.SegmentationFault;
import org.smmulator.guest.pci.generic.DeviceFile;
import org.smmulator.guest.sched.FatalSignal;
import org.smmulator.guest.sched.Sched;

/**
 * What a program can do: its loads and stores, and calls of the kernel. Addresses are the process's
 * own, 48 bits; pages have 4,096 bytes; times are nanoseconds of the kernel's clock, which is
 * virtual in a simulated machine.
 *
 * <p>Once its process exits or is killed, whatever a program calls here, or of what it has open,
 * throws {@link FatalSignal} and unwinds it. A program that computes without calling anything is
 * not interrupted, and keeps its process.
 */
public final class UserTask {
  private final GuestKernel kernel;
  private final GuestProcess process;

  UserTask(GuestKernel kernel, GuestProcess process) {
    this.kernel = kernel;
    this.process = process;
  }

  /** The process that the program runs in. */
  public GuestProcess process() {
    return process;
  }

  /** The process's memory, if the task may still use it. */
  private AddressSpace mm() {
    sched().throwIfKilled();
    return process.mm();
  }

  private Sched sched() {
    return kernel.sched();
  }

  /**
   * Maps zeroes somewhere.
   *
   * @param bytes 1 or more, rounded up to pages
   * @return the address of the first
   * @throws OutOfMemory if no range of addresses is free
   */
  public long mmap(long bytes, Prot prot) {
    return mm().mmap(bytes, prot);
  }

  /** Maps zeroes at an address, a multiple of 4,096, in place of whatever was mapped there. */
  public void mmapFixed(long va, long bytes, Prot prot) {
    mm().mmapFixed(va, bytes, prot);
  }

  /** Unmaps whatever is mapped in a range: on return no CPU and no device reaches it. */
  public void munmap(long va, long bytes) {
    mm().munmap(va, bytes);
  }

  /**
   * Changes what a mapped range permits, to CPUs and devices; its contents stay.
   *
   * @throws IllegalArgumentException if not all of it is mapped; nothing has changed then
   */
  public void mprotect(long va, long bytes, Prot prot) {
    mm().mprotect(va, bytes, prot);
  }

  /** Forgets the contents of a range that stays mapped; it reads as zeroes (MADV_DONTNEED). */
  public void dontNeed(long va, long bytes) {
    mm().dontNeed(va, bytes);
  }

  /**
   * Loads 8 bytes at once, little-endian; what a device wrote before them is seen after.
   *
   * @param va a multiple of 8
   * @throws SegmentationFault if the page cannot be read; who does not catch it dies of it
   */
  public long load64(long va) throws SegmentationFault {
    return mm().load64(va);
  }

  /**
   * Stores 8 bytes at once, little-endian; a device that sees them sees what was stored before.
   *
   * @param va a multiple of 8
   * @throws SegmentationFault if the page cannot be written; who does not catch it dies of it
   */
  public void store64(long va, long value) throws SegmentationFault {
    mm().store64(va, value);
  }

  /**
   * Loads bytes, page by page.
   *
   * @throws SegmentationFault at the first page that cannot be read
   */
  public byte[] load(long va, int bytes) throws SegmentationFault {
    byte[] loaded = new byte[bytes];
    mm().read(va, loaded, 0, bytes);
    return loaded;
  }

  /**
   * Stores bytes, page by page.
   *
   * @throws SegmentationFault at the first page that cannot be written; those before have been
   */
  public void store(long va, byte[] bytes) throws SegmentationFault {
    mm().write(va, bytes, 0, bytes.length);
  }

  /**
   * Starts a child: a process with a copy of this one's memory as it is now, copy-on-write, and no
   * device open. It ends with its program.
   *
   * @param program what the child does, in place of what follows here
   * @throws OutOfMemory if the child's tables do not fit
   */
  public ProgramRun fork(String childName, GuestProgram program) {
    sched().throwIfKilled();
    return new ProgramRun(kernel, process.fork(childName), program, true);
  }

  /** Ends the process, with all programs that run in it ({@code exit_group}). Does not return. */
  public void exit() {
    process.exit();
    sched().current().kill(); // the process may not know this task yet
    sched().throwIfKilled();
  }

  /**
   * Waits for a function to be plugged in and driven.
   *
   * @return false if the deadline passed first
   * @throws IommuException if it is plugged in and cannot be driven; the message says why
   */
  public boolean awaitDevice(PciAddress address, long deadlineNanos) throws IommuException {
    sched().throwIfKilled();
    boolean there = kernel.awaitDriven(address, deadlineNanos) != null;
    sched().throwIfKilled();
    return there;
  }

  /**
   * Opens a function to drive it. The process has it until it closes it or ends.
   *
   * @throws IommuException ENODEV if it is not plugged in, the reason why its driver refused it if
   *     one did, EBUSY if it has a driver of its own ({@link GuestKernel#driveWith}), or is open
   *     already
   */
  public DeviceFile open(PciAddress address) throws IommuException {
    sched().throwIfKilled();
    return kernel.open(process, address);
  }

  /** The time. */
  public long nanoTime() {
    return sched().nanoTime();
  }

  /** Sleeps until a time, or until the task is killed. */
  public void sleepUntil(long deadlineNanos) {
    Sched sched = sched();
    sched.waitQueue("sleep").await(() -> sched.current().isKilled(), deadlineNanos);
    sched.throwIfKilled();
  }
}
