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
import org.smmulator.record.Recorder;
import org.smmulator.story.TraceWriter.Words;
import org.smmulator.story.Track.Drawn;

/**
 * The story as a picture in time, for the Perfetto UI and chrome://tracing: a track for each guest
 * task, each queue of the SMMU and each device. What begins and ends is a slice, what happens at
 * once a slice without length, and a flow leads from a cause to its effect on another track.
 *
 * <p>A viewer lets a flow begin on the slice that came last, and virtual time may stand still: so
 * it is written right after its cause, when the effect has not come yet. Events are therefore kept
 * until the recorder has delivered a batch, at most its ring. Of a cause in an earlier batch a
 * viewer would have the time alone: if that names another slice by now, there is no flow.
 */
public final class TraceEvents implements StoryWriter {
  /** Tracks of one task or device; what else it does at once has no length. */
  private static final int MOST_TRACKS_EACH = 64;

  private static final String COMMAND_QUEUE = "command queue";

  /**
   * An event until it is drawn.
   *
   * @param from where its flow comes from, or {@link Recorder#NO_CAUSE}
   * @param commands if it is the first command of a batch, how many that has
   * @param last whether it is the last command of a batch
   */
  private record Kept(
      long id,
      EventKind kind,
      long nanos,
      String line,
      long cause,
      long from,
      String name,
      String what,
      long commands,
      boolean last) {}

  /** Commands that were queued together, by this event. */
  private record Queued(long event, long commands) {}

  private final TraceWriter out;
  private final List<Kept> batch = new ArrayList<>();
  private final Map<String, List<Track>> lines = new LinkedHashMap<>();
  private final Causes<Drawn> drawn = new Causes<>();

  /** By the index of the first; those that are not consumed yet. */
  private final Causes<Queued> queued = new Causes<>();

  private int threads;

  /** Of the commands whose first was consumed last, how many are left. */
  private long commandsLeft;

  private long openCommands = Recorder.NO_CAUSE;
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
    return track.ordinal() + 1;
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
    if (event.kind() == EventKind.COMMANDS_QUEUED) {
      queued.put(event.value(1), new Queued(event.id(), event.value(0)));
    }
    long from = event.cause();
    long commands = 0;
    boolean last = false;
    if (event.kind() == EventKind.COMMAND) {
      Queued together = queued.remove(event.value(2));
      if (together != null) {
        commands = together.commands;
        commandsLeft = together.commands;
        from = together.event;
      } else if (commandsLeft > 0) {
        from = Recorder.NO_CAUSE;
      }
      last = commandsLeft > 0 && --commandsLeft == 0;
    }
    String what = EventLines.TEXT.of(event);
    batch.add(
        new Kept(
            event.id(),
            event.kind(),
            event.nanos(),
            lineOf(event),
            event.cause(),
            from,
            nameOf(event, what),
            what,
            commands,
            last));
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
    if (closed || batch.isEmpty()) {
      return;
    }
    Map<Long, List<Kept>> effects = new HashMap<>();
    for (Kept event : batch) {
      if (event.from != Recorder.NO_CAUSE) {
        effects.computeIfAbsent(event.from, cause -> new ArrayList<>(1)).add(event);
      }
    }
    long first = batch.get(0).id;
    for (Kept event : batch) {
      lastNanos = Math.max(lastNanos, event.nanos);
      if (event.kind.phase() == EventKind.Phase.ENDS) {
        end(event);
      } else {
        draw(event, first, effects.getOrDefault(event.id, List.of()));
      }
    }
    batch.clear();
  }

  private void end(Kept event) {
    Drawn begun = drawn.get(event.cause);
    if (begun != null) {
      int slices = begun.track.ends(event.cause);
      for (int i = 0; i < slices; i++) {
        out.end(begun.track, event.nanos);
      }
    }
  }

  /**
   * A slice, the end of the flow that leads to it, and the beginnings of those that lead from it.
   *
   * @param first of the batch
   */
  private void draw(Kept event, long first, List<Kept> effects) {
    Track track = event.kind == EventKind.COMMAND ? beginCommands(event) : trackOf(event);
    if (event.commands == 0) {
      slice(event, track);
    }
    Drawn origin = event.from == Recorder.NO_CAUSE ? null : drawn.get(event.from);
    if (origin != null && !origin.line.equals(event.line)) {
      boolean late = event.from < first;
      if (late && !origin.isCovered()) {
        out.flowBegins(origin.track, origin.nanos, event.id);
      }
      if (!late || !origin.isCovered()) {
        out.flowEnds(track, event.nanos, event.id);
      }
    }
    if (event.commands > 0) {
      slice(event, track);
    }
    drawn.put(event.id, track.draws(event.line, event.nanos));
    for (Kept effect : effects) {
      if (effect.kind.phase() != EventKind.Phase.ENDS && !effect.line.equals(event.line)) {
        out.flowBegins(track, event.nanos, effect.id);
      }
    }
    if (event.last) {
      endCommands(event.nanos);
    }
  }

  private void slice(Kept event, Track track) {
    Words words = new Words(event.name, event.kind.spelled(), event.what, event.id, event.cause);
    boolean begins = event.kind.phase() == EventKind.Phase.BEGINS;
    if (begins && (track.isIdle() || track.isInside(event.cause))) {
      track.begins(event.id);
      out.begin(track, event.nanos, words);
    } else {
      out.instant(track, event.nanos, words);
    }
  }

  // Commands that were queued together are one slice, until the last one is consumed.

  private Track beginCommands(Kept event) {
    Track track = linesTrack(event);
    if (event.commands > 0) {
      endCommands(event.nanos);
      openCommands = event.from;
      track.begins(event.from);
      String what = event.commands + " commands";
      Words words = new Words("commands", "commands", what, event.from, event.cause);
      out.begin(track, event.nanos, words);
    }
    return track;
  }

  private void endCommands(long nanos) {
    List<Track> queue = lines.get(key(EventKind.Track.SMMU, COMMAND_QUEUE));
    if (queue != null && queue.get(0).ends(openCommands) > 0) {
      out.end(queue.get(0), nanos);
    }
    openCommands = Recorder.NO_CAUSE;
  }

  // Tracks.

  /** Inside its cause; else, if it takes time, where nothing goes on. */
  private Track trackOf(Kept event) {
    Drawn cause = drawn.get(event.cause);
    if (cause != null && cause.line.equals(event.line) && cause.track.isInside(event.cause)) {
      return cause.track;
    }
    if (event.kind.phase() == EventKind.Phase.BEGINS) {
      List<Track> tracks = tracks(event);
      for (Track track : tracks) {
        if (track.isIdle()) {
          return track;
        }
      }
      if (tracks.size() < MOST_TRACKS_EACH) {
        return newTrack(event, tracks);
      }
    }
    return linesTrack(event);
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
    String name = tracks.size() == 1 ? event.line : event.line + " (" + tracks.size() + ")";
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
    delivered();
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
