package org.smmulator.smmu.oracle;

import static org.smmulator.smmu.oracle.Bits.bit;
import static org.smmulator.smmu.oracle.Bits.inPlace;
import static org.smmulator.smmu.oracle.Bits.ones;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Software's side of one set of translation tables of either stage: it builds them at random places
 * of the arena and remembers every descriptor that it wrote.
 */
final class RandomTables {
  /**
   * A descriptor and the input addresses below it.
   *
   * @param input first address, without sign extension
   */
  record Slot(long pa, int level, boolean leaf, long input, int sizeLog2) {}

  /**
   * @param bias what software adds to a physical address to get what hardware shall read as a
   *     pointer: nonzero where stage 2 lies between
   * @param wide whether descriptors of 64 KiB hold bits [51:48]
   */
  record Shape(
      int granule, int inputBits, int startLevel, long bias, boolean wide, boolean bigEndian) {
    int width() {
      return inputBits - (granule + (3 - startLevel) * (granule - 3));
    }

    int sizeLog2(int level) {
      return granule + (3 - level) * (granule - 3);
    }
  }

  private final Arena arena;
  private final Random random;
  private final Shape shape;
  private final boolean stage1;
  private final long root;
  private final List<Slot> leaves = new ArrayList<>();
  private final List<Slot> tables = new ArrayList<>();

  RandomTables(Arena arena, Random random, Shape shape, boolean stage1) {
    this.arena = arena;
    this.random = random;
    this.shape = shape;
    this.stage1 = stage1;
    root = arena.allocate(8L << shape.width(), Math.max(6, 3 + shape.width()));
  }

  Shape shape() {
    return shape;
  }

  /** Where software tells hardware that the tables are. */
  long pointer() {
    return root + shape.bias;
  }

  boolean exists() {
    return root >= 0;
  }

  List<Slot> leaves() {
    return leaves;
  }

  List<Slot> tables() {
    return tables;
  }

  /**
   * Maps one page or block; does nothing where something larger or smaller is mapped.
   *
   * @param attributes of the leaf: everything but its address and type
   */
  boolean map(long input, int leafLevel, long output, long attributes) {
    long at = root | (index(input, shape.startLevel, shape.width()) << 3);
    for (int level = shape.startLevel; level < leafLevel; level++) {
      long descriptor = get(at);
      if (descriptor == 0) {
        long next = arena.allocate(8L << (shape.granule - 3), shape.granule);
        if (next < 0) {
          return false;
        }
        descriptor = address(next + shape.bias, shape.granule) | tableAttributes() | 3;
        put(at, descriptor);
        tables.add(slot(at, level, false, input));
      } else if (!bit(descriptor, 1)) {
        return false;
      }
      long table = pointee(descriptor) - shape.bias;
      at = table | (index(input, level + 1, shape.granule - 3) << 3);
    }
    if (get(at) != 0) {
      return false;
    }
    put(at, address(output, shape.sizeLog2(leafLevel)) | attributes | (leafLevel == 3 ? 3 : 1));
    leaves.add(slot(at, leafLevel, true, input));
    return true;
  }

  private Slot slot(long at, int level, boolean leaf, long input) {
    int sizeLog2 = shape.sizeLog2(level);
    return new Slot(at, level, leaf, input & ~ones(sizeLog2), sizeLog2);
  }

  /** Ignored bits are set at random; bit 11 always, so that no misread table is a global page. */
  private long tableAttributes() {
    long attributes = 1L << 11 | (random.nextLong() & (0x7fL << 52 | 0x1ffL << 2));
    if (stage1 && random.nextInt(8) == 0) {
      attributes |= (long) random.nextInt(16) << 59;
    }
    return attributes;
  }

  private long index(long input, int level, int width) {
    return (input >>> shape.sizeLog2(level)) & ones(width);
  }

  /** An address as a descriptor holds it. */
  long address(long address, int low) {
    long field = inPlace(address, 47, low);
    return shape.wide && shape.granule == 16 ? field | (((address >>> 48) & 0xf) << 12) : field;
  }

  private long pointee(long descriptor) {
    long address = inPlace(descriptor, 47, shape.granule);
    return shape.wide && shape.granule == 16
        ? address | (((descriptor >>> 12) & 0xf) << 48)
        : address;
  }

  long get(long pa) {
    long word = arena.peek(pa);
    return shape.bigEndian ? Long.reverseBytes(word) : word;
  }

  void put(long pa, long descriptor) {
    arena.poke(pa, shape.bigEndian ? Long.reverseBytes(descriptor) : descriptor);
  }

  /** Value of a descriptor as memory holds it. */
  long inMemory(long descriptor) {
    return shape.bigEndian ? Long.reverseBytes(descriptor) : descriptor;
  }
}
