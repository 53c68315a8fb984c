package org.smmulator.pcie.ledger;

import static org.smmulator.pcie.ledger.Violation.NONE;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.FrameObserver;
import org.smmulator.execution.Loop;

/**
 * Catches stale translations. A translated packet carries only a physical address and the ATC is in
 * another process, so the root complex keeps what it granted: from a Translation Completion until
 * the Invalidate Completion that covers it, the reset or the loss of the function. Two things are
 * violations: an access without a live grant, and a frame freed while a grant on it is live, which
 * shows a missing invalidation even if nobody ever uses it. Such a grant ends with its frame: using
 * it from then on is an access without one.
 *
 * <p>What it cannot tell apart: one frame that one function was granted twice (through two PASIDs,
 * or two addresses). While one of the grants lives, an access through the other is not seen.
 *
 * <p>Grants live on the hardware loop. {@link #freed} is called by the guest's threads: it reads
 * one counter for each size class and comes to the loop only with a violation.
 *
 * <p>The frames of a function that left or was reset are released in slices, so that nothing else
 * waits long. Until that is done they still count as granted; {@link #freed} therefore notes first
 * who had left, and a frame that only these were granted is no violation.
 *
 * <pre>
 *   size class   0: 4 KiB     1: 2 MiB     2: 1 GiB
 *   grants of    4 K..1 M     2 M..512 M   1 G..       counted in every granule they touch
 * </pre>
 */
public final class GrantLedger implements FrameObserver {
  private static final int PAGE_LOG2 = 12;
  private static final int[] CLASS_LOG2 = {12, 21, 30};

  /** Grants of one function at a time unless a machine says otherwise: 1 GiB in pages of 4 KiB. */
  public static final int DEFAULT_LIMIT = 1 << 18;

  /** Grants of a function that left, released without a pause. */
  static final int SLICE = 4096;

  /** Functions whose grants wait to be released; with more, the oldest is done at once. */
  private static final int MOST_LEAVING = 4;

  private final Loop loop;
  private final ViolationLog violations;
  private final long ramBase;
  private final long ramBytes;
  private final LongSupplier numbers;
  private final int limit;
  private final AtomicIntegerArray[] liveByGranule = new AtomicIntegerArray[CLASS_LOG2.length];
  private final AtomicIntegerArray generations;
  private final List<FunctionGrants> functions = new ArrayList<>();
  private final ArrayDeque<LeftGrants> leaving = new ArrayDeque<>();
  private final AtomicLong framesFreed = new AtomicLong();
  private final PacketInHand packet = new PacketInHand();
  private StepNames steps = StepNames.NONE;

  /** Functions that were reset or left; written on the loop. */
  private volatile long left;

  /** Of these, the ones none of whose grants counts any more. */
  private volatile long leftAndReleased;

  private long sequence;
  private long grants;
  private long live;
  private long revoked;
  private long accessesChecked;
  private long staleAccesses;
  private long overdueAccesses;
  private long freedUnderGrant;

  /**
   * A ledger over one range of RAM; grants outside of it (doorbells) are checked by access only.
   */
  public GrantLedger(Loop loop, ViolationLog violations, long ramBase, long ramBytes) {
    this(loop, violations, ramBase, ramBytes, DEFAULT_LIMIT);
  }

  /**
   * The same with another bound.
   *
   * @param limit live grants that one function may have
   */
  public GrantLedger(Loop loop, ViolationLog violations, long ramBase, long ramBytes, int limit) {
    this(loop, violations, ramBase, ramBytes, limit, () -> ThreadLocalRandom.current().nextLong());
  }

  /**
   * The same with other numbers for the tables' hashes.
   *
   * @param numbers asked for each table
   */
  GrantLedger(
      Loop loop,
      ViolationLog violations,
      long ramBase,
      long ramBytes,
      int limit,
      LongSupplier numbers) {
    this.numbers = numbers;
    this.limit = limit;
    this.loop = loop;
    this.violations = violations;
    this.ramBase = ramBase;
    this.ramBytes = ramBytes;
    for (int i = 0; i < CLASS_LOG2.length; i++) {
      liveByGranule[i] = new AtomicIntegerArray(granules(CLASS_LOG2[i]));
    }
    this.generations = new AtomicIntegerArray(granules(PAGE_LOG2));
  }

