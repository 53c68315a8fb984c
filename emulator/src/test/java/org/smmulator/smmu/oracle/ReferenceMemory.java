package org.smmulator.smmu.oracle;

import java.util.ArrayList;
import java.util.List;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;

/**
 * Memory as one translation sees it: what the guest has, with the translation's own updates of
 * descriptors on top, which the guest's memory never receives. One word may be stale: each read of
 * it then sees the old or the new value, as the bits of a choice say.
 */
final class ReferenceMemory {
  private final PhysicalMemory memory;
  private final List<Outcome.Update> updates = new ArrayList<>();
  private long staleAt = -1;
  private long staleValue;
  private long choice;
  private int staleReads;

  ReferenceMemory(PhysicalMemory memory) {
    this.memory = memory;
  }

  /** Forgets updates; read number i of the word at {@code pa} sees {@code old} if bit i is set. */
  void begin(long pa, long old, long oldReads) {
    updates.clear();
    staleAt = pa;
    staleValue = old;
    choice = oldReads;
    staleReads = 0;
  }

  /** How often the stale word was read since {@link #begin}. */
  int staleReads() {
    return staleReads;
  }

  long load(long pa) throws BusAbort {
    for (int i = updates.size() - 1; i >= 0; i--) {
      if (updates.get(i).pa() == pa) {
        return updates.get(i).after();
      }
    }
    long current = memory.load64(pa);
    if (pa == staleAt) {
      boolean old = Bits.bit(choice, Math.min(staleReads, 63));
      staleReads++;
      return old ? staleValue : current;
    }
    return current;
  }

  /** The eight words of a 64-byte structure. */
  long[] loadStructure(long pa) throws BusAbort {
    long[] words = new long[8];
    for (int i = 0; i < words.length; i++) {
      words[i] = load(pa + 8L * i);
    }
    return words;
  }

  void update(long pa, long before, long after) {
    updates.add(new Outcome.Update(pa, before, after));
  }

  List<Outcome.Update> updates() {
    return updates.isEmpty() ? List.of() : List.copyOf(updates);
  }
}
