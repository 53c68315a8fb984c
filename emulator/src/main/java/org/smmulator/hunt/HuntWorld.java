package org.smmulator.hunt;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.execution.explore.Meetings;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.GuestProcess;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.mm.MmCounter;
import org.smmulator.guest.mm.NotifierCall;
import org.smmulator.guest.mm.Prot;
import org.smmulator.guest.mm.SegmentationFault;
import org.smmulator.guest.pci.dma.DmaEngine;
import org.smmulator.guest.pci.dma.DmaOperation;
import org.smmulator.guest.pci.dma.DmaQueue;
import org.smmulator.guest.sched.Task;
import org.smmulator.guest.sva.SvaCounter;
import org.smmulator.launch.UserException;
import org.smmulator.machine.Machine;
import org.smmulator.metrics.CheckedCounter;
import org.smmulator.metrics.Summary;
import org.smmulator.pcie.FunctionCounter;

/**
 * A machine with two devices at work: the first for alice and for bob, the second for bob. What the
 * actors do to it ends in {@link #end}, after which {@link #judge} finds nothing left.
 */
final class HuntWorld {
  static final String MACHINE =
      """
      machine: {name: hunt, ramMiB: 64}
      guest: {frameQuarantine: 0}
      devices:
        - {id: '00:04.0', model: dma, atc: 1x2, queues: 4}
        - {id: '00:05.0', model: dma, atc: 16x4, queues: 4, pri: 4}
      http: {listen: null}
      """;

  private static final PciAddress FIRST = PciAddress.of(0, 4, 0);
  private static final PciAddress SECOND = PciAddress.of(0, 5, 0);
  private static final long FOREVER = Long.MAX_VALUE;

  /** Of each task that works; few, so that an order is short. */
  private static final int OPERATIONS = 4;

  private static final int FORKS = 4;
  private static final int DROPS = 8;
  private static final long QUIET_NANOS = 1_000_000;
  private static final int BYTES = 4 << 12;

  /** Frames of a second-level stream table, 256 STEs of 64 bytes, which the driver keeps. */
  private static final int STREAM_TABLE = 4;

  /** What there is none of when everybody has gone, and never any of the last. */
  private static final List<SvaCounter> LEFT =
      List.of(
          SvaCounter.BONDS,
          SvaCounter.IO_MMS,
          SvaCounter.PASIDS_LIVE,
          SvaCounter.PASIDS_QUARANTINED,
          SvaCounter.DRIVER_FAILURES);

  private final Machine machine;
  private final GuestKernel kernel;
  private final long framesAtFirst;
  private final int asidsAtFirst;
  private final DmaEngine first;
  private final DmaEngine second;
  private final GuestProcess alice;
  private final GuestProcess bob;
  private final long aliceBuffer;
  private final long bobBuffer;
  private final DmaQueue aliceQueue;
  private final DmaQueue bobFirstQueue;
  private final DmaQueue bobQueue;
  private final List<Task> work = new ArrayList<>();
  private final HuntStory story;
  private final Meetings meetings;
  private final Set<HuntActor> acting = EnumSet.noneOf(HuntActor.class);

  HuntWorld(Machine machine, HuntStory story, Meetings meetings)
      throws UserException, IommuException {
    this.machine = machine;
    this.story = story;
    this.meetings = meetings;
    kernel = machine.kernel();
    framesAtFirst = kernel.frames().freeFrames();
    asidsAtFirst = kernel.addressSpaces().asidsInUse();
    machine.plugIn();
    first = present(kernel.awaitEngine(FIRST, FOREVER));
    second = present(kernel.awaitEngine(SECOND, FOREVER));
    alice = kernel.startProcess("alice");
    bob = kernel.startProcess("bob");
    aliceBuffer = alice.mm().mmap(BYTES, Prot.READ_WRITE);
    bobBuffer = bob.mm().mmap(BYTES, Prot.READ_WRITE);
    aliceQueue = first.open(alice.mm());
    warm(aliceQueue, aliceBuffer);
    hammer(aliceQueue, aliceBuffer);
    bobFirstQueue = first.open(bob.mm());
    bobQueue = second.open(bob.mm());
    warm(bobQueue, bobBuffer);
    hammer(bobFirstQueue, bobBuffer);
    check(bobQueue);
  }

  /** The pages are there, and the device holds translations of them. */
  private static void warm(DmaQueue queue, long buffer) {
    DmaOperation fill = DmaOperation.fill(buffer, BYTES, 1);
    require(queue.run(fill, FOREVER).isOk(), "the first operation failed");
  }

  private static DmaEngine present(@Nullable DmaEngine engine) {
    if (engine == null) {
      throw new IllegalStateException("a device did not come");
    }
    return engine;
  }

