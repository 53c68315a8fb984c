package org.smmulator.story;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Whether a text is a trace that the Perfetto UI and chrome://tracing can show, by the description
 * of the Trace Event Format alone: it knows nothing of who wrote it. Viewers order events by their
 * time, and those of one time by their place in the file; a flow is between the slices that enclose
 * its ends at that moment.
 */
public final class TraceEventFormat {
  private static final Set<String> PHASES =
      Set.of(
          "B", "E", "X", "i", "I", "C", "b", "n", "e", "s", "t", "f", "P", "N", "O", "D", "M", "V",
          "v", "R", "c", "(", ")");
  private static final Set<String> FLOW = Set.of("s", "t", "f");
  private static final Map<String, String> METADATA =
      Map.of(
          "process_name", "name",
          "process_labels", "labels",
          "process_sort_index", "sort_index",
          "thread_name", "name",
          "thread_sort_index", "sort_index");

  /** An open slice; {@code end} is known of a complete one alone. */
  private record Open(String what, double from, double end) {}

  private final List<String> faults = new ArrayList<>();
  private final Map<String, Deque<Open>> tracks = new HashMap<>();
  private final Map<String, Double> lastTimes = new HashMap<>();
  private final Map<String, Double> flows = new HashMap<>();
  private final Set<String> endedFlows = new HashSet<>();
  private final Set<String> namedTracks = new HashSet<>();
  private int slices;

  private TraceEventFormat() {}

  /** What is wrong with a trace; empty if nothing is. */
  public static List<String> faultsOf(String json) {
    TraceEventFormat format = new TraceEventFormat();
    format.read(json);
    return format.faults;
  }

  private void require(boolean so, String what, Object where) {
    if (!so && faults.size() < 20) {
      faults.add(what + ": " + where);
    }
  }

  private void read(String json) {
    JsonNode root;
    try {
      root = new ObjectMapper().readTree(json);
    } catch (JacksonException e) {
      faults.add("no JSON: " + e.getOriginalMessage());
      return;
    }
    JsonNode events = root.isArray() ? root : root.path("traceEvents");
    require(events.isArray(), "no array traceEvents", root.propertyNames());
    JsonNode unit = root.path("displayTimeUnit");
    require(unit.isMissingNode() || Set.of("ms", "ns").contains(unit.asString()), "unit", unit);
    List<JsonNode> byTime = new ArrayList<>();
    for (JsonNode event : events) {
      if (isEvent(event)) {
        byTime.add(event);
      }
    }
    byTime.sort(Comparator.comparingDouble(event -> event.path("ts").asDouble(0)));
    byTime.forEach(this::place);
    tracks.forEach(
        (track, open) -> {
          closeUntil(open, Double.MAX_VALUE);
          require(open.isEmpty(), "no end on " + track, open);
          require(namedTracks.contains(track), "no name", track);
        });
    require(flows.isEmpty(), "flows without an end", flows.keySet());
    require(slices > 0, "no slice", slices);
  }

  /** By itself, and after those before it in the file. */
  private boolean isEvent(JsonNode event) {
    int before = faults.size();
    String phase = event.path("ph").asString("");
    require(PHASES.contains(phase), "phase", event);
    require(event.path("pid").isInt() && event.path("tid").isInt(), "pid and tid", event);
    require(event.path("name").isString() || phase.equals("E"), "no name", event);
    JsonNode arguments = event.path("args");
    require(arguments.isMissingNode() || arguments.isObject(), "args are no object", event);
    if (phase.equals("M")) {
      metadata(event, arguments);
      return faults.size() == before;
    }
    require(event.path("ts").isNumber() && event.path("ts").asDouble() >= 0, "time", event);
    require(event.path("cat").isMissingNode() || event.path("cat").isString(), "cat", event);
    if (phase.equals("B") || phase.equals("E") || phase.equals("X")) {
      double time = event.path("ts").asDouble();
      Double last = lastTimes.put(track(event), time);
      require(last == null || last <= time, "goes back in time on its track", event);
    }
    return faults.size() == before;
  }

  private void metadata(JsonNode event, JsonNode arguments) {
    String name = event.path("name").asString();
    String key = METADATA.get(name);
    require(key != null, "metadata", event);
    JsonNode value = arguments.path(String.valueOf(key));
    boolean right = name.endsWith("sort_index") ? value.isInt() : value.isString();
    require(right, "metadata without its value", event);
    if (name.equals("thread_name")) {
      require(!value.asString("").isBlank(), "blank name", event);
      require(namedTracks.add(track(event)), "two names of one track", event);
    }
  }

  private static String track(JsonNode event) {
    return event.path("pid").asInt() + "/" + event.path("tid").asInt();
  }

  /** Among those that were there at its time. */
  private void place(JsonNode event) {
    String phase = event.path("ph").asString();
    if (phase.equals("M")) {
      return;
    }
    double time = event.path("ts").asDouble();
    Deque<Open> open = tracks.computeIfAbsent(track(event), t -> new ArrayDeque<>());
    closeUntil(open, time);
    switch (phase) {
      case "B", "X" -> begin(event, open, time);
      case "E" -> {
        closeUntil(open, Math.nextUp(time));
        require(!open.isEmpty(), "ends what has not begun", event);
        open.poll();
      }
      default -> {
        if (FLOW.contains(phase)) {
          require(!open.isEmpty(), "a flow on no slice", event);
          flow(event, phase, time);
        }
      }
    }
  }

  /** Complete slices are over when it is later than their end. */
  private static void closeUntil(Deque<Open> open, double time) {
    while (!open.isEmpty() && open.peek().end < time) {
      open.pop();
    }
  }

  private void begin(JsonNode event, Deque<Open> open, double time) {
    slices++;
    double end = Double.POSITIVE_INFINITY;
    if (event.path("ph").asString().equals("X")) {
      require(event.path("dur").isNumber() && event.path("dur").asDouble() >= 0, "dur", event);
      end = time + event.path("dur").asDouble();
    }
    // One that is over at this very moment is not around what begins now.
    while (!open.isEmpty() && open.peek().end <= time) {
      open.pop();
    }
    Open around = open.peek();
    boolean fits = around == null || around.end >= end || Double.isInfinite(around.end);
    require(fits, "does not nest in " + around, event);
    open.push(new Open(event.path("name").asString(), time, end));
  }

  private void flow(JsonNode event, String phase, double time) {
    JsonNode id = event.path("id");
    require(id.isIntegralNumber() || id.isString(), "a flow without id", event);
    String flow = event.path("cat").asString("") + "/" + event.path("name").asString() + "/" + id;
    Double begun = phase.equals("s") ? flows.put(flow, time) : flows.get(flow);
    if (phase.equals("s")) {
      require(begun == null && !endedFlows.contains(flow), "begins twice", event);
    } else {
      require(begun != null && begun <= time, "a flow from nowhere", event);
    }
    if (phase.equals("f")) {
      require(event.path("bp").asString("e").equals("e"), "bp is e, or not there", event);
      flows.remove(flow);
      endedFlows.add(flow);
    }
  }
}
