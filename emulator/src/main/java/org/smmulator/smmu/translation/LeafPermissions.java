package org.smmulator.smmu.translation;

import static org.smmulator.smmu.tlb.Translation.PRIVILEGED_EXECUTE;
import static org.smmulator.smmu.tlb.Translation.PRIVILEGED_READ;
import static org.smmulator.smmu.tlb.Translation.PRIVILEGED_WRITE;
import static org.smmulator.smmu.tlb.Translation.STAGE1_CLEAN;
import static org.smmulator.smmu.tlb.Translation.STAGE2_CLEAN;
import static org.smmulator.smmu.tlb.Translation.STAGE2_PRIVILEGED_EXECUTE;
import static org.smmulator.smmu.tlb.Translation.STAGE2_READ;
import static org.smmulator.smmu.tlb.Translation.STAGE2_UNPRIVILEGED_EXECUTE;
import static org.smmulator.smmu.tlb.Translation.STAGE2_WRITE;
import static org.smmulator.smmu.tlb.Translation.UNPRIVILEGED_EXECUTE;
import static org.smmulator.smmu.tlb.Translation.UNPRIVILEGED_READ;
import static org.smmulator.smmu.tlb.Translation.UNPRIVILEGED_WRITE;

import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.smmu.config.ContextDescriptor;
import org.smmulator.smmu.config.Stage2Context;
import org.smmulator.smmu.tlb.Regime;

/**
 * What a leaf permits (Arm ARM D8.4), in the bits of {@link org.smmulator.smmu.tlb.Translation}.
 * Where hardware manages dirty state, a read-only leaf with DBM counts as writable, but clean.
 */
final class LeafPermissions {
  /** Limits that stage 1 table descriptors set for everything below them. */
  static final int NO_UNPRIVILEGED = 1;

  static final int READ_ONLY = 2;
  static final int UNPRIVILEGED_EXECUTE_NEVER = 4;
  static final int PRIVILEGED_EXECUTE_NEVER = 8;

  private LeafPermissions() {}

  /** The limits that one table descriptor sets: APTable, UXNTable, PXNTable. */
  static int limits(long tableDescriptor) {
    return ((tableDescriptor & Descriptor.AP_TABLE_NO_UNPRIVILEGED) != 0 ? NO_UNPRIVILEGED : 0)
        | ((tableDescriptor & Descriptor.AP_TABLE_READ_ONLY) != 0 ? READ_ONLY : 0)
        | ((tableDescriptor & Descriptor.UXN_TABLE) != 0 ? UNPRIVILEGED_EXECUTE_NEVER : 0)
        | ((tableDescriptor & Descriptor.PXN_TABLE) != 0 ? PRIVILEGED_EXECUTE_NEVER : 0);
  }

  /** Permissions of a stage 1 leaf under the limits of the tables above it. */
  static int ofStage1(long leaf, int limits, ContextDescriptor context) {
    boolean dirtyManaged = context.updatesDirty() && (leaf & Descriptor.DBM) != 0;
    boolean leafReadOnly = (leaf & Descriptor.AP_READ_ONLY) != 0;
    boolean readOnly = (leafReadOnly && !dirtyManaged) || (limits & READ_ONLY) != 0;
    int clean = leafReadOnly && !readOnly ? STAGE1_CLEAN : 0;
    boolean uxn = (leaf & Descriptor.UXN) != 0 || (limits & UNPRIVILEGED_EXECUTE_NEVER) != 0;
    boolean wxn = context.writeExecuteNever();
    if (context.regime() == Regime.EL2) {
      return clean | ofOnePrivilege(readOnly, uxn || (wxn && !readOnly));
    }
    boolean unprivileged =
        (leaf & Descriptor.AP_UNPRIVILEGED) != 0 && (limits & NO_UNPRIVILEGED) == 0;
    boolean pxn = (leaf & Descriptor.PXN) != 0 || (limits & PRIVILEGED_EXECUTE_NEVER) != 0;
    boolean unprivilegedWrite = unprivileged && !readOnly;
    boolean dataNever = context.privilegedAccessNever() && unprivileged;
    boolean privilegedExecute = !pxn && !unprivilegedWrite && !(wxn && !readOnly);
    return clean
        | (unprivileged ? UNPRIVILEGED_READ : 0)
        | (unprivilegedWrite ? UNPRIVILEGED_WRITE : 0)
        | (!uxn && !(wxn && unprivilegedWrite) ? UNPRIVILEGED_EXECUTE : 0)
        | (dataNever ? 0 : PRIVILEGED_READ | (readOnly ? 0 : PRIVILEGED_WRITE))
        | (privilegedExecute ? PRIVILEGED_EXECUTE : 0);
  }

  /** EL2: the privilege of an access does not count. */
  private static int ofOnePrivilege(boolean readOnly, boolean executeNever) {
    return UNPRIVILEGED_READ
        | PRIVILEGED_READ
        | (readOnly ? 0 : UNPRIVILEGED_WRITE | PRIVILEGED_WRITE)
        | (executeNever ? 0 : UNPRIVILEGED_EXECUTE | PRIVILEGED_EXECUTE);
  }

  /** Permissions of a stage 2 leaf. */
  static int ofStage2(long leaf, Stage2Context stage2) {
    boolean leafWrite = (leaf & Descriptor.S2AP_WRITE) != 0;
    boolean dirtyManaged = stage2.updatesDirty() && (leaf & Descriptor.DBM) != 0;
    int permissions =
        ((leaf & Descriptor.S2AP_READ) != 0 ? STAGE2_READ : 0)
            | (leafWrite || dirtyManaged ? STAGE2_WRITE : 0)
            | (!leafWrite && dirtyManaged ? STAGE2_CLEAN : 0);
    int executeNever = (int) (leaf >>> Descriptor.S2_XN_SHIFT) & 3;
    return permissions
        | switch (stage2.privilegedExecution() ? executeNever : executeNever & 2) {
          case 0 -> STAGE2_UNPRIVILEGED_EXECUTE | STAGE2_PRIVILEGED_EXECUTE;
          case 1 -> STAGE2_UNPRIVILEGED_EXECUTE;
          case 2 -> 0;
          default -> STAGE2_PRIVILEGED_EXECUTE;
        };
  }

  /** Whether stage 2 says that memory is of a Device type (D8.6.6). */
  static boolean isDevice(long leaf, Stage2Context stage2) {
    int memAttr = (int) (leaf >>> Descriptor.S2_MEMATTR_SHIFT) & 0xf;
    return stage2.forcesWriteBack() ? (memAttr & 4) == 0 : memAttr >>> 2 == 0;
  }
}
