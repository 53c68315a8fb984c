package org.smmulator.smmu.translation;

import static org.smmulator.smmu.tlb.Translation.EXECUTE;
import static org.smmulator.smmu.tlb.Translation.PRIVILEGED_SHIFT;
import static org.smmulator.smmu.tlb.Translation.READ;
import static org.smmulator.smmu.tlb.Translation.WRITE;

import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.smmu.config.ContextDescriptor;

/** Stage 1 permissions of a regime with two privileges (ARM DDI 0487 D8.4). */
final class Permissions {
  /** Limits that table descriptors set for everything below them. */
  static final int NO_UNPRIVILEGED = 1;

  static final int READ_ONLY = 2;
  static final int UNPRIVILEGED_EXECUTE_NEVER = 4;
  static final int PRIVILEGED_EXECUTE_NEVER = 8;

  private Permissions() {}

  /** The limits that one table descriptor sets: APTable, UXNTable, PXNTable. */
  static int limits(long tableDescriptor) {
    return ((tableDescriptor & Descriptor.AP_TABLE_NO_UNPRIVILEGED) != 0 ? NO_UNPRIVILEGED : 0)
        | ((tableDescriptor & Descriptor.AP_TABLE_READ_ONLY) != 0 ? READ_ONLY : 0)
        | ((tableDescriptor & Descriptor.UXN_TABLE) != 0 ? UNPRIVILEGED_EXECUTE_NEVER : 0)
        | ((tableDescriptor & Descriptor.PXN_TABLE) != 0 ? PRIVILEGED_EXECUTE_NEVER : 0);
  }

  /** Permissions of a leaf under the limits of the tables above it, as Translation keeps them. */
  static int of(long leaf, int limits, ContextDescriptor context) {
    boolean readOnly = (leaf & Descriptor.AP_READ_ONLY) != 0 || (limits & READ_ONLY) != 0;
    boolean unprivileged =
        (leaf & Descriptor.AP_UNPRIVILEGED) != 0 && (limits & NO_UNPRIVILEGED) == 0;
    boolean pxn = (leaf & Descriptor.PXN) != 0 || (limits & PRIVILEGED_EXECUTE_NEVER) != 0;
    boolean uxn = (leaf & Descriptor.UXN) != 0 || (limits & UNPRIVILEGED_EXECUTE_NEVER) != 0;
    boolean unprivilegedWrite = unprivileged && !readOnly;
    boolean wxn = context.writeExecuteNever();

    int user = unprivileged ? READ : 0;
    user |= unprivilegedWrite ? WRITE : 0;
    user |= !uxn && !(wxn && unprivilegedWrite) ? EXECUTE : 0;

    boolean dataNever = context.privilegedAccessNever() && unprivileged;
    int kernel = dataNever ? 0 : READ | (readOnly ? 0 : WRITE);
    kernel |= !pxn && !unprivilegedWrite && !(wxn && !readOnly) ? EXECUTE : 0;
    return user | kernel << PRIVILEGED_SHIFT;
  }

  /** The permission that an access needs: a write is always data, a fetch needs no read. */
  static int needed(boolean write, boolean execute) {
    return write ? WRITE : execute ? EXECUTE : READ;
  }
}
