package org.smmulator.smmu.tlb;

import org.smmulator.arch.vmsa.Granule;

/**
 * A finished translation, a bare {@code long}: where an input address goes and who may go there.
 * Never 0. {@link #FAULT} stands for a translation that met a fault.
 *
 * <pre>
 *   63    | 62     | 61 60 | 59 58   | 57  52    | 51           12 | 11 ... 0
 *   fault | device | level | granule | log2 size | output address  | permissions
 *
 *   11 S2 clean | 10 PX 9 UX 8 W 7 R of stage 2 | 6 S1 clean | 5 PX 4 PW 3 PR 2 UX 1 UW 0 UR of stage 1
 * </pre>
 *
 * A stage that is not enabled has all of its permissions. Clean: writable, but a write must mark
 * the descriptor dirty first. Device: stage 2 says so. Level and granule are those of stage 1 if it
 * is enabled; the size is what one entry covers and may be larger (contiguous) or, with two stages,
 * smaller than a block of that level.
 */
public final class Translation {
  public static final long FAULT = Long.MIN_VALUE;

  public static final int UNPRIVILEGED_READ = 1;
  public static final int UNPRIVILEGED_WRITE = 1 << 1;
  public static final int UNPRIVILEGED_EXECUTE = 1 << 2;
  public static final int PRIVILEGED_READ = 1 << 3;
  public static final int PRIVILEGED_WRITE = 1 << 4;
  public static final int PRIVILEGED_EXECUTE = 1 << 5;
  public static final int STAGE1_CLEAN = 1 << 6;
  public static final int STAGE2_READ = 1 << 7;
  public static final int STAGE2_WRITE = 1 << 8;
  public static final int STAGE2_UNPRIVILEGED_EXECUTE = 1 << 9;
  public static final int STAGE2_PRIVILEGED_EXECUTE = 1 << 10;
  public static final int STAGE2_CLEAN = 1 << 11;

  /** All that stage 1 can grant. */
  public static final int STAGE1_ALL = 0x3f;

  /** All that stage 2 can grant. */
  public static final int STAGE2_ALL =
      STAGE2_READ | STAGE2_WRITE | STAGE2_UNPRIVILEGED_EXECUTE | STAGE2_PRIVILEGED_EXECUTE;

  private static final int PERMISSIONS = 0xfff;
  private static final int SIZE_SHIFT = 52;
  private static final int GRANULE_SHIFT = 58;
  private static final int LEVEL_SHIFT = 60;
  private static final long DEVICE = 1L << 62;
  private static final long OUTPUT = 0x000f_ffff_ffff_f000L;
  private static final Granule[] GRANULES = {Granule.KB4, Granule.KB16, Granule.KB64};

  private Translation() {}

  /**
   * A translation of 2^{@code sizeLog2} bytes.
   *
   * @param output aligned to the size
   */
  public static long of(long output, int sizeLog2, Granule granule, int level, int permissions) {
    return output
        | (long) sizeLog2 << SIZE_SHIFT
        | (long) ((granule.shift() - 12) >> 1) << GRANULE_SHIFT
        | (long) level << LEVEL_SHIFT
        | permissions;
  }

  /** The same, of memory that stage 2 calls Device. */
  public static long withDevice(long translation) {
    return translation | DEVICE;
  }

  public static boolean isDevice(long translation) {
    return (translation & DEVICE) != 0;
  }

  /** Level of the leaf: 1, 2 or 3. */
  public static int level(long translation) {
    return (int) (translation >>> LEVEL_SHIFT) & 3;
  }

  public static Granule granule(long translation) {
    return GRANULES[(int) (translation >>> GRANULE_SHIFT) & 3];
  }

  /** log2 of the bytes that it covers. */
  public static int sizeLog2(long translation) {
    return (int) (translation >>> SIZE_SHIFT) & 0x3f;
  }

  /** Where an input address goes. */
  public static long output(long translation, long input) {
    long offsetMask = (1L << sizeLog2(translation)) - 1;
    return (translation & OUTPUT & ~offsetMask) | (input & offsetMask);
  }

  /** Permissions and clean flags of both stages. */
  public static int permissions(long translation) {
    return (int) translation & PERMISSIONS;
  }
}
