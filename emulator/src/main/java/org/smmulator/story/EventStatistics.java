package org.smmulator.story;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.smmulator.metrics.TextTable;
import org.smmulator.record.EventKind;

/**
 * Counts events by kind and by step of the scenario, and tells how long what begins takes to end,
 * and a page request to its response.
 */
public final class EventStatistics {
  private static final String ELSEWHERE = "(no step)";

  /** What has begun, and when. */
  private record Begun(String what, long nanos) {}

  /** Counts of one step, by what people look for. */
  private static final class OfStep {
    final String step;
    long events;
    long notifierCalls;
    long commands;
    long invalidations;
    long pageRequests;

    OfStep(String step) {
      this.step = step;
    }

    void count(EventKind kind) {
      events++;
      switch (kind) {
        case NOTIFIER_BEGINS -> notifierCalls++;
        case COMMAND -> commands++;
        case INVALIDATION -> invalidations++;
        case PAGE_REQUEST -> pageRequests++;
        default -> {}
      }
    }
  }

  /** Times that something took. */
  private static final class Times {
    private long[] nanos = new long[16];
    private int count;

    void add(long time) {
      if (count == nanos.length) {
        nanos = Arrays.copyOf(nanos, count * 2);
      }
      nanos[count++] = time;
    }

    List<String> cells() {
      Arrays.sort(nanos, 0, count);
      List<String> cells = new ArrayList<>(List.of(number(count)));
      for (double quantile : new double[] {0.5, 0.9, 0.99, 1}) {
        cells.add(time(nanos[Math.max(0, (int) Math.ceil(quantile * count) - 1)]));
      }
      return cells;
    }
  }

  private final Map<EventKind, Long> kinds = new EnumMap<>(EventKind.class);
  private final OfStep elsewhere = new OfStep(ELSEWHERE);
  private final List<OfStep> steps = new ArrayList<>();
  private final Causes<OfStep> stepOf = new Causes<>();
  private final Causes<Begun> begun = new Causes<>();
  private final Map<String, Begun> asked = new LinkedHashMap<>();
  private final Map<String, Times> times = new TreeMap<>();

  /** Takes the next event of a file. */
  public void add(ToldEvent event) {
    EventKind kind = event.kind();
    if (kind == null) {
      return;
    }
    kinds.merge(kind, 1L, Long::sum);
    step(event, kind).count(kind);
    switch (kind.phase()) {
      case BEGINS -> begun.put(event.id(), new Begun(what(event, kind), event.nanos()));
      case ENDS -> ends(begun.get(event.cause()), event);
      case INSTANT -> {}
    }
    String group = event.who() + " " + event.text("group");
    if (kind == EventKind.PAGE_REQUEST) {
      asked.put(group, new Begun("page request of " + event.who(), event.nanos()));
    } else if (kind == EventKind.PAGE_RESPONSE) {
      ends(asked.remove(group), event);
    }
  }

  private void ends(@Nullable Begun what, ToldEvent end) {
    if (what != null) {
      times.computeIfAbsent(what.what, w -> new Times()).add(Math.max(0, end.nanos() - what.nanos));
    }
  }

  private OfStep step(ToldEvent event, EventKind kind) {
    OfStep step = stepOf.get(event.cause());
    if (kind == EventKind.STEP_BEGINS) {
      step = new OfStep(event.text("step"));
      steps.add(step);
    }
    if (step == null) {
      return elsewhere;
    }
    stepOf.put(event.id(), step);
    return step;
  }

  private static String what(ToldEvent event, EventKind kind) {
    return switch (kind) {
      case STEP_BEGINS -> "step";
      case CALL_BEGINS -> event.text("call");
      case NOTIFIER_BEGINS -> "notifier " + event.text("callback");
      case DRIVER_BEGINS -> "driver " + event.text("operation");
      case PAGE_FAULT_BEGINS ->
          event.number("remote") == 0 ? "fault of a CPU" : "fault of a device";
      case MM_EXIT_BEGINS -> "mm_exit of " + event.text("device");
      case DRAIN_BEGINS -> "drain of " + event.text("device");
      default -> kind.spelled() + " of " + event.who();
    };
  }

  /** Three tables; empty if there was no event. */
  public String tables() {
    if (kinds.isEmpty()) {
      return "";
    }
    StringBuilder out = new StringBuilder("Events\n");
    TextTable counts = new TextTable(true);
    kinds.forEach((kind, count) -> counts.line(kind.spelled(), number(count)));
    counts.appendTo(out);
    if (!steps.isEmpty()) {
      out.append("\nSteps\n");
      stepTable().appendTo(out);
    }
    if (!times.isEmpty()) {
      out.append("\nFrom beginning to end\n");
      TextTable latencies = new TextTable(true).line("", "count", "p50", "p90", "p99", "longest");
      times.forEach((what, each) -> latencies.line(what, each.cells()));
      latencies.appendTo(out);
    }
    return out.toString();
  }

  private TextTable stepTable() {
    TextTable table =
        new TextTable(true)
            .line("", "events", "notifier calls", "commands", "invalidations", "page requests");
    List<OfStep> all = new ArrayList<>(steps);
    all.add(elsewhere);
    for (OfStep step : all) {
      table.line(
          step.step,
          number(step.events),
          number(step.notifierCalls),
          number(step.commands),
          number(step.invalidations),
          number(step.pageRequests));
    }
    return table;
  }

  private static String number(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  private static String time(long nanos) {
    return String.format(Locale.ROOT, "%,.3f us", nanos / 1e3);
  }
}
