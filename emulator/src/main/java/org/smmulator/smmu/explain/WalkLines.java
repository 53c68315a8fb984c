package org.smmulator.smmu.explain;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.arch.vmsa.Granule;
import org.smmulator.smmu.config.Configuration;
import org.smmulator.smmu.config.ContextDescriptor;
import org.smmulator.smmu.config.Stage2Context;
import org.smmulator.smmu.config.TranslationTable;
import org.smmulator.smmu.explain.ReadLog.Purpose;
import org.smmulator.smmu.explain.ReadLog.Read;

/** The lines for the descriptors of both stages; counts levels as the walks go down. */
final class WalkLines {
  private static final String[] AP = {
    "privileged RW", "all RW", "privileged RO", "all RO",
  };
  private static final String[] S2AP = {"none", "R", "W", "RW"};

  private final @Nullable TranslationTable table1;
  private final @Nullable TranslationTable table2;
  private int level1;
  private int level2;
  private long tables;

  // Of the last descriptors read.
  private final int[] lastLevel = new int[2];
  private final long[] lastDescriptor = new long[2];

  WalkLines(@Nullable Configuration configuration, long address) {
    ContextDescriptor context = configuration == null ? null : configuration.context();
    Stage2Context stage2 = configuration == null ? null : configuration.stage2();
    table1 = context == null ? null : context.half(address);
    table2 = stage2 == null ? null : stage2.table();
    level1 = table1 == null ? 0 : table1.startLevel();
    restartStage2();
  }

  /** Whatever stage 2 translates next is another address. */
  void restartStage2() {
    level2 = table2 == null ? 0 : table2.startLevel();
  }

  /** The level of the last descriptor of a stage. */
  int level(boolean stage2) {
    return lastLevel[stage2 ? 1 : 0];
  }

  /** The last descriptor of a stage, as it was read. */
  long descriptor(boolean stage2) {
    return lastDescriptor[stage2 ? 1 : 0];
  }

  /** All bits of the stage 1 table descriptors whose limits count. */
  long tables() {
    return tables;
  }

  String describe(Read read) {
    boolean first = read.purpose() == Purpose.STAGE1;
    TranslationTable table = first ? table1 : table2;
    int level = first ? level1 : level2;
    if (table == null) {
      throw new IllegalStateException("a descriptor was read without a table");
    }
    String where =
        String.format(
            "%sstage %d level %d at 0x%x: ",
            first ? "" : "    ", first ? 1 : 2, level, read.address());
    if (read.aborted()) {
      return where + "the read aborts";
    }
    String raw = String.format("%016x ", read.value());
    if (read.update()) {
      return where + raw + "hardware would store this: access flag or dirty state";
    }
    lastLevel[first ? 0 : 1] = level;
    lastDescriptor[first ? 0 : 1] = read.value();
    if (!table.isValid(read.value(), level)) {
      restart(first);
      return where + raw + "invalid";
    }
    if (TranslationTable.isLeaf(read.value(), level)) {
      String kind = level == Granule.LAST_LEVEL ? "page" : "block";
      long output = table.leafAddress(read.value(), level);
      String attributes = first ? leaf1(read.value()) : leaf2(read.value());
      restart(first);
      return where + raw + String.format("%s -> 0x%x, %s", kind, output, attributes);
    }
    advance(first);
    boolean limited = first && !table.hierarchyIgnored();
    tables |= limited ? read.value() : 0;
    String limits = limited ? limits(read.value()) : "";
    return where + raw + String.format("table -> 0x%x%s", table.address(read.value()), limits);
  }

  private void restart(boolean first) {
    // The leaf of stage 1 may be updated, which is at the same level.
    if (!first) {
      restartStage2();
    }
  }

  private void advance(boolean first) {
    if (first) {
      level1++;
    } else {
      level2++;
    }
  }

  private static String leaf1(long leaf) {
    return AP[(int) (leaf >>> 6) & 3]
        + flag(leaf, Descriptor.PXN, " PXN")
        + flag(leaf, Descriptor.UXN, " UXN")
        + flag(leaf, Descriptor.DBM, " DBM")
        + " AF="
        + (leaf >>> 10 & 1)
        + ((leaf & Descriptor.NG) == 0 ? " global" : " nG");
  }

  private static String leaf2(long leaf) {
    return "S2AP="
        + S2AP[(int) (leaf >>> 6) & 3]
        + " XN="
        + (leaf >>> Descriptor.S2_XN_SHIFT & 3)
        + flag(leaf, Descriptor.DBM, " DBM")
        + " AF="
        + (leaf >>> 10 & 1)
        + " MemAttr="
        + (leaf >>> Descriptor.S2_MEMATTR_SHIFT & 0xf);
  }

  private static String limits(long descriptor) {
    return flag(descriptor, Descriptor.AP_TABLE_NO_UNPRIVILEGED, ", no unprivileged access below")
        + flag(descriptor, Descriptor.AP_TABLE_READ_ONLY, ", read-only below")
        + flag(descriptor, Descriptor.UXN_TABLE, ", UXN below")
        + flag(descriptor, Descriptor.PXN_TABLE, ", PXN below");
  }

  private static String flag(long descriptor, long mask, String name) {
    return (descriptor & mask) != 0 ? name : "";
  }
}
