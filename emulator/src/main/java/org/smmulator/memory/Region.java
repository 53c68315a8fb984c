package org.smmulator.memory;

import java.util.function.Consumer;

/**
 * A range of physical addresses with registers behind it.
 *
 * @param name for people
 * @param widths sizes in bytes that an access may have, as the sum of some of 1, 2, 4 and 8
 * @param reach which masters have a path to it
 * @param posted whether a CPU goes on before its write has arrived
 */
public record Region(
    String name, long base, long bytes, int widths, Reach reach, boolean posted, Target target) {
  /** Masters. */
  public enum Reach {
    /** CPUs, the SMMU and devices. */
    EVERY_MASTER,
    /** CPUs and devices, which can wait for an answer; not the SMMU for its own accesses. */
    CPUS_AND_DEVICES,
    /** CPUs, and who acts for them. */
    CPUS
  }

  private static final int ALL_WIDTHS = 0b1111;

  public Region {
    if (base < 0 || bytes <= 0 || base > Long.MAX_VALUE - bytes) {
      throw new IllegalArgumentException(
          String.format("%s: no range of 0x%x bytes begins at 0x%x", name, bytes, base));
    }
    if ((widths & ALL_WIDTHS) == 0 || (widths & ~ALL_WIDTHS) != 0) {
      throw new IllegalArgumentException(
          name + ": access widths of " + widths + "; they are a sum of some of 1, 2, 4 and 8");
    }
    if (reach == Reach.EVERY_MASTER && target instanceof Target.Later) {
      throw new IllegalArgumentException(
          name + " answers later, and the SMMU needs its answers now; all others may reach it");
    }
  }

  /** Whether all of {@code length} bytes from {@code pa} on are in it. */
  public boolean contains(long pa, long length) {
    long offset = pa - base;
    return offset >= 0 && length >= 0 && length <= bytes && offset <= bytes - length;
  }

  /** Whether an access is of a width that the region has, and aligned to it. */
  public boolean allows(long pa, long width) {
    return width > 0
        && width <= Long.BYTES
        && Long.bitCount(width) == 1
        && (widths & width) != 0
        && (pa & (width - 1)) == 0;
  }

  /** Begins a read that the region {@link #allows}; the value comes now or later. */
  public void read(long pa, int width, Target.Answer answer) {
    if (target instanceof Target.Now now) {
      answer.done(Response.OKAY, now.read(pa - base, width));
    } else if (target instanceof Target.Later later) {
      later.read(pa - base, width, answer);
    }
  }

  /** Begins a write that the region {@link #allows}; it is over now or later. */
  public void write(long pa, int width, long value, Consumer<Response> done) {
    if (target instanceof Target.Now now) {
      now.write(pa - base, width, value);
      done.accept(Response.OKAY);
    } else if (target instanceof Target.Later later) {
      later.write(pa - base, width, value, done);
    }
  }

  @Override
  public String toString() {
    return String.format("%s (0x%x to 0x%x)", name, base, base + bytes - 1);
  }
}
