package org.smmulator.guest.iommu.smmuv3;

import org.smmulator.arch.structure.Cd;
import org.smmulator.guest.sched.Sched;
import org.smmulator.record.EventKind;

/**
 * Changes of live PASID tables, each complete on return. A change of one descriptor is made by one
 * task at a time: the owner of its PASID.
 */
final class PasidContexts {
  private static final long TTB_WORD_OFFSET = 8L * Cd.TTB0.word();

  private final Sched sched;
  private final TableMemory memory;
  private final CommandQueue queue;
  private final int quietAsid;

  /**
   * @param quietAsid an ASID under which nothing is ever cached
   */
  PasidContexts(Sched sched, TableMemory memory, CommandQueue queue, int quietAsid) {
    this.sched = sched;
    this.memory = memory;
    this.queue = queue;
    this.quietAsid = quietAsid;
  }

  /**
   * Installs a descriptor where there is none.
   *
   * @throws org.smmulator.guest.mm.OutOfMemory without memory for a leaf of the table
   */
  void install(DefaultDomain domain, int substreamId, EntryWriter descriptor) {
    long pa = domain.contexts().descriptor(substreamId);
    if (ContextDescriptors.isValid(memory.load(pa))) {
      throw new IllegalStateException(
          "PASID %d of %s is in use".formatted(substreamId, domain.master().device()));
    }
    tell(domain, substreamId, "live");
    descriptor.publish(pa, () -> invalidate(domain, substreamId));
  }

  void clear(DefaultDomain domain, int substreamId) {
    long pa = domain.contexts().existing(substreamId);
    if (pa != 0) {
      tell(domain, substreamId, "clear");
      memory.store(pa, 0);
      invalidate(domain, substreamId);
    }
  }

  /** Lets accesses abort without a record from now on. */
  void quieten(DefaultDomain domain, int substreamId) {
    long pa = domain.contexts().descriptor(substreamId);
    tell(domain, substreamId, "quiet");
    memory.store(pa, ContextDescriptors.quietWord(memory.load(pa), quietAsid));
    invalidate(domain, substreamId);
    // Not before: with the old first word still cached, the SMMU would walk from address 0.
    memory.store(pa + TTB_WORD_OFFSET, 0);
  }

  void clearQuiet(DefaultDomain domain, int substreamId) {
    long pa = domain.contexts().existing(substreamId);
    long word0 = pa == 0 ? 0 : memory.load(pa);
    if (ContextDescriptors.isQuiet(word0)) {
      clear(domain, substreamId);
    } else if (ContextDescriptors.isValid(word0)) {
      throw new IllegalStateException(
          "PASID %d of %s is live, not quiet".formatted(substreamId, domain.master().device()));
    }
  }

  private void tell(DefaultDomain domain, int substreamId, String becomes) {
    if (sched.records(EventKind.CONTEXT_DESCRIPTOR)) {
      int device = sched.name(domain.master().device().name());
      sched.record(EventKind.CONTEXT_DESCRIPTOR, device, substreamId, sched.name(becomes), 0);
    }
  }

  /** Drops the descriptor and, as a leaf may be new, the level 1 descriptor above it. */
  private void invalidate(DefaultDomain domain, int substreamId) {
    queue.run(new CommandBatch().cfgiCd(domain.master().streamId(), substreamId, false));
  }
}
