package org.smmulator.story;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.smmulator.record.Detail;
import org.smmulator.record.EventKind;
import org.smmulator.record.EventReader;
import org.smmulator.record.RecordedEvent;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The last changes of a run, each with everything that it caused down to the devices: calls such as
 * munmap, and page requests of devices. Of each sort the last {@value #KEPT} are kept, with at most
 * {@value #LINES} lines each; and the last {@value #STEPS} beginnings of steps. Thread-safe.
 */
public final class ChangeLog implements EventReader {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  static final int KEPT = 64;
  static final int LINES = 200;
  static final int STEPS = 512;

  /**
   * One event of a change.
   *
   * @param nanos time of the run
   * @param depth how many causes it has within the change
   */
  public record Line(long nanos, String who, String what, int depth) {}

  /**
   * One device's part of a change.
   *
   * @param requests Invalidate Requests sent
   * @param completed of these, how many have been completed
   * @param dropped ATC entries that the device says it dropped
   */
  public record OnDevice(String device, long requests, long completed, long dropped) {}

  /**
   * A change so far.
   *
   * @param id of its first event
   * @param what its first event, in words
   * @param begun time of the run
   * @param latest time of its last event so far
   * @param events how many it has, those without a line included
   */
  public record Change(
      long id,
      String who,
      String what,
      long begun,
      long latest,
      long events,
      List<OnDevice> devices) {
    public Change {
      devices = List.copyOf(devices);
    }
  }

  /**
   * The beginnings of steps.
   *
   * @param begun how many there were
   * @param last the last ones, the latest last
   */
  public record Steps(long begun, List<Step> last) {
    public Steps {
      last = List.copyOf(last);
    }
  }

  /** The beginning of a step, in the words of its file. */
  public record Step(long nanos, String words) {}

  private static final class Counted {
    long requests;
    long completed;
    long dropped;
  }

  private static final class Kept {
    final long id;
    final String who;
    final String what;
    final long begun;
    final List<Line> lines = new ArrayList<>();
    final Map<String, Counted> devices = new TreeMap<>();
    long latest;
    long events;

    Kept(RecordedEvent event) {
      id = event.id();
      who = event.who();
      what = EventLines.TEXT.of(event);
      begun = event.nanos();
    }

    Change change() {
      List<OnDevice> parts = new ArrayList<>();
      devices.forEach(
          (device, c) -> parts.add(new OnDevice(device, c.requests, c.completed, c.dropped)));
      return new Change(id, who, what, begun, latest, events, parts);
    }
  }

  /** Where in which change an event is. */
  private record Place(Kept change, int depth) {}

  private final Deque<Kept> calls = new ArrayDeque<>();
  private final Deque<Kept> requests = new ArrayDeque<>();
  private final Deque<Step> steps = new ArrayDeque<>();
  private final Causes<Place> places = new Causes<>();
  private long stepsBegun;
  private long version;

  @Override
  public Detail detail() {
    return Detail.COMMANDS;
  }

  @Override
  public synchronized void event(RecordedEvent event) {
    if (event.kind() == EventKind.STEP_BEGINS) {
      stepsBegun++;
      keep(steps, new Step(event.nanos(), event.name(0)), STEPS);
    }
    Place place = placeOf(event);
    if (place != null) {
      places.put(event.id(), place);
      add(event, place);
      version++;
    }
  }

  private static <T> void keep(Deque<T> last, T newest, int most) {
    last.addLast(newest);
    if (last.size() > most) {
      last.removeFirst();
    }
  }

  private @Nullable Place placeOf(RecordedEvent event) {
    Place cause = places.get(event.cause());
    if (cause != null) {
      return new Place(cause.change, cause.depth + 1);
    }
    Deque<Kept> kept =
        switch (event.kind()) {
          case CALL_BEGINS -> calls;
          case PAGE_REQUEST -> requests;
          default -> null;
        };
    if (kept == null) {
      return null;
    }
    Kept change = new Kept(event);
    keep(kept, change, KEPT);
    return new Place(change, 0);
  }

  private static void add(RecordedEvent event, Place place) {
    Kept change = place.change;
    change.latest = event.nanos();
    change.events++;
    if (change.lines.size() < LINES) {
      String what = EventLines.TEXT.of(event);
      change.lines.add(new Line(event.nanos(), event.who(), what, place.depth));
    }
    switch (event.kind()) {
      case INVALIDATION -> counted(change, event).requests++;
      case INVALIDATION_COMPLETED -> counted(change, event).completed++;
      case ENTRIES_DROPPED -> counted(change, event).dropped += event.value(0);
      default -> {}
    }
  }

  private static Counted counted(Kept change, RecordedEvent event) {
    return change.devices.computeIfAbsent(event.who(), device -> new Counted());
  }

  /** Another number whenever a change has changed. */
  public synchronized long version() {
    return version;
  }

  /** The steps so far. */
  public synchronized Steps steps() {
    return new Steps(stepsBegun, List.copyOf(steps));
  }

  /** The last calls, the latest last. */
  public synchronized List<Change> calls() {
    return changes(calls);
  }

  /** The last page requests of devices, the latest last. */
  public synchronized List<Change> pageRequests() {
    return changes(requests);
  }

  private static List<Change> changes(Collection<Kept> kept) {
    return kept.stream().map(Kept::change).toList();
  }

  /** The events of a change, the first ones; null if it is not kept. */
  public synchronized @Nullable List<Line> lines(long id) {
    for (Deque<Kept> kept : List.of(calls, requests)) {
      for (Kept change : kept) {
        if (change.id == id) {
          return List.copyOf(change.lines);
        }
      }
    }
    return null;
  }

  /** The last changes as JSON, the latest last. */
  public String json() {
    ObjectNode root = JSON.createObjectNode();
    root.set("calls", JSON.valueToTree(calls()));
    root.set("pageRequests", JSON.valueToTree(pageRequests()));
    return JSON.writeValueAsString(root) + "\n";
  }

  /** The events of a change as JSON; null if it is not kept. */
  public @Nullable String json(long id) {
    List<Line> lines = lines(id);
    return lines == null ? null : JSON.writeValueAsString(lines) + "\n";
  }
}
