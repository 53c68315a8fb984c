package org.smmulator.device.fake;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.tlp.AtsEntry;

/**
 * What a test lets its device reach: for each PASID, and for none, ranges and their permissions.
 */
final class FakeTranslations {
  /**
   * One range.
   *
   * @param flags of {@link AtsEntry}
   */
  record Mapping(int pasid, long address, int sizeLog2, long pa, int flags) {
    boolean covers(int askedPasid, long asked) {
      return pasid == askedPasid && ((address ^ asked) & ~AtsEntry.offsetMask(sizeLog2)) == 0;
    }

    long translate(long asked) {
      long within = AtsEntry.offsetMask(sizeLog2);
      return (pa & ~within) | (asked & within);
    }

    boolean allows(boolean write) {
      return (flags & (write ? AtsEntry.WRITE : AtsEntry.READ)) != 0;
    }
  }

  private final List<Mapping> mappings = new ArrayList<>();

  /** Adds a range in front of those it overlaps. */
  void map(Mapping mapping) {
    mappings.add(0, mapping);
  }

  void unmap(int pasid, long address) {
    mappings.removeIf(mapping -> mapping.covers(pasid, address));
  }

  @Nullable Mapping find(int pasid, long address) {
    for (Mapping mapping : mappings) {
      if (mapping.covers(pasid, address)) {
        return mapping;
      }
    }
    return null;
  }

  /** The entry of a Translation Completion: without permissions where there is nothing. */
  long entry(int pasid, long address) {
    Mapping mapping = find(pasid, address);
    return mapping == null
        ? AtsEntry.encode(0, 12, 0)
        : AtsEntry.encode(mapping.pa(), mapping.sizeLog2(), mapping.flags());
  }
}
