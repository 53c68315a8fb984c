package org.smmulator.story;

import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.smmulator.record.Detail;
import org.smmulator.record.EventKind;
import org.smmulator.record.RecordedEvent;
import org.smmulator.story.TraceWriter.Words;
import org.smmulator.story.Track.Drawn;

/**
 * The story as a picture in time, for the Perfetto UI and chrome://tracing: a track for each guest
 * task, each queue of the SMMU and each device. What begins and ends is a slice, what happens at
 * once a slice without length. A flow leads from a cause to its effect on another track, and back:
 * from a device's completion to the SYNC that waited for it, and from that to the frames freed.
 *
 * <p>A viewer lets a flow begin on the slice that came last, and virtual time may stand still: so
 * it is written right after its cause, when the effect has not come yet. Events are therefore kept
 * until the recorder has delivered a batch, and no call is in the middle of it. Of a cause in an
 * earlier batch a viewer would have the time alone: if that names another slice by now, there is no
 * flow.
 */
public final class TraceEvents implements StoryWriter {
  /** Tracks of one task or device; what else it does at once has no length. */
  private static final int MOST_TRACKS_EACH = 64;

  /** Events that are kept for a call to end. */
  private static final int MOST_KEPT = 1 << 13;

  private static final String COMMAND_QUEUE = "command queue";

  /**
   * An event until it is drawn.
   *
   * @param flow number of the flow to it from a cause elsewhere; 0 for none
   * @param waits what it waited for
   * @param commands those that it, a command, was queued with
   */
  private record Kept(
      long id,
      EventKind kind,
      long nanos,
      String line,
      long cause,
      long flow,
      List<Wait> waits,
      Words words,
      @Nullable Commands commands) {}

  /** For an event, with the number of the flow from it. */
  private record Wait(long event, long flow) {}

  /** The beginning of a flow. */
  private record Begun(long flow, String toLine) {}

  /** Queued together: one slice until the last is consumed. */
  private static final class Commands {
    final long queued;
    final long count;
    @Nullable Track track;
    long kept;
    long consumed;

    Commands(long queued, long count) {
      this.queued = queued;
      this.count = count;
    }
  }

  private final TraceWriter out;
  private final List<Kept> batch = new ArrayList<>();
  private final Map<String, List<Track>> lines = new LinkedHashMap<>();

  /** What devices call themselves. */
  private final Map<String, String> names = new HashMap<>();

  private final Causes<Drawn> drawn = new Causes<>();
  private final Causes<Commands> queued = new Causes<>();
  private final Waits waits = new Waits();
  private long flows;
  private int threads;
  private long lastNanos;
  private boolean closed;

  public TraceEvents(Writer out) {
    this.out = new TraceWriter(out);
    for (EventKind.Track process : EventKind.Track.values()) {
      int id = processId(process);
      this.out.metadata("process_name", id, 0, "name", processName(process));
      this.out.metadata("process_sort_index", id, 0, "sort_index", id);
    }
  }

  private static int processId(EventKind.Track track) {
    return switch (track) {
      case TASK -> 1;
      case SMMU -> 2;
      case DEVICE -> 3;
    };
  }

  private static String processName(EventKind.Track track) {
    return switch (track) {
      case TASK -> "guest";
      case SMMU -> "SMMU";
      case DEVICE -> "devices";
    };
  }

  @Override
  public Detail detail() {
    return Detail.TRAFFIC;
  }

  // Keeping a batch.

  @Override
  public synchronized void event(RecordedEvent event) {
    if (closed || event.kind() == EventKind.TASK_RUNS) {
      return;
    }
    if (event.kind() == EventKind.DEVICE_ATTACHED) {
      names.put(event.who(), " " + event.name(0));
    }
    if (event.kind() == EventKind.COMMANDS_QUEUED) {
      queued.put(event.id(), new Commands(event.id(), event.value(0)));
    }
    Commands together = event.kind() == EventKind.COMMAND ? queued.get(event.cause()) : null;
    boolean first = together == null || together.kept++ == 0;
    boolean hasFlow = first && event.kind().phase() != EventKind.Phase.ENDS;
    batch.add(
        new Kept(
            event.id(),
            event.kind(),
            event.nanos(),
            lineOf(event),
            event.cause(),
            hasFlow ? ++flows : 0,
            waits.of(event).stream().map(on -> new Wait(on, ++flows)).toList(),
            words(event),
            together));
  }

