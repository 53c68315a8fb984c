package org.smmulator.machine;

import java.util.List;
import java.util.SplittableRandom;
import org.smmulator.config.Step.Operation;

/**
 * A seeded stream of operations on a window of a buffer: the same seed gives the same stream.
 * Sources lie in the lower half of the window and destinations in the upper half, so that no
 * operation overlaps itself.
 */
final class AddressStream {
  /**
   * One operation; offsets are bytes from the buffer's start, 8-byte aligned.
   *
   * @param source read from (COPY, COMPARE, CRC)
   * @param destination written (COPY, FILL) or compared with (COMPARE)
   */
  record Item(Operation operation, long source, long destination, int length, long pattern) {
    boolean reads() {
      return operation != Operation.FILL;
    }

    boolean writes() {
      return operation == Operation.COPY || operation == Operation.FILL;
    }

    boolean usesDestination() {
      return operation != Operation.CRC;
    }
  }

  private final SplittableRandom random;
  private final List<Operation> mix;
  private final long start;
  private final long half;
  private final int length;
  private long copiedFrom = -1;
  private long copiedTo;

  /**
   * @param page first page of the window
   * @param pages pages of the window, at least 2
   * @param length bytes of one operation, at most half the window
   */
  AddressStream(long seed, List<Operation> mix, int page, int pages, int length) {
    this.random = new SplittableRandom(seed);
    this.mix = mix;
    this.start = (long) page * BufferModel.PAGE_BYTES;
    this.half = (long) (pages / 2) * BufferModel.PAGE_BYTES;
    this.length = (int) Math.min(length & ~7, half);
  }

  Item next() {
    Operation operation = mix.get(random.nextInt(mix.size()));
    long source = start + offset();
    long destination = start + half + offset();
    if (operation == Operation.COPY) {
      copiedFrom = source;
      copiedTo = destination;
    } else if (operation == Operation.COMPARE && copiedFrom >= 0 && random.nextBoolean()) {
      source = copiedFrom; // equal operands are worth comparing, too
      destination = copiedTo;
    }
    return new Item(operation, source, destination, length, random.nextLong());
  }

  private long offset() {
    long positions = (half - length) / 8 + 1;
    return random.nextLong(positions) * 8;
  }
}
