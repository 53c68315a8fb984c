package org.smmulator.config;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;

/** How things stand between two steps, with names instead of memory. */
final class ScenarioState {
  /**
   * A process that lives.
   *
   * @param bound once for each bind
   */
  record Guest(int pages, List<PciAddress> bound) {
    Guest copy() {
      return new Guest(pages, new ArrayList<>(bound));
    }
  }

  /**
   * A stream that nobody has waited for.
   *
   * @param works whether it may still be under way
   */
  record Stream(Step.Dma step, String path, boolean works) {}

  final Set<PciAddress> detached = new HashSet<>();
  final Set<PciAddress> unplugged = new HashSet<>();
  final Map<String, Guest> living = new LinkedHashMap<>();

  /** Names of processes that have ended, and that no other has now. */
  final Set<String> ended = new HashSet<>();

  final Map<String, Stream> background = new LinkedHashMap<>();

  /** Programs in the background, and where they were started. */
  final Map<String, String> programs = new LinkedHashMap<>();

  ScenarioState copy() {
    ScenarioState copy = new ScenarioState();
    copy.become(this);
    return copy;
  }

  /** Stands as another one does. */
  void become(ScenarioState other) {
    replace(detached, other.detached);
    replace(unplugged, other.unplugged);
    living.clear();
    other.living.forEach((name, guest) -> living.put(name, guest.copy()));
    replace(ended, other.ended);
    background.clear();
    background.putAll(other.background);
    programs.clear();
    programs.putAll(other.programs);
  }

  private static <T> void replace(Set<T> set, Set<T> other) {
    set.clear();
    set.addAll(other);
  }

  /** What one of several has done, beginning before, is done; this is what the others have. */
  void merge(ScenarioState before, ScenarioState after) {
    detached.addAll(after.detached);
    unplugged.addAll(after.unplugged);
    Set<String> endedNow = new HashSet<>(after.ended);
    endedNow.removeAll(before.ended);
    ended.addAll(endedNow);
    living.keySet().removeAll(endedNow);
    after.living.forEach((name, guest) -> merge(before.living.get(name), name, guest));
    merge(background, before.background, after.background);
    merge(programs, before.programs, after.programs);
  }

  private static <V> void merge(Map<String, V> now, Map<String, V> before, Map<String, V> after) {
    after.forEach(
        (name, value) -> {
          if (!before.containsKey(name)) {
            now.put(name, value);
          }
        });
    before.keySet().stream().filter(name -> !after.containsKey(name)).forEach(now::remove);
  }

  /** Names of all that somebody may wait for. */
  Set<String> waitedFor() {
    Set<String> names = new HashSet<>(background.keySet());
    names.addAll(programs.keySet());
    return names;
  }

  private void merge(@Nullable Guest before, String name, Guest after) {
    if (before == null) {
      ended.remove(name);
      living.put(name, after.copy());
      return;
    }
    Guest now = living.get(name);
    if (now != null) {
      now.bound.addAll(more(after.bound, before.bound));
      more(before.bound, after.bound).forEach(now.bound::remove);
    }
  }

  /** What one list has oftener than another. */
  static <T> List<T> more(List<T> list, List<T> than) {
    List<T> more = new ArrayList<>(list);
    than.forEach(more::remove);
    return more;
  }
}
