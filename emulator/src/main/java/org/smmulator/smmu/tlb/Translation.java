package org.smmulator.smmu.tlb;

import org.smmulator.arch.event.EventType;
import org.smmulator.arch.vmsa.Descriptor;

/**
 * The result of a translation, a bare {@code long}: where an input address goes and who may go
 * there, or the fault that was met. Never 0.
 *
 * <pre>
 *   63 | 62 60 | 59   52 | 51               12 | 11 | 10 8 | 7   6 | 5  4  3  2  1  0
 *    0 |       |         | output of the leaf  |  1 |      | level | PX PW PR UX UW UR
 *    1 |       | event   | address of the descriptor  [51:3]                  | 0  0  0
 * </pre>
 */
public final class Translation {
  /** Unprivileged read; of a privileged access, three bits higher. */
  public static final int READ = 1;

  public static final int WRITE = 2;
  public static final int EXECUTE = 4;

  /** Shift from unprivileged to privileged permissions. */
  public static final int PRIVILEGED_SHIFT = 3;

  private static final long FAULT = 1L << 63;
  private static final long PRESENT = 1L << 11;
  private static final int EVENT_SHIFT = 52;
  private static final int LEVEL_SHIFT = 6;
  private static final long OUTPUT_MASK = 0x000f_ffff_ffff_f000L;
  private static final long FETCH_MASK = 0x000f_ffff_ffff_fff8L;

  private Translation() {}

  public static long of(long output, int level, int permissions) {
    return output | PRESENT | (long) level << LEVEL_SHIFT | permissions;
  }

  public static long fault(EventType type) {
    return fault(type, 0);
  }

  public static long fault(EventType type, long fetchAddress) {
    return FAULT | (long) type.id() << EVENT_SHIFT | (fetchAddress & FETCH_MASK);
  }

  public static boolean isFault(long translation) {
    return translation < 0;
  }

  public static EventType faultType(long translation) {
    EventType type = EventType.of((translation >>> EVENT_SHIFT) & 0xff);
    if (type == null) {
      throw new IllegalStateException("not a fault: 0x" + Long.toHexString(translation));
    }
    return type;
  }

  public static long fetchAddress(long fault) {
    return fault & FETCH_MASK;
  }

  /** Level of the leaf: 1, 2 or 3. */
  public static int level(long translation) {
    return (int) (translation >>> LEVEL_SHIFT) & 3;
  }

  /** Where an input address goes. */
  public static long output(long translation, long input) {
    long offsetMask = (1L << Descriptor.levelShift(level(translation))) - 1;
    return (translation & OUTPUT_MASK) | (input & offsetMask);
  }

  /** Permissions at one privilege: {@link #READ}, {@link #WRITE}, {@link #EXECUTE}. */
  public static int permissions(long translation, boolean privileged) {
    return (int) (privileged ? translation >>> PRIVILEGED_SHIFT : translation)
        & (READ | WRITE | EXECUTE);
  }
}
