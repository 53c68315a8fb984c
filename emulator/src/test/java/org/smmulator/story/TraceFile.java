package org.smmulator.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * A trace as a viewer reads it. What the Trace Event Format asks for is checked on the way: every
 * event has its phase, time, process and thread; slices nest on their tracks; each flow has two
 * ends, on slices, and does not go back in time; tracks and processes have names. A viewer orders
 * the events by their time and, where that is the same, by their place in the file.
 */
public final class TraceFile {
  /** A slice with those inside it. */
  public static final class Slice {
    private final String track;
    private final String name;
    private final String what;
    private final double from;
    private final List<Slice> inside = new ArrayList<>();
    private double to = -1;

    Slice(String track, String name, String what, double from) {
      this.track = track;
      this.name = name;
      this.what = what;
      this.from = from;
    }

    public String track() {
      return track;
    }

    public String name() {
      return name;
    }

    public String what() {
      return what;
    }

    public double from() {
      return from;
    }

    public double end() {
      return to;
    }

    public List<Slice> inside() {
      return inside;
    }

    /** The slices of a name anywhere inside. */
    public List<Slice> all(String wanted) {
      List<Slice> found = new ArrayList<>();
      for (Slice slice : inside) {
        if (slice.name.equals(wanted)) {
          found.add(slice);
        }
        found.addAll(slice.all(wanted));
      }
      return found;
    }
  }

  private final Map<String, String> processes = new HashMap<>();
  private final Map<String, String> tracks = new HashMap<>();
  private final Map<String, Deque<Slice>> open = new HashMap<>();
  private final Map<String, Slice> last = new HashMap<>();
  private final Map<String, Double> times = new HashMap<>();
  private final List<Slice> slices = new ArrayList<>();
  private final Map<Long, Slice> flowsBegun = new HashMap<>();
  private final Map<Long, Slice> flowsEnded = new HashMap<>();

  public TraceFile(String json) {
    JsonNode events = new ObjectMapper().readTree(json).get("traceEvents");
    assertThat(events.isArray()).isTrue();
    List<JsonNode> byTime = new ArrayList<>();
    events.forEach(byTime::add);
    byTime.sort(Comparator.comparingDouble(event -> event.get("ts").asDouble()));
    byTime.forEach(this::read);
    assertThat(open.values()).as("slices without an end").allMatch(Deque::isEmpty);
    assertThat(flowsBegun.keySet()).isEqualTo(flowsEnded.keySet());
    flowsBegun.forEach(
        (flow, from) -> {
          Slice to = Objects.requireNonNull(flowsEnded.get(flow));
          assertThat(to.from).as("flow %s", flow).isGreaterThanOrEqualTo(from.from);
          assertThat(to.track).as("flow %s", flow).isNotEqualTo(from.track);
        });
    times.keySet().forEach(track -> assertThat(tracks).containsKey(track));
  }

  private void read(JsonNode event) {
    String phase = event.get("ph").asString();
    assertThat(phase).isIn("M", "B", "E", "X", "s", "f");
    assertThat(event.get("pid").isInt() && event.get("tid").isInt()).as("%s", event).isTrue();
    assertThat(event.get("ts").isNumber()).as("%s", event).isTrue();
    double time = event.get("ts").asDouble();
    assertThat(time).isNotNegative();
    String process = event.get("pid").asString();
    String track = process + "/" + event.get("tid").asString();
    if (phase.equals("M")) {
      metadata(event, process, track);
      return;
    }
    if (!phase.equals("E")) {
      assertThat(event.get("name").asString()).isNotBlank();
    }
    Deque<Slice> around = open.computeIfAbsent(track, t -> new ArrayDeque<>());
    switch (phase) {
      case "s" -> flowsBegun.put(event.get("id").asLong(), onSlice(track, time, flowsBegun, event));
      case "f" -> {
        assertThat(event.get("bp").asString()).isEqualTo("e");
        flowsEnded.put(event.get("id").asLong(), onSlice(track, time, flowsEnded, event));
      }
      case "E" -> {
        inOrder(track, time);
        assertThat(around).as("begun before %s", event).isNotEmpty();
        around.pop().to = time;
      }
      default -> slice(event, track, time, around);
    }
  }

  private void slice(JsonNode event, String track, double time, Deque<Slice> around) {
    inOrder(track, time);
    Slice slice =
        new Slice(
            name(track),
            event.get("name").asString(),
            event.get("args").get("what").asString(),
            time);
    Slice outer = around.peek();
    (outer == null ? slices : outer.inside).add(slice);
    last.put(track, slice);
    if (event.get("ph").asString().equals("B")) {
      around.push(slice);
    } else {
      assertThat(event.get("dur").asDouble()).isZero();
      slice.to = time;
    }
  }

  private void metadata(JsonNode event, String process, String track) {
    JsonNode name = event.get("args").get("name");
    switch (event.get("name").asString()) {
      case "process_name" -> processes.put(process, name.asString());
      case "thread_name" -> tracks.put(track, name.asString());
      default -> assertThat(event.get("args").get("sort_index").isInt()).isTrue();
    }
  }

  private String name(String track) {
    String process = processes.get(track.substring(0, track.indexOf('/')));
    assertThat(process).as("process of %s", track).isNotBlank();
    assertThat(tracks.get(track)).as("name of %s", track).isNotBlank();
    return process + "/" + tracks.get(track);
  }

  private void inOrder(String track, double time) {
    assertThat(time).isGreaterThanOrEqualTo(times.getOrDefault(track, 0.0));
    times.put(track, time);
  }

  /** A viewer binds a flow to the slice of the track that came last, if it is not over. */
  private Slice onSlice(String track, double time, Map<Long, Slice> flows, JsonNode event) {
    assertThat(flows).doesNotContainKey(event.get("id").asLong());
    Slice slice = Objects.requireNonNull(last.get(track), "no slice before " + event);
    assertThat(time).as("%s", event).isGreaterThanOrEqualTo(slice.from);
    if (slice.to >= 0) {
      assertThat(time).as("%s", event).isLessThanOrEqualTo(slice.end());
    }
    return slice;
  }

  /** The outermost slice of a track with these words. */
  public Slice slice(String track, String what) {
    return slices.stream()
        .filter(slice -> slice.track.equals(track) && slice.what.equals(what))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no '" + what + "' on " + track + ": " + tracks));
  }

  /** The first slice of a name, on any track. */
  public Slice first(String name) {
    return slices.stream()
        .flatMap(
            slice -> slice.name.equals(name) ? Stream.of(slice) : slice.all(name).stream().limit(1))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no '" + name + "' anywhere"));
  }

  /** Where the flows from a slice lead. */
  public List<Slice> effects(Slice cause) {
    return flowsBegun.entrySet().stream()
        .filter(flow -> flow.getValue() == cause)
        .sorted(Map.Entry.comparingByKey())
        .map(flow -> flowsEnded.get(flow.getKey()))
        .toList();
  }

  /** The names of all tracks, with those of their processes. */
  public List<String> tracks() {
    return tracks.keySet().stream().map(this::name).sorted().toList();
  }

  public @Nullable Slice causeOf(Slice effect) {
    return flowsEnded.entrySet().stream()
        .filter(flow -> flow.getValue() == effect)
        .map(flow -> flowsBegun.get(flow.getKey()))
        .findFirst()
        .orElse(null);
  }
}
