package org.smmulator.story;

import java.util.HashMap;
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

  /** Of what has begun and is not over, such as a step; there are few. */
  private final Map<Long, T> held = new HashMap<>();

  void put(long event, T what) {
    known.put(event, what);
  }

  /** As {@link #put}, and it is known until {@link #release}, whatever comes between. */
  void hold(long event, T what) {
    held.put(event, what);
    known.put(event, what);
  }

  void release(long event) {
    held.remove(event);
  }

  @Nullable T get(long event) {
    T open = held.get(event);
    return open == null ? known.get(event) : open;
  }
}