  private static Words words(RecordedEvent event) {
    String what = EventLines.TEXT.of(event);
    String name = nameOf(event, what);
    return new Words(name, event.kind().spelled(), what, event.id(), event.cause());
  }

  private static String lineOf(RecordedEvent event) {
    return switch (event.kind()) {
      case COMMAND -> COMMAND_QUEUE;
      case PAGE_REQUEST_QUEUED -> "PRI queue";
      case SMMU_EVENT -> "event queue";
      default -> event.who();
    };
  }

  private static String nameOf(RecordedEvent event, String what) {
    return switch (event.kind()) {
      case STEP_BEGINS, DRIVER_BEGINS -> event.name(0);
      case CALL_BEGINS, NOTIFIER_BEGINS -> event.name(1);
      case PAGE_FAULT_BEGINS -> "page fault";
      case MM_EXIT_BEGINS -> "mm_exit";
      case DRAIN_BEGINS -> "drain";
      case COMMAND -> what.split(" ", 2)[0];
      default -> event.kind().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    };
  }

  // Drawing it.

  @Override
  public synchronized void delivered() {
    if (!closed && !(waits.arePending() && batch.size() < MOST_KEPT)) {
      drawBatch();
    }
  }

  private void drawBatch() {
    if (batch.isEmpty()) {
      return;
    }
    Map<Long, List<Begun>> flowsFrom = flowsFrom();
    long first = batch.get(0).id;
    for (Kept event : batch) {
      lastNanos = Math.max(lastNanos, event.nanos);
      List<Begun> from = flowsFrom.getOrDefault(event.id, List.of());
      if (event.kind.phase() == EventKind.Phase.ENDS) {
        end(event, from);
      } else {
        draw(event, first, from);
      }
    }
    batch.clear();
  }

  /** Those that end in this batch, by the event that they begin on. */
  private Map<Long, List<Begun>> flowsFrom() {
    Map<Long, List<Begun>> begun = new HashMap<>();
    for (Kept event : batch) {
      if (event.flow != 0) {
        begin(begun, event.cause, event.flow, event);
      }
      for (Wait wait : event.waits) {
        begin(begun, wait.event, wait.flow, event);
      }
    }
    return begun;
  }

  private static void begin(Map<Long, List<Begun>> begun, long from, long flow, Kept to) {
    begun.computeIfAbsent(from, f -> new ArrayList<>(1)).add(new Begun(flow, to.line));
  }

  /** A device's answer is drawn, as others wait for it; of anything else that ends, the end. */
  private void end(Kept event, List<Begun> from) {
    Drawn begun = drawn.get(event.cause);
    if (begun == null) {
      return;
    }
    if (event.kind.track() == EventKind.Track.DEVICE) {
      out.instant(begun.track, event.nanos, event.words);
      drawn.put(event.id, begun.track.draws(event.line, event.nanos));
      flowsBegin(event, begun.track, from);
    }
    end(begun.track, event.cause, event.nanos);
  }

  private void end(Track track, long begun, long nanos) {
    int slices = track.ends(begun, nanos);
    for (int i = 0; i < slices; i++) {
      out.end(track, nanos);
    }
  }

  /**
   * A slice, the ends of the flows that lead to it, and the beginnings of those that lead from it.
   *
   * @param first of the batch
   */
  private void draw(Kept event, long first, List<Begun> from) {
    Commands together = event.commands;
    Track track = together == null ? trackOf(event) : trackOf(together, event, first);
    notBefore(event, track);
    slice(event, track);
    if (together == null) {
      flowTo(event, track, first);
    }
    for (Wait wait : event.waits) {
      flowTo(event, track, first, wait.event, wait.flow);
    }
    drawn.put(event.id, track.draws(event.line, event.nanos));
    flowsBegin(event, track, from);
    if (together != null && ++together.consumed == together.count) {
      end(track, together.queued, event.nanos);
    }
  }

