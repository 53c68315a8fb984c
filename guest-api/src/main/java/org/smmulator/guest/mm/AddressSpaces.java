package org.smmulator.guest.mm;

import org.smmulator.counter.Counts;
import org.smmulator.counter.Tally;
import org.smmulator.guest.sched.LockOrder;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.Srcu;
import org.smmulator.guest.sched.WorkQueue;

/**
 * What all address spaces of one kernel share: frames, ASIDs, the one SRCU domain of the notifiers,
 * the worker that ends address spaces for tasks that must not, and counters.
 */
public final class AddressSpaces {
  private final Sched sched;
  private final FrameAllocator frames;
  private final AsidAllocator asids;
  private final Srcu notifierSrcu;
  private final WorkQueue asyncPut;
  private final Tally<MmCounter> counters = new Tally<>(MmCounter.class);
  private final Tally<NotifierCall> notifierCalls = new Tally<>(NotifierCall.class);

  public AddressSpaces(Sched sched, FrameAllocator frames) {
    this.sched = sched;
    this.frames = frames;
    this.asids = new AsidAllocator(sched);
    this.notifierSrcu = sched.srcu(LockOrder.NOTIFIER_READERS);
    this.asyncPut = sched.workQueue(LockOrder.ADDRESS_SPACE_ENDS);
  }

  /**
   * An empty address space with one user, the caller.
   *
   * @throws OutOfMemory if no frame or no ASID is left
   */
  public AddressSpace create(String name) {
    int asid = asids.allocate();
    try {
      AddressSpace created = new AddressSpace(this, name, asid);
      counters.count(MmCounter.LIVE_ADDRESS_SPACES);
      return created;
    } catch (OutOfMemory e) {
      asids.free(asid);
      throw e;
    }
  }

  /** What happened so far, and what there is now. */
  public Counts<MmCounter> statistics() {
    return Counts.of(
        MmCounter.class,
        row ->
            switch (row) {
              case NOTIFIER_GRACE_PERIODS -> notifierSrcu.gracePeriods();
              case NOTIFIER_READERS -> notifierSrcu.readers();
              default -> counters.sum(row);
            });
  }

  /** Callbacks of all notifiers so far. */
  public Counts<NotifierCall> notifierCalls() {
    return notifierCalls.counts();
  }

  /** Waits for the ends that {@link AddressSpace#putUserAsync} has put off so far; may sleep. */
  public void flushAsyncPuts() {
    asyncPut.flush();
  }

  /**
   * An ASID for something that is not an address space, such as a device's default domain.
   *
   * @throws OutOfMemory if none is left
   */
  public int allocateAsid() {
    return asids.allocate();
  }

  /** Gives back what {@link #allocateAsid} gave; nothing is cached under it any more. */
  public void freeAsid(int asid) {
    asids.free(asid);
  }

  /** How many ASIDs have not been given back. */
  public int asidsInUse() {
    return asids.inUse();
  }

  /** Tasks and time of the kernel. */
  public Sched sched() {
    return sched;
  }

  FrameAllocator frames() {
    return frames;
  }

  AsidAllocator asids() {
    return asids;
  }

  Srcu notifierSrcu() {
    return notifierSrcu;
  }

  WorkQueue asyncPut() {
    return asyncPut;
  }

  Tally<MmCounter> counters() {
    return counters;
  }

  /** To be counted up with each callback. */
  Tally<NotifierCall> callbacks() {
    return notifierCalls;
  }
}
