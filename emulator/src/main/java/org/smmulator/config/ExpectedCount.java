package org.smmulator.config;

import org.jspecify.annotations.Nullable;

/** How often something is expected; the number alone is exactly so often. */
public record ExpectedCount(
    @Key(meaning = "Exactly so often.", nullable = true, max = ExpectedCount.MOST, shorthand = true)
        @Nullable Long exactly,
    @Key(meaning = "So often or more.", nullable = true, max = ExpectedCount.MOST)
        @Nullable Long atLeast,
    @Key(meaning = "So often or less.", nullable = true, max = ExpectedCount.MOST)
        @Nullable Long atMost) {
  static final long MOST = 1_000_000_000;

  /** Whether so many are as expected; what nobody knows never is. */
  public boolean holds(long seen) {
    return seen >= 0
        && (exactly == null || seen == exactly)
        && (atLeast == null || seen >= atLeast)
        && (atMost == null || seen <= atMost);
  }

  /** What is wrong with it, and would be right; null if nothing is. */
  @Nullable String complaint() {
    if (exactly != null && (atLeast != null || atMost != null)) {
      return "exactly goes without atLeast and atMost; remove it, or remove them";
    }
    if (exactly == null && atLeast == null && atMost == null) {
      return "says no number; use a number, or atLeast or atMost with one";
    }
    return atLeast != null && atMost != null && atLeast > atMost
        ? "no number is " + words() + "; use a smaller atLeast"
        : null;
  }

  /** Such as "3", "1 or more" or "1 to 4". */
  public String words() {
    if (exactly != null) {
      return exactly.toString();
    }
    if (atLeast != null && atMost != null) {
      return atLeast + " to " + atMost;
    }
    return atLeast != null ? atLeast + " or more" : atMost + " or less";
  }
}
