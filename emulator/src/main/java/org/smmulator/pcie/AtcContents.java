package org.smmulator.pcie;

import java.util.List;
import org.smmulator.bus.wire.AtcEntries;

/**
 * What one device says that its ATC holds. It goes on while it is asked, so that an entry may be
 * missing here or stand here twice.
 *
 * @param device its name
 * @param id bus, device and function as {@code 00:04.0}
 * @param entries in order of their numbers
 * @param whole false if there are more than were asked for
 */
public record AtcContents(
    String device, String id, int sets, int ways, List<AtcEntries.Entry> entries, boolean whole) {
  /** Entries that one asker is told; a cache may have 2^24. */
  public static final int MOST_ENTRIES = 1 << 16;

  /** Who asked; called once, on the hardware loop. */
  public interface Asker {
    /** The answer. */
    void told(AtcContents contents);

    /** There will be none, and a sentence says why. */
    void refused(String why);
  }

  public AtcContents {
    entries = List.copyOf(entries);
  }
}
