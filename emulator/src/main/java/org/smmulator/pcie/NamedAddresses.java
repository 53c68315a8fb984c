package org.smmulator.pcie;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.command.CommandField;
import org.smmulator.arch.command.CommandOpcode;

/**
 * The addresses whose translations software has changed, as its TLBI commands say: those since the
 * ATC_INV before. ATCs are invalidated by powers of two of pages, or by whole PASIDs, and what a
 * device drops beside these addresses it need not have dropped. Software that names no addresses,
 * or names configuration, has changed everything. A TLBI without a granule names 4 KiB; whose
 * address space it names does not count here.
 */
final class NamedAddresses {
  /** Beyond so many ranges it is everything, so that nobody is said to have dropped too much. */
  private static final int MOST_RANGES = 64;

  private static final int PAGE_LOG2 = 12;

  /**
   * What was named before one ATC_INV: ranges without order, all bytes inclusive and unsigned.
   *
   * @param firsts empty if everything was
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them, and nobody changes them
  record Ranges(long[] firsts, long[] lasts) {
    static final Ranges EVERYTHING = new Ranges(new long[0], new long[0]);

    boolean isEverything() {
      return firsts.length == 0;
    }

    private boolean has(long address) {
      for (int i = 0; i < firsts.length; i++) {
        if (Long.compareUnsigned(address, firsts[i]) >= 0
            && Long.compareUnsigned(address, lasts[i]) <= 0) {
          return true;
        }
      }
      return false;
    }

    private double pages() {
      double pages = 0;
      for (int i = 0; i < firsts.length; i++) {
        pages += ((lasts[i] - firsts[i]) >>> PAGE_LOG2) + 1;
      }
      return pages;
    }

    /**
     * How many of the entries that a device dropped served no page of these; at least so many.
     *
     * @param entries all of them
     * @param listed the pages of the first ones
     */
    long outside(long entries, long[] listed) {
      if (isEverything()) {
        return 0;
      }
      long inside = Arrays.stream(listed).filter(this::has).count();
      long unlisted = entries - listed.length;
      double mayBeInside = Math.max(0, pages() - inside);
      return listed.length - inside + (long) Math.max(0, unlisted - mayBeInside);
    }
  }

  private final long[] firsts = new long[MOST_RANGES];
  private final long[] lasts = new long[MOST_RANGES];
  private int count;
  private boolean everything = true;

  /** An ATC_INV has come since: the next TLBI begins anew. */
  private boolean used = true;

  /** The last one named configuration: a TLBI behind the next CMD_SYNC is about something else. */
  private boolean configured;

  private @Nullable Ranges snapshot;

  /** A command takes effect. */
  void command(long word0, long word1) {
    CommandOpcode opcode = CommandOpcode.of(word0);
    if (opcode == null) {
      return;
    }
    switch (opcode.group()) {
      case CONFIGURATION -> {
        everything();
        configured = true;
      }
      case TLB -> {
        if (opcode.namesAddresses() && opcode != CommandOpcode.TLBI_S2_IPA) {
          long first = CommandField.ADDRESS.inPlace(word1);
          name(first, first + bytes(word0, word1) - 1);
        } else {
          everything();
        }
      }
      case SYNC -> used |= configured;
      case PREFETCH, ATC, RESPONSE -> {}
    }
  }

  /** Of one TLBI. */
  private static long bytes(long word0, long word1) {
    int granule = (int) CommandField.TG.get(word1);
    if (granule == 0) {
      return 1L << PAGE_LOG2;
    }
    long pages = (CommandField.NUM.get(word0) + 1) << CommandField.SCALE.get(word0);
    return pages << (2 * granule + 10);
  }

  private void begin() {
    snapshot = null;
    configured = false;
    if (used) {
      used = false;
      everything = false;
      count = 0;
    }
  }

  /** What is invalidated next may be anything. */
  void everything() {
    begin();
    everything = true;
  }

  private void name(long first, long last) {
    begin();
    if (count > 0 && firsts[count - 1] <= first && first <= lasts[count - 1] + 1) {
      lasts[count - 1] = Math.max(lasts[count - 1], last);
    } else if (count < MOST_RANGES) {
      firsts[count] = first;
      lasts[count++] = last;
    } else {
      everything = true;
    }
  }

  /** For an ATC_INV that takes effect now. */
  Ranges now() {
    used = true;
    if (snapshot == null) {
      snapshot =
          everything
              ? Ranges.EVERYTHING
              : new Ranges(Arrays.copyOf(firsts, count), Arrays.copyOf(lasts, count));
    }
    return snapshot;
  }
}