  private void slice(Kept event, Track track) {
    boolean begins = event.kind.phase() == EventKind.Phase.BEGINS;
    if (begins && (track.isIdle() || track.isInside(event.cause))) {
      track.begins(event.id);
      out.begin(track, event.nanos, event.words);
    } else {
      out.instant(track, event.nanos, event.words);
    }
  }

  /** What led to it may have been drawn a little late, see {@link Track#at}; it is so too then. */
  private void notBefore(Kept event, Track track) {
    if (event.flow != 0) {
      notBefore(event.cause, track);
    }
    for (Wait wait : event.waits) {
      notBefore(wait.event, track);
    }
  }

  private void notBefore(long event, Track track) {
    Drawn origin = drawn.get(event);
    if (origin != null) {
      track.at(origin.nanos);
    }
  }

  private void flowsBegin(Kept event, Track track, List<Begun> from) {
    for (Begun begun : from) {
      if (!begun.toLine.equals(event.line)) {
        out.flowBegins(track, track.at(event.nanos), begun.flow);
      }
    }
  }

  private void flowTo(Kept event, Track track, long first) {
    if (event.flow != 0) {
      flowTo(event, track, first, event.cause, event.flow);
    }
  }

  private void flowTo(Kept event, Track track, long first, long from, long flow) {
    Drawn origin = drawn.get(from);
    boolean late = from < first;
    if (origin == null || origin.line.equals(event.line) || (late && origin.isCovered())) {
      return;
    }
    if (late) {
      out.flowBegins(origin.track, origin.nanos, flow);
    }
    out.flowEnds(track, track.at(event.nanos), flow);
  }

  /** Inside its cause; else, if it takes time, where nothing goes on. */
  private Track trackOf(Kept event) {
    Drawn cause = drawn.get(event.cause);
    if (cause != null && cause.line.equals(event.line) && cause.track.isInside(event.cause)) {
      return cause.track;
    }
    return event.kind.phase() == EventKind.Phase.BEGINS ? idleTrack(event) : linesTrack(event);
  }

  /** Where the commands are that this one was queued with; the first begins their slice. */
  private Track trackOf(Commands together, Kept event, long first) {
    Track track = together.track;
    if (track == null) {
      track = idleTrack(event);
      together.track = track;
      notBefore(event, track);
      if (track.isIdle()) {
        track.begins(together.queued);
        String what = together.count + (together.count == 1 ? " command" : " commands");
        Words words = new Words("commands", "commands", what, together.queued, together.queued);
        out.begin(track, event.nanos, words);
      }
      flowTo(event, track, first);
    }
    return track;
  }

  /** One on which nothing goes on, unless there are too many. */
  private Track idleTrack(Kept event) {
    List<Track> tracks = tracks(event);
    for (Track track : tracks) {
      if (track.isIdle()) {
        return track;
      }
    }
    return tracks.size() < MOST_TRACKS_EACH ? newTrack(event, tracks) : tracks.get(0);
  }

  private Track linesTrack(Kept event) {
    List<Track> tracks = tracks(event);
    return tracks.isEmpty() ? newTrack(event, tracks) : tracks.get(0);
  }

  private List<Track> tracks(Kept event) {
    return lines.computeIfAbsent(key(event.kind.track(), event.line), line -> new ArrayList<>(1));
  }

  private static String key(EventKind.Track process, String line) {
    return process + " " + line;
  }

  private Track newTrack(Kept event, List<Track> tracks) {
    Track track = new Track(processId(event.kind.track()), ++threads);
    tracks.add(track);
    String whole = event.line + names.getOrDefault(event.line, "");
    String name = tracks.size() == 1 ? whole : whole + " (" + tracks.size() + ")";
    out.metadata("thread_name", track.processId, track.threadId, "name", name);
    out.metadata("thread_sort_index", track.processId, track.threadId, "sort_index", threads);
    return track;
  }

  /** Ends what has not ended, at the time of the last event. */
  @Override
  public synchronized @Nullable IOException close() {
    if (closed) {
      return out.failure();
    }
    drawBatch();
    closed = true;
    for (List<Track> tracks : lines.values()) {
      for (Track track : tracks) {
        int slices = track.endsAll();
        for (int i = 0; i < slices; i++) {
          out.end(track, lastNanos);
        }
      }
    }
    return out.close();
  }
}
