package org.smmulator.smmu.explain;

import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.smmu.config.ContextDescriptor;
import org.smmulator.smmu.config.Stage2Context;
import org.smmulator.smmu.tlb.Regime;

/** The bits for which a leaf does not permit an access (Arm ARM D8.4). */
final class PermissionRule {
  private static final long READ_ONLY_TABLE = Descriptor.AP_TABLE_READ_ONLY;
  private static final long PRIVILEGED_TABLE = Descriptor.AP_TABLE_NO_UNPRIVILEGED;

  /**
   * One access, as STE overrides leave it.
   *
   * @param fetch an instruction fetch, unless it is a write
   */
  record Wanted(boolean write, boolean privileged, boolean fetch) {}

  private PermissionRule() {}

  /**
   * Of stage 1.
   *
   * @param tables the bits of all table descriptors above the leaf
   */
  static String stage1(long leaf, long tables, ContextDescriptor context, Wanted wanted) {
    boolean single = context.regime() == Regime.EL2;
    if (!wanted.write() && wanted.fetch()) {
      return neverExecuted(leaf, tables, context, wanted.privileged() && !single);
    }
    if (!single && !wanted.privileged() && !isUnprivileged(leaf, tables)) {
      return (leaf & Descriptor.AP_UNPRIVILEGED) == 0
          ? "AP[1] is 0: no unprivileged access"
          : "APTable[0] is 1 in a table above: no unprivileged access";
    }
    if (wanted.privileged() && context.privilegedAccessNever() && isUnprivileged(leaf, tables)) {
      return "CD.PAN is 1 and AP[1] is 1: no privileged data access";
    }
    return (tables & READ_ONLY_TABLE) != 0
        ? "APTable[1] is 1 in a table above: read-only"
        : "AP[2] is 1: read-only";
  }

  private static String neverExecuted(
      long leaf, long tables, ContextDescriptor context, boolean privileged) {
    if ((leaf & (privileged ? Descriptor.PXN : Descriptor.UXN)) != 0) {
      return privileged ? "PXN is 1" : "UXN (XN) is 1";
    }
    if ((tables & (privileged ? Descriptor.PXN_TABLE : Descriptor.UXN_TABLE)) != 0) {
      return (privileged ? "PXNTable" : "UXNTable (XNTable)") + " is 1 in a table above";
    }
    return privileged && isUnprivileged(leaf, tables) && isWritable(leaf, tables, context)
        ? "what is writable unprivileged is never executed privileged"
        : "CD.WXN is 1, and the page is writable";
  }

  private static boolean isUnprivileged(long leaf, long tables) {
    return (leaf & Descriptor.AP_UNPRIVILEGED) != 0 && (tables & PRIVILEGED_TABLE) == 0;
  }

  private static boolean isWritable(long leaf, long tables, ContextDescriptor context) {
    boolean dirtyManaged = context.updatesDirty() && (leaf & Descriptor.DBM) != 0;
    return ((leaf & Descriptor.AP_READ_ONLY) == 0 || dirtyManaged)
        && (tables & READ_ONLY_TABLE) == 0;
  }

  /** Of stage 2; what a walk needs is never a fetch of instructions. */
  static String stage2(long leaf, Stage2Context stage2, Wanted wanted) {
    if (!wanted.write() && wanted.fetch()) {
      int xn = (int) (leaf >>> Descriptor.S2_XN_SHIFT) & 3;
      return String.format(
          "XN[1:0] is 0b%d%d%s",
          xn >> 1, xn & 1, stage2.privilegedExecution() ? "" : ", of which XN[1] counts");
    }
    if ((leaf & (wanted.write() ? Descriptor.S2AP_WRITE : Descriptor.S2AP_READ)) == 0) {
      return wanted.write() ? "S2AP[1] is 0: no write" : "S2AP[0] is 0: no read";
    }
    return "STE.S2PTW is 1, and what the walk needs is in Device memory";
  }
}
