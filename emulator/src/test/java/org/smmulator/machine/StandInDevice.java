package org.smmulator.machine;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32C;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.mm.SegmentationFault;
import org.smmulator.guest.pci.dma.DmaOperation;
import org.smmulator.guest.pci.dma.DmaOperation.Opcode;
import org.smmulator.guest.pci.dma.DmaResult;
import org.smmulator.guest.pci.dma.DmaResult.Status;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.Task;
import org.smmulator.guest.sched.WaitQueue;

/**
 * A device on the kernel's schedule: a task that works in small pieces on the process's memory, as
 * the mapping is at each. After {@link #close} has begun, whoever waits is told that the queue has
 * stopped, while the device goes on for a while, as a real one may.
 */
final class StandInDevice implements OperationQueue {
  /** What is wrong with a device. */
  enum Bug {
    NONE,
    /** One bit of what it writes is wrong. */
    WRONG_BIT,
    /** It writes a second time, elsewhere in the buffer. */
    WRITES_BESIDE,
    WRONG_CHECKSUM,
    WRONG_DIFFERENCE,
    /** It says that it has done what it has not. */
    IDLE,
    /** It says that it was not let. */
    REFUSED,
    /** It never says anything, and goes on writing for as long as it can. */
    SILENT,
    /** It is unplugged in the middle of the work. */
    GONE,
    /** Its requests are refused because the kernel has fenced it. */
    FENCED,
    /** Its requests are refused for no reason. */
    UNSUPPORTED
  }

  private static final long PIECE_NANOS = 10_000;

  /** From the stop of the queue until the device has no memory any more, at most. */
  private static final long HOLD_NANOS = 20 * PIECE_NANOS;

  private final Sched sched;
  private final PciAddress address;
  private final AddressSpace mm;
  private final long buffer;
  private final int bufferBytes;
  private final SplittableRandom random;
  private final WaitQueue changed;
  private Bug bug = Bug.NONE;
  private int goodOperations;
  private boolean once;
  private boolean slow;
  private volatile boolean stopped;
  private volatile boolean cutOff;
  private volatile boolean gone;
  private volatile boolean fenced;
  private final AtomicInteger inHand = new AtomicInteger();
  int racedSteps;

  StandInDevice(
      Sched sched, PciAddress address, AddressSpace mm, long buffer, int bufferBytes, long seed) {
    this.sched = sched;
    this.address = address;
    this.mm = mm;
    this.buffer = buffer;
    this.bufferBytes = bufferBytes;
    this.random = new SplittableRandom(seed);
    this.changed = sched.waitQueue("stand-in device");
  }

  /** Plants a bug into every operation after so many good ones. */
  void plant(Bug planted, int after) {
    bug = planted;
    goodOperations = after;
  }

  /** Plants a bug into the first write of one operation, after so many that write. */
  void plantOnce(Bug planted, int after) {
    plant(planted, after);
    once = true;
  }

  /** From now on time passes while the device works; without, only the order of tasks changes. */
  void slowDown() {
    slow = true;
  }

  /** A step changes something now. */
  void step() {
    racedSteps += inHand.get();
  }

  @Override
  public PciAddress device() {
    return address;
  }

  @Override
  public int pasid() {
    return 1;
  }

  @Override
  public long outstanding() {
    return inHand.get();
  }

  @Override
  public boolean stalls() {
    return false;
  }

  @Override
  public boolean isCutOff() {
    return gone || fenced;
  }

  @Override
  public DmaResult run(DmaOperation operation, long deadlineNanos) {
    if (stopped || gone) {
      return ended(gone ? Status.GONE : Status.STOPPED);
    }
    Bug now = (once && !writes(operation)) || goodOperations-- > 0 ? Bug.NONE : bug;
    DmaResult[] result = new DmaResult[1];
    inHand.incrementAndGet();
    Task task =
        sched.spawn(
            "device " + address,
            () -> {
              result[0] = perform(operation, now);
              inHand.decrementAndGet();
              changed.wakeAll();
            });
    if (!changed.await(() -> result[0] != null || stopped, deadlineNanos)) {
      return ended(Status.NO_ANSWER);
    }
    if (result[0] == null) {
      return ended(Status.STOPPED);
    }
    task.join();
    return result[0];
  }

