package org.smmulator.smmu.translation;

import static org.smmulator.smmu.tlb.Translation.PRIVILEGED_EXECUTE;
import static org.smmulator.smmu.tlb.Translation.PRIVILEGED_READ;
import static org.smmulator.smmu.tlb.Translation.PRIVILEGED_WRITE;
import static org.smmulator.smmu.tlb.Translation.STAGE1_ALL;
import static org.smmulator.smmu.tlb.Translation.STAGE1_CLEAN;
import static org.smmulator.smmu.tlb.Translation.STAGE2_ALL;
import static org.smmulator.smmu.tlb.Translation.STAGE2_CLEAN;
import static org.smmulator.smmu.tlb.Translation.STAGE2_PRIVILEGED_EXECUTE;
import static org.smmulator.smmu.tlb.Translation.STAGE2_READ;
import static org.smmulator.smmu.tlb.Translation.STAGE2_UNPRIVILEGED_EXECUTE;
import static org.smmulator.smmu.tlb.Translation.STAGE2_WRITE;
import static org.smmulator.smmu.tlb.Translation.UNPRIVILEGED_EXECUTE;
import static org.smmulator.smmu.tlb.Translation.UNPRIVILEGED_READ;
import static org.smmulator.smmu.tlb.Translation.UNPRIVILEGED_WRITE;

/**
 * What is asked of a translation, an {@code int}: the permissions of {@link
 * org.smmulator.smmu.tlb.Translation} that are wanted. An access of a device wants one of each
 * stage, and faults without it. A grant, for a translation request, wants several and takes what
 * there is.
 */
public final class Access {
  /** Takes what there is instead of faulting; a bit of an access, beside the permissions. */
  private static final int GRANT = 1 << 16;

  /** Marks no descriptor: to learn what would be granted. */
  private static final int DRY = 1 << 17;

  private static final int UNPRIVILEGED_BITS =
      UNPRIVILEGED_READ
          | UNPRIVILEGED_WRITE
          | UNPRIVILEGED_EXECUTE
          | STAGE2_UNPRIVILEGED_EXECUTE
          | STAGE2_READ
          | STAGE2_WRITE;
  private static final int PRIVILEGED_BITS =
      PRIVILEGED_READ
          | PRIVILEGED_WRITE
          | PRIVILEGED_EXECUTE
          | STAGE2_PRIVILEGED_EXECUTE
          | STAGE2_READ
          | STAGE2_WRITE;
  private static final int READ = UNPRIVILEGED_READ | PRIVILEGED_READ | STAGE2_READ;
  private static final int WRITE = UNPRIVILEGED_WRITE | PRIVILEGED_WRITE | STAGE2_WRITE;
  private static final int EXECUTE =
      UNPRIVILEGED_EXECUTE
          | PRIVILEGED_EXECUTE
          | STAGE2_UNPRIVILEGED_EXECUTE
          | STAGE2_PRIVILEGED_EXECUTE;

  /** What is done at an address. */
  public enum Kind {
    READ(Access.READ),
    WRITE(Access.WRITE),
    FETCH(Access.EXECUTE);

    private final int bits;

    Kind(int bits) {
      this.bits = bits;
    }
  }

  private Access() {}

  /** Whether both stages permit an access. */
  public static boolean permits(int permissions, boolean privileged, Kind kind) {
    int wanted = (privileged ? PRIVILEGED_BITS : UNPRIVILEGED_BITS) & kind.bits;
    return (permissions & wanted) == wanted;
  }

  /** One access; a write is data whatever {@code execute} says, a fetch needs no read. */
  public static int of(boolean write, boolean privileged, boolean execute) {
    return (privileged ? PRIVILEGED_BITS : UNPRIVILEGED_BITS)
        & (write ? WRITE : execute ? EXECUTE : READ);
  }

  /**
   * What a translation request asks for.
   *
   * @param readsAreFetches the stream makes instruction fetches of its reads
   */
  public static int grant(boolean write, boolean privileged, boolean readsAreFetches) {
    int wanted = (readsAreFetches ? EXECUTE : READ) | (write ? WRITE : 0);
    return GRANT | ((privileged ? PRIVILEGED_BITS : UNPRIVILEGED_BITS) & wanted);
  }

  /** The same without marks in descriptors. */
  static int dry(int access) {
    return access | DRY;
  }

  static boolean isDry(int access) {
    return (access & DRY) != 0;
  }

  static boolean isGrant(int access) {
    return (access & GRANT) != 0;
  }

  /** The part that concerns stage 1. */
  static int ofStage1(int access) {
    return access & (STAGE1_ALL | GRANT);
  }

  /** The part that concerns stage 2. */
  static int ofStage2(int access) {
    return access & (STAGE2_ALL | GRANT);
  }

  /**
   * The part that concerns stage 2 where stage 1 has granted {@code permissions}: nothing is wanted
   * that stage 1 refuses.
   */
  static int ofStage2(int access, int permissions) {
    int granted = access & permissions & STAGE1_ALL;
    int wanted =
        ((granted & READ) != 0 ? STAGE2_READ : 0)
            | ((granted & WRITE) != 0 ? STAGE2_WRITE : 0)
            | ((granted & UNPRIVILEGED_EXECUTE) != 0 ? STAGE2_UNPRIVILEGED_EXECUTE : 0)
            | ((granted & PRIVILEGED_EXECUTE) != 0 ? STAGE2_PRIVILEGED_EXECUTE : 0);
    return (access & GRANT) | wanted;
  }

  /** A grant without what stage 2 refuses. */
  static int limited(int access, int permissions) {
    int refused =
        ((permissions & STAGE2_READ) == 0 ? READ : 0)
            | ((permissions & STAGE2_WRITE) == 0 ? WRITE : 0)
            | ((permissions & STAGE2_UNPRIVILEGED_EXECUTE) == 0
                ? UNPRIVILEGED_EXECUTE | STAGE2_UNPRIVILEGED_EXECUTE
                : 0)
            | ((permissions & STAGE2_PRIVILEGED_EXECUTE) == 0
                ? PRIVILEGED_EXECUTE | STAGE2_PRIVILEGED_EXECUTE
                : 0);
    return access & ~refused;
  }

  /** Whether stage 1 gives any of what is wanted. */
  static boolean grantsAny(int access, int permissions) {
    return (access & permissions & STAGE1_ALL) != 0;
  }

  /** What of the wanted permissions there is. */
  static int granted(int access, int permissions) {
    return access & permissions & (STAGE1_ALL | STAGE2_ALL);
  }

  /** Whether permissions let an access pass as they are, with no descriptor to mark dirty first. */
  static boolean isPermitted(int access, int permissions) {
    int wanted = access & (STAGE1_ALL | STAGE2_ALL);
    return (permissions & wanted) == wanted
        && ((permissions & (STAGE1_CLEAN | STAGE2_CLEAN)) == 0 || (wanted & WRITE) == 0);
  }

  /** Whether a grant is nothing at all: of each permission, both stages must have it. */
  static boolean grantsNothing(int access, int permissions) {
    return granted(ofStage2(access, permissions), permissions) == 0;
  }

  /** Whether a write is granted that must mark a descriptor dirty first. */
  static boolean mustMarkDirty(int access, int permissions) {
    return (permissions & (STAGE1_CLEAN | STAGE2_CLEAN)) != 0
        && (granted(ofStage2(access, permissions), permissions) & STAGE2_WRITE) != 0;
  }

  static boolean isUnprivileged(int access) {
    return (access & PRIVILEGED_BITS & STAGE1_ALL) == 0;
  }

  static boolean isWrite(int access) {
    return (access & WRITE) != 0;
  }
}
