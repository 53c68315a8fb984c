package org.smmulator.device;

import java.util.ArrayList;
import java.util.List;
import org.smmulator.bus.wire.AtcEntries;
import org.smmulator.bus.wire.AtcRead;
import org.smmulator.device.atc.AddressTranslationCache;

/**
 * Tells what an ATC holds, as it is now, a part at a time: however large the cache, one question
 * costs the link's thread no more than a look at so many entries. Between two parts the cache goes
 * on, so that an entry may be in none or in both.
 */
final class AtcReader {
  /** Entries looked at for one question. */
  static final int MOST_LOOKED_AT = 4096;

  private AtcReader() {}

  static AtcEntries read(AddressTranslationCache atc, AtcRead question) {
    int all = atc.sets() * atc.ways();
    int entry = (int) Math.min(question.first(), all);
    int end = Math.min(all, entry + MOST_LOOKED_AT);
    List<AtcEntries.Entry> held = new ArrayList<>();
    while (entry < end && held.size() < AtcEntries.MOST) {
      if (atc.isValid(entry) && isAskedFor(question, atc.address(entry))) {
        held.add(entry(atc, entry));
      }
      entry++;
    }
    return new AtcEntries(question.first(), entry, atc.sets(), atc.ways(), held);
  }

  private static boolean isAskedFor(AtcRead question, long address) {
    return Long.compareUnsigned(address, question.from()) >= 0
        && Long.compareUnsigned(address, question.to()) <= 0;
  }

  private static AtcEntries.Entry entry(AddressTranslationCache atc, int entry) {
    long address = atc.address(entry);
    return new AtcEntries.Entry(
        entry,
        atc.pasid(entry),
        address,
        atc.translate(entry, address),
        atc.sizeLog2(entry),
        atc.permissions(entry),
        atc.age(entry));
  }
}
