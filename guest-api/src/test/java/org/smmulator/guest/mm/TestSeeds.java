package org.smmulator.guest.mm;

import java.util.stream.LongStream;

/** The seeds of a randomised test: the first so many, or the one of -Dsmmulator.seed. */
final class TestSeeds {
  private TestSeeds() {}

  static LongStream first(int count) {
    Long only = Long.getLong("smmulator.seed");
    return only == null ? LongStream.range(0, count) : LongStream.of(only);
  }
}