  GrantTable newTable() {
    return new GrantTable(numbers.getAsLong() | 1);
  }

  private int granules(int log2) {
    return Math.toIntExact(((ramBytes - 1) >>> log2) + 1);
  }

  /** From now on violations name the steps that began invalidations. */
  public void nameSteps(StepNames names) {
    steps = names;
  }

  /** Of the scenario, for people. */
  public StepNames steps() {
    return steps;
  }

  /** Where the root complex shows the packet that it handles. */
  public PacketInHand packet() {
    return packet;
  }

  /** Starts the account of a function that has been attached. */
  public FunctionGrants attach(String device) {
    FunctionGrants function = new FunctionGrants(this, device);
    functions.add(function);
    return function;
  }

  /** The function is gone, and its ATC with it. */
  public void detach(FunctionGrants function) {
    function.revokeAll();
    functions.remove(function);
  }

  /** Releases the frames of grants that nobody can use any more. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
  void leave(LeftGrants grants) {
    leaving.add(grants);
    grants.number(++left);
    if (leaving.size() > MOST_LEAVING) {
      release(Integer.MAX_VALUE);
    }
    if (leaving.size() == 1) {
      releaseSlice();
    }
  }

  private void releaseSlice() {
    release(SLICE);
    if (!leaving.isEmpty()) {
      // A timer and not a step: links get their turn in between.
      Loop.Timer unused = loop.schedule(this::releaseSlice, 0);
    }
  }

  private void release(int grants) {
    LeftGrants first = leaving.peek();
    if (first != null && first.release(grants)) {
      leaving.remove();
      leftAndReleased = first.number();
    }
  }

  int limit() {
    return limit;
  }

  /** The last grant given out; what an Invalidate Request sent now covers. */
  public long mark() {
    return sequence;
  }

  /** The guest's allocator has freed a frame. Called on any thread. */
  @Override
  public void freed(long pa, int generation) {
    framesFreed.incrementAndGet();
    long offset = pa - ramBase;
    if (offset < 0 || offset >= ramBytes) {
      return;
    }
    generations.set((int) (offset >>> PAGE_LOG2), generation + 1);
    long leftBefore = left;
    boolean someLeave = leftAndReleased < leftBefore;
    if (isGranted(offset)) {
      loop.execute(() -> recordFreed(pa, generation, leftBefore, someLeave));
    }
  }