  /** Fills a buffer some times, or until the queue takes or does no more. */
  private void hammer(DmaQueue queue, long buffer) {
    work.add(
        kernel
            .sched()
            .spawn(
                "hammer",
                () -> {
                  DmaOperation fill = DmaOperation.fill(buffer, BYTES, 42);
                  for (int i = 0; i < OPERATIONS && queue.run(fill, FOREVER).isOk(); i++) {}
                }));
  }

  /** Fills pages that nobody else touches, and looks whether they are filled. */
  private void check(DmaQueue queue) {
    long own = bob.mm().mmap(2 << 12, Prot.READ_WRITE);
    work.add(
        kernel
            .sched()
            .spawn(
                "check",
                () -> {
                  for (int value = 1; value <= OPERATIONS; value++) {
                    DmaOperation fill =
                        DmaOperation.fill(own, 2 << 12, value * 0x0101_0101_0101_0101L);
                    if (!queue.run(fill, FOREVER).isOk() || !bob.mm().getUserNotZero()) {
                      return;
                    }
                    try {
                      compare(own, (byte) value);
                    } finally {
                      bob.mm().putUserAsync();
                    }
                  }
                }));
  }

  private void compare(long own, byte value) {
    byte[] expected = new byte[2 << 12];
    Arrays.fill(expected, value);
    byte[] actual = new byte[2 << 12];
    try {
      bob.mm().read(own, actual, 0, actual.length);
    } catch (SegmentationFault e) {
      throw new IllegalStateException(e);
    }
    int at = Arrays.mismatch(expected, actual);
    require(at < 0, "DMA filled with %d, but byte %d differs".formatted(value, at));
  }

  private void probe(HuntMeeting meeting, boolean happened) {
    if (happened && story.isAbout(meeting)) {
      meetings.meet(meeting.toString());
    }
  }

  private long count(SvaCounter row) {
    return kernel.sva().statistics().of(row);
  }

  private long invalidations() {
    return kernel.addressSpaces().notifierCalls().of(NotifierCall.INVALIDATE_RANGE);
  }

  private long deviceFaultsHandled() {
    return kernel.addressSpaces().statistics().of(MmCounter.REMOTE_FAULTS);
  }

  void exit() {
    alice.exit();
  }

  void unbind() {
    long before = count(SvaCounter.MM_EXITS);
    first.close(aliceQueue);
    probe(HuntMeeting.MM_EXIT_IN_UNBIND, count(SvaCounter.MM_EXITS) > before);
  }

  void munmap() {
    long before = count(SvaCounter.BINDS);
    unmap(alice, aliceBuffer);
    probe(HuntMeeting.BOUND_IN_MUNMAP, count(SvaCounter.BINDS) > before);
  }

  /** Of a process that no other actor of the story ends. */
  void munmapOther() {
    unmap(bob, bobBuffer);
  }

  private static void unmap(GuestProcess process, long buffer) {
    process.mm().munmap(buffer, BYTES / 2);
    process.mm().munmap(buffer + BYTES / 2, BYTES / 2);
  }

  void bindSecondDevice() throws IommuException {
    long before = invalidations();
    hammer(second.open(alice.mm()), aliceBuffer);
    probe(HuntMeeting.INVALIDATION_IN_BIND, invalidations() > before);
  }

  /** May be refused, as the device may be on its way out. */
  void bindNewProcess() throws IommuException {
    GuestProcess carol = kernel.startProcess("carol");
    try {
      hammer(first.open(carol.mm()), carol.mm().mmap(BYTES, Prot.READ_WRITE));
    } catch (IommuException e) {
      if (e.errno() != Errno.ENODEV) {
        throw e;
      }
    } finally {
      carol.exit();
    }
  }

  void detach() {
    kernel.detachDomain(FIRST);
  }

  /** Some operations, or until the queue takes no more. */
  void dma() {
    for (int i = 0; i < OPERATIONS; i++) {
      DmaOperation copy = DmaOperation.copy(aliceBuffer, aliceBuffer + BYTES / 2, BYTES / 2);
      long ticket = aliceQueue.submit(copy, FOREVER);
      if (ticket < 0) {
        return;
      }
      if (!aliceQueue.await(ticket, FOREVER).isOk()) {
        probe(HuntMeeting.OPERATION_CUT_OFF, true);
        return;
      }
    }
  }

  /**
   * Page after page of a buffer, each there when it is dropped; who uses it next gets a new one.
   */
  void dropPages() {
    for (int i = 0; i < DROPS; i++) {
      long page = bobBuffer + ((long) i << 12) % BYTES;
      try {
        bob.mm().write(page, new byte[] {1}, 0, 1);
      } catch (SegmentationFault e) {
        throw new IllegalStateException(e);
      }
      bob.mm().dontNeed(page, 1 << 12);
    }
  }