  /** Stops the queue, and some time later takes the memory away. */
  @Override
  public void close() {
    stopped = true;
    changed.wakeAll();
    sched.sleep(random.nextLong(HOLD_NANOS) + 1);
    cutOff = true;
    changed.await(() -> inHand.get() == 0, Long.MAX_VALUE);
  }

  private DmaResult perform(DmaOperation operation, Bug now) {
    try {
      return switch (now) {
        case IDLE -> ended(Status.OK);
        case REFUSED -> ended(Status.REFUSED);
        case SILENT -> writeUntilCutOff(operation);
        case GONE -> vanish(operation);
        case FENCED -> {
          fenced = true;
          yield ended(Status.UNSUPPORTED_REQUEST);
        }
        case UNSUPPORTED -> ended(Status.UNSUPPORTED_REQUEST);
        default -> work(operation, now);
      };
    } catch (SegmentationFault e) {
      return ended(Status.REFUSED);
    }
  }

  private DmaResult vanish(DmaOperation operation) {
    tryWork(operation);
    gone = true;
    return ended(Status.GONE);
  }

  private DmaResult writeUntilCutOff(DmaOperation operation) {
    for (long pause = HOLD_NANOS; !cutOff; pause += pause / 4) {
      tryWork(operation);
      sched.sleep(pause);
    }
    return ended(Status.STOPPED);
  }

  private void tryWork(DmaOperation operation) {
    try {
      work(operation, Bug.NONE);
    } catch (SegmentationFault e) {
      // A step is changing the pages.
    }
  }

  private DmaResult work(DmaOperation operation, Bug now) throws SegmentationFault {
    CRC32C crc = new CRC32C();
    int length = (int) operation.length();
    for (int done = 0; done < length; ) {
      int bytes = Math.min(length - done, (int) (8 * random.nextLong(1, 17)));
      if (cutOff || !mm.getUserNotZero()) {
        return ended(Status.STOPPED);
      }
      try {
        int difference = piece(operation, done, bytes, crc, now);
        if (difference >= 0) {
          int wrong = now == Bug.WRONG_DIFFERENCE ? 1 : 0;
          return new DmaResult(Status.MISMATCH, done, done + difference + wrong, 0);
        }
      } finally {
        mm.putUserAsync();
      }
      done += bytes;
      sched.execution().yieldPoint();
      if (slow || stopped) {
        sched.sleep(random.nextLong(PIECE_NANOS)); // with whatever others do meanwhile
      }
    }
    long value = crc.getValue() ^ (now == Bug.WRONG_CHECKSUM ? 1 : 0);
    return new DmaResult(Status.OK, length, 0, operation.opcode() == Opcode.CRC32C ? value : 0);
  }

  /** Where a comparison found the first difference in the piece; negative without one. */
  private int piece(DmaOperation operation, int at, int bytes, CRC32C crc, Bug now)
      throws SegmentationFault {
    byte[] source =
        operation.opcode() == Opcode.FILL
            ? pattern(operation.pattern(), bytes)
            : read(operation.source() + at, bytes);
    switch (operation.opcode()) {
      case COPY, FILL -> write(operation.destination() + at, source, now);
      case CRC32C -> crc.update(source);
      case COMPARE -> {
        return Arrays.mismatch(source, read(operation.destination() + at, bytes));
      }
    }
    return -1;
  }

  private void write(long va, byte[] bytes, Bug now) throws SegmentationFault {
    if (now == Bug.WRONG_BIT && bug == now) {
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      bug = once ? Bug.NONE : bug;
    }
    mm.write(va, bytes, 0, bytes.length);
    if (now == Bug.WRITES_BESIDE) {
      mm.write(buffer + random.nextLong(bufferBytes - 8), new byte[] {0x5a}, 0, 1);
    }
  }

  private byte[] read(long va, int length) throws SegmentationFault {
    byte[] bytes = new byte[length];
    mm.read(va, bytes, 0, length);
    return bytes;
  }

  private static boolean writes(DmaOperation operation) {
    return operation.opcode() == Opcode.COPY || operation.opcode() == Opcode.FILL;
  }

  private static byte[] pattern(long pattern, int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (pattern >>> (i % 8 * 8));
    }
    return bytes;
  }

  private static DmaResult ended(Status status) {
    return new DmaResult(status, 0, 0, 0);
  }
}
