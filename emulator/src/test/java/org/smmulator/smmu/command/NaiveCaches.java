package org.smmulator.smmu.command;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import org.smmulator.smmu.tlb.Regime;

/**
 * What caches of unlimited size hold, as lists, and what each TLBI drops, read off the table of
 * scopes.
 */
final class NaiveCaches {
  static final int GLOBAL = -1;

  /** A tag: ASID or {@link #GLOBAL}. */
  record Space(Regime regime, int vmid, int asid, boolean aset) {}

  /** A translation of 2^size bytes, which is the leaf of a stage or a piece of one. */
  record Leaf(
      Space space, long address, int size, int leafSize, int level, int granule, long value) {
    boolean covers(Space asked, long of) {
      return space.equals(asked) && block(address, size).equals(block(of, size));
    }
  }

  /** A table that serves 2^size bytes. */
  record Table(Space space, long address, int size, int level, int granule, long value) {
    boolean covers(Space asked, long of) {
      return space.equals(asked) && block(address, size).equals(block(of, size));
    }
  }

  /** Which half, and which block of 2^size bytes of it. */
  record Block(boolean upper, long number) {}

  /** The fields of a command, after what the SMMU lacks has been masked off. */
  record Invalidation(
      int opcode,
      int vmid,
      int vmw,
      int asid,
      boolean e2h,
      boolean leafOnly,
      long address,
      long bytes,
      int granule,
      int level) {}

  final List<Leaf> leaves = new ArrayList<>();
  final List<Table> tables = new ArrayList<>();

  static Block block(long address, int size) {
    return new Block((address & 0x0080_0000_0000_0000L) != 0, offset(address) / (1L << size));
  }

  private static long offset(long address) {
    return address & 0x000f_ffff_ffff_ffffL;
  }

  void insert(Leaf leaf) {
    leaves.removeIf(old -> old.size == leaf.size && old.covers(leaf.space, leaf.address));
    leaves.add(leaf);
  }

  void insert(Table table) {
    tables.removeIf(old -> old.size == table.size && old.covers(table.space, table.address));
    tables.add(table);
  }

  /** Every translation that may be found, the one that is found first. */
  List<Long> lookup(Space own, Space global, long address) {
    List<Long> found = new ArrayList<>();
    for (Space space : List.of(own, global)) {
      leaves.stream()
          .filter(leaf -> leaf.covers(space, address))
          .sorted(Comparator.comparingInt(Leaf::size))
          .forEach(leaf -> found.add(leaf.value));
    }
    return found;
  }

  void invalidate(Invalidation by) {
    Predicate<Space> named = space -> names(by, space);
    boolean byAddress = (by.opcode & 0xf) == 2 || (by.opcode & 0xf) == 3 || by.opcode == 0x2a;
    leaves.removeIf(leaf -> named.test(leaf.space) && (!byAddress || hits(by, leaf)));
    tables.removeIf(
        table -> named.test(table.space) && (!byAddress || (!by.leafOnly && hits(by, table))));
  }

  private static boolean names(Invalidation by, Space space) {
    int ignored = (1 << by.vmw) - 1;
    boolean sameVmid = (space.vmid | ignored) == (by.vmid | ignored);
    boolean el1 = space.regime == Regime.EL1 && sameVmid;
    boolean stage2 = space.regime == Regime.STAGE2 && sameVmid;
    boolean global = space.asid == GLOBAL;
    return switch (by.opcode) {
      case 0x10, 0x13 -> el1;
      case 0x11 -> el1 && space.asid == by.asid;
      case 0x12 -> el1 && (global || space.asid == by.asid);
      case 0x20 -> space.regime == Regime.EL2 || space.regime == Regime.EL2_E2H;
      case 0x21 -> space.regime == Regime.EL2_E2H && space.asid == by.asid;
      case 0x22 ->
          by.e2h
              ? space.regime == Regime.EL2_E2H && (global || space.asid == by.asid)
              : space.regime == Regime.EL2;
      case 0x23 -> space.regime == (by.e2h ? Regime.EL2_E2H : Regime.EL2);
      case 0x28 -> el1 || stage2;
      case 0x2a -> stage2;
      case 0x30 -> space.regime == Regime.EL1 || space.regime == Regime.STAGE2;
      default -> throw new IllegalArgumentException("opcode " + by.opcode);
    };
  }

  private static boolean hits(Invalidation by, Leaf leaf) {
    return overlaps(by, leaf.address, Math.max(leaf.size, leaf.leafSize))
        && (by.granule == 0 || by.granule == leaf.granule)
        && (by.level == 0 || by.level == leaf.level);
  }

  private static boolean hits(Invalidation by, Table table) {
    return overlaps(by, table.address, table.size)
        && (by.granule == 0 || by.granule == table.granule)
        && (by.level == 0 || table.level <= by.level);
  }

  private static boolean overlaps(Invalidation by, long address, int size) {
    Block block = block(address, size);
    long start = block.number << size;
    long end = start + (1L << size);
    boolean upper = (by.address & 0x0080_0000_0000_0000L) != 0;
    return block.upper == upper
        && start < offset(by.address) + by.bytes
        && offset(by.address) < end;
  }
}
