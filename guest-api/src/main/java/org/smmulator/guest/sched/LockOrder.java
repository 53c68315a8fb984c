package org.smmulator.guest.sched;

/**
 * The one order in which the kernel's locks are taken, outermost first: while a task holds one, it
 * waits only for those further down, and {@link LockClass} throws at the first step against it,
 * however the tasks happen to run. Work queues and SRCU domains have places too, as what is waited
 * for: a flush for the worker, a grace period for its readers. Entering a read section is no wait
 * and has no place.
 *
 * <p>Why this order:
 *
 * <ul>
 *   <li>Bus and device drivers call the rest of the kernel, so theirs come first. They are never
 *       called with a lock of the kernel held.
 *   <li>An address space ends on the {@code mmput} worker, which waits for everything below: for
 *       the notifiers' readers, and for page faults that are being served.
 *   <li>{@code MmuNotifier.release} runs in a read section and flushes the faults of the dying
 *       address space; a fault takes the mmap lock. So nobody who holds the mmap lock waits for
 *       notifier readers or for faults.
 *   <li>Under the page-table lock come notifier calls that wait for hardware ({@code changePte},
 *       {@code clearFlushYoung}): no sva lock is held meanwhile, only the read section of the
 *       bonds, and the SMMU's own locks are below all of these.
 *   <li>Leaves: what is taken for a few instructions in any of the contexts above.
 * </ul>
 *
 * <p>A lock made by name alone ({@link Sched#mutex(String)}) has no place here: tests and programs
 * of users make such. Of those it is only seen to that two are not taken in both orders.
 */
public enum LockOrder {
  PCI_BUS("pci-bus"),
  MESSAGE_INTERRUPTS("msi-intids"),
  DMA_ENGINE("dma-engine"),
  DMA_QUEUE("dma-queue"),
  GENERIC_DEVICE("generic-device"),
  ADDRESS_SPACE_ENDS("mmput"),
  NOTIFIER_READERS("mmu notifiers"),
  PAGE_FAULTS("page faults"),
  MMAP("mmap"),
  PAGE_TABLE("page table"),
  BOND_READERS("bonds"),
  NOTIFIER_LIST("mmu notifier list"),
  SVA("sva"),
  STREAM_TABLE("smmu stream table"),
  CONTEXT_TABLE("smmu context table"),
  DEFAULT_DOMAIN("smmu domain"),
  STREAMS("smmu streams"),
  COMMAND_QUEUE("smmu command queue"),
  CPU_TLB_FLUSH("cpu tlb flush"),
  FRAMES("frames"),
  ASIDS("asids");

  private final String lockClass;

  LockOrder(String lockClass) {
    this.lockClass = lockClass;
  }

  /** Name of the locks that stand here. */
  String lockClass() {
    return lockClass;
  }
}