  /** From the device whose ATC holds too little, so that it always asks. */
  void useDropped() {
    use(bobFirstQueue);
  }

  /** From the device whose ATC holds everything, so that it asks after an invalidation only. */
  void useDroppedOnSecondDevice() {
    use(bobQueue);
  }

  private void use(DmaQueue queue) {
    DmaOperation fill = DmaOperation.fill(bobBuffer, BYTES, 9);
    for (int i = 0; i < OPERATIONS; i++) {
      long before = invalidations();
      require(queue.run(fill, FOREVER).isOk(), "a page that was dropped did not come back");
      probe(HuntMeeting.DROPPED_IN_USE, invalidations() > before);
    }
  }

  void remove() {
    pullOut(FIRST);
    probe(HuntMeeting.INVALIDATION_LOST, countOfDevices(FunctionCounter.INVALIDATIONS_LOST) > 0);
  }

  private void pullOut(PciAddress device) {
    machine.cutLink(device);
    require(kernel.awaitGone(device, FOREVER), "a device stayed");
  }

  /** Several times, as one is over before a device's fault has come up. */
  void fork() {
    for (int i = 0; i < FORKS; i++) {
      forkOnce();
    }
  }

  /** Parent and child write, so that both break the sharing. */
  private void forkOnce() {
    long before = deviceFaultsHandled();
    GuestProcess child = bob.fork("ben");
    probe(HuntMeeting.FAULT_IN_FORK, deviceFaultsHandled() > before);
    try {
      child.mm().write(bobBuffer, new byte[] {1}, 0, 1);
      bob.mm().write(bobBuffer + (1 << 12), new byte[] {1}, 0, 1);
    } catch (SegmentationFault e) {
      throw new IllegalStateException(e);
    } finally {
      child.exit();
    }
  }

  /** The device with page requests works on pages that nobody has touched. */
  void deviceFaults() {
    long fresh = bob.mm().mmap(BYTES, Prot.READ_WRITE);
    DmaOperation touch = DmaOperation.fill(fresh, BYTES, 7);
    require(bobQueue.run(touch, FOREVER).isOk(), "a page request failed");
  }

  /** Runs the actors against each other. */
  void together() {
    List<Task> tasks = new ArrayList<>();
    for (HuntActor actor : story.actors()) {
      tasks.add(kernel.sched().spawn(actor.toString(), () -> act(actor)));
    }
    tasks.forEach(Task::join);
  }

  private void act(HuntActor actor) {
    acting.forEach(other -> meetings.meet(actor.duringThat(other)));
    acting.add(actor);
    probe(HuntMeeting.ALL_AT_ONCE, acting.size() == story.actors().size());
    try {
      actor.act(this);
    } catch (IommuException e) {
      throw new IllegalStateException(e);
    } finally {
      acting.remove(actor);
    }
  }

  void end() {
    alice.exit();
    bob.exit();
    work.forEach(Task::join);
    for (PciAddress device : List.of(FIRST, SECOND)) {
      kernel.detachDomain(device);
    }
    pullOut(FIRST);
    pullOut(SECOND);
    // Virtual time: it passes when nobody can go on, so that nothing is still on its way after it.
    kernel.sched().sleep(QUIET_NANOS);
  }

  /** Throws if anything is left, or was violated. */
  void judge() {
    Summary summary = machine.summary();
    List<String> found = new ArrayList<>();
    for (SvaCounter row : LEFT) {
      zero(found, row.facts().meaning(), count(row));
    }
    zero(found, "live address spaces", summary.mm().of(MmCounter.LIVE_ADDRESS_SPACES));
    zero(found, "ASIDs that did not come back", kernel.addressSpaces().asidsInUse() - asidsAtFirst);
    zero(found, "live grants", summary.verdict().checked(CheckedCounter.GRANTS_LIVE));
    zero(found, "frames touched while free", kernel.frames().touchedWhileFree());
    zero(
        found,
        "frames that did not come back",
        framesAtFirst - STREAM_TABLE - kernel.frames().freeFrames());
    summary.verdict().violations().forEach(v -> found.add(v.toString()));
    require(found.isEmpty(), String.join("; ", found));
    meetings.checked(summary.verdict().checked(CheckedCounter.ACCESSES_CHECKED));
  }

  private long countOfDevices(FunctionCounter row) {
    return machine.summary().devices().stream().mapToLong(d -> d.count(row)).sum();
  }

  private static void zero(List<String> found, String what, long count) {
    if (count != 0) {
      found.add(what + ": " + count);
    }
  }

  private static void require(boolean so, String otherwise) {
    if (!so) {
      throw new IllegalStateException(otherwise);
    }
  }
}