  private boolean isGranted(long offset) {
    for (int i = 0; i < CLASS_LOG2.length; i++) {
      if (liveByGranule[i].get((int) (offset >>> CLASS_LOG2[i])) != 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * A frame was freed that counted as granted.
   *
   * @param leftBefore functions that had left before
   * @param someLeave whether it may have been grants of these that counted
   */
  private void recordFreed(long frame, int generation, long leftBefore, boolean someLeave) {
    FreedFrame report = new FreedFrame();
    for (FunctionGrants function : functions) {
      report.device = function.device();
      function.takeFreed(frame, generation, report);
    }
    for (LeftGrants grants : leaving) {
      if (grants.number() > leftBefore) {
        report.device = grants.device();
        grants.showFreed(frame, generation, report);
      }
    }
    if (report.count == 0 && someLeave) {
      return;
    }
    freedUnderGrant++;
    violations.record(report.violation(frame));
  }

  /** The grants on one freed frame: the first in full, the others by number. */
  private static final class FreedFrame implements FunctionGrants.GrantVisitor {
    private String device = "";
    private String firstDevice = "";
    private int firstPasid = NONE;
    private long firstVa = NONE;
    private int count;

    @Override
    public void grant(int pasid, long va, long pa, int sizeLog2) {
      if (count++ == 0) {
        firstDevice = device;
        firstPasid = pasid;
        firstVa = va;
      }
    }

    Violation violation(long frame) {
      String text =
          switch (count) {
            case 0 -> "freed while granted; the grant was revoked only after that";
            case 1 -> "freed while this grant on it was live: an invalidation is missing";
            default -> "freed while this and " + (count - 1) + " more grants on it were live";
          };
      return new Violation(
          Violation.Kind.FREED_UNDER_GRANT, firstDevice, firstPasid, firstVa, frame, text);
    }
  }

  /** Translation completion entries with a permission, repeated ones included. */
  public long granted() {
    return grants;
  }

  /** Grants that nothing has ended: no invalidation, nor the function's end, nor the frame's. */
  public long live() {
    return live;
  }

  /** Grants that completed invalidations ended. */
  public long revoked() {
    return revoked;
  }

  /** Translated accesses looked at. */
  public long accessesChecked() {
    return accessesChecked;
  }

  public long framesFreed() {
    return framesFreed.get();
  }

  /** Accesses without a live grant. */
  public long staleAccesses() {
    return staleAccesses;
  }

  /** Accesses under a grant whose invalidation was given up without an answer. */
  public long overdueAccesses() {
    return overdueAccesses;
  }

  /** Frames freed while a grant on them was live. */
  public long freedUnderGrant() {
    return freedUnderGrant;
  }

  long nextSequence() {
    grants++;
    return ++sequence;
  }

  int generation(long pa, int sizeLog2) {
    long offset = pa - ramBase;
    boolean tracked = sizeLog2 == PAGE_LOG2 && offset >= 0 && offset < ramBytes;
    return tracked ? generations.get((int) (offset >>> PAGE_LOG2)) : 0;
  }

  /** Some grants more, or less. */
  void granted(int delta) {
    live += delta;
  }

  /** Completed invalidations have ended so many. */
  void revoked(int ended) {
    revoked += ended;
  }

  /** The frames of a grant must not be freed from now on. */
  void retain(long pa, int sizeLog2) {
    countGranules(pa, sizeLog2, 1);
  }

  void release(long pa, int sizeLog2) {
    countGranules(pa, sizeLog2, -1);
  }

  private void countGranules(long pa, int sizeLog2, int delta) {
    int index = CLASS_LOG2.length - 1;
    while (CLASS_LOG2[index] > sizeLog2 && index > 0) {
      index--;
    }
    long bytes = sizeLog2 >= Long.SIZE - 1 ? Long.MAX_VALUE : 1L << sizeLog2;
    long start = Math.max(pa - ramBase, 0);
    long end = Math.min(ramBytes, saturatedEnd(pa - ramBase, bytes));
    if (start >= end) {
      return;
    }
    int last = (int) ((end - 1) >>> CLASS_LOG2[index]);
    for (int granule = (int) (start >>> CLASS_LOG2[index]); granule <= last; granule++) {
      liveByGranule[index].addAndGet(granule, delta);
    }
  }

  private static long saturatedEnd(long start, long bytes) {
    long end = start + bytes;
    return start > 0 && end < 0 ? Long.MAX_VALUE : end;
  }

  void countChecked() {
    accessesChecked++;
  }

  /**
   * An access without a grant.
   *
   * @param end of the grant that it once had; null if none is known
   */
  void recordStale(
      String device, int pasid, long address, long pa, boolean write, @Nullable GrantEnd end) {
    staleAccesses++;
    String text =
        (write ? "write" : "read")
            + " through a translation that "
            + (end == null ? "was not granted" : end.describe(steps));
    record(Violation.Kind.STALE_ACCESS, device, pasid, address, pa, text);
  }

  void recordOverdue(
      String device, int pasid, long address, long pa, boolean write, String invalidation) {
    overdueAccesses++;
    String text =
        String.format(
            "%s through a translation after %s was given up without an answer",
            write ? "write" : "read", invalidation);
    record(Violation.Kind.OVERDUE_ACCESS, device, pasid, address, pa, text);
  }

  private void record(
      Violation.Kind kind, String device, int pasid, long address, long pa, String text) {
    long frame = pa >>> PAGE_LOG2 << PAGE_LOG2;
    violations.record(
        new Violation(kind, device, pasid, address, frame, text, packet.fields(device)));
  }
}
