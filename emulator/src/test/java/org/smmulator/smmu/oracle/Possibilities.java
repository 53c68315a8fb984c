package org.smmulator.smmu.oracle;

import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What may become of accesses now, while a word may be stale, and what they may have written. */
interface Possibilities {
  /** Forgets what was written. */
  void begin();

  /** Memory is looked at as it was before hardware wrote. */
  void hideWrites();

  /** An outcome that an access may have now, and that the predicate accepts; it happened then. */
  @Nullable Outcome find(ClientAccess access, Predicate<Outcome> happened);

  /** An access may have been tried. */
  void may(ClientAccess access);

  /** Ends with all writes explained, and in memory again. */
  void checkWrites();
}
