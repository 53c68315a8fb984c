package org.smmulator.story;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a reader knows of events that others may name as their cause: of the last {@value #MOST} of
 * them, so that it stays bounded.
 *
 * @param <T> what it knows of one
 */
final class Causes<T> {
  private static final int MOST = 1 << 16;

  private final Map<Long, T> known =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, T> eldest) {
          return size() > MOST;
        }
      };

  void put(long event, T what) {
    known.put(event, what);
  }

  @Nullable T get(long event) {
    return known.get(event);
  }
}
