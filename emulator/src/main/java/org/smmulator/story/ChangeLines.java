package org.smmulator.story;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.smmulator.record.Detail;
import org.smmulator.record.EventKind;
import org.smmulator.record.EventReader;
import org.smmulator.record.RecordedEvent;

/**
 * The story for people who look on: a line when a change of an address space is over, with what
 * each device lost by it; in detail also one for each call, command, invalidation and page fault.
 */
public final class ChangeLines implements EventReader {
  /** A change while it goes on. */
  private static final class Change {
    final long event;
    final long from;
    final String title;
    final Map<String, OnDevice> devices = new TreeMap<>();
    long frames;

    Change(long event, long from, String title) {
      this.event = event;
      this.from = from;
      this.title = title;
    }

    String line(long nanos) {
      List<String> parts = new ArrayList<>();
      devices.forEach((device, on) -> parts.add(device + on.words(from)));
      if (frames > 0) {
        parts.add(frames + (frames == 1 ? " frame freed" : " frames freed"));
      }
      String done = parts.isEmpty() ? "no device knew of it" : String.join(", ", parts);
      return time(nanos) + " " + title + ": " + done;
    }
  }

  private static final class OnDevice {
    long told;
    long dropped;
    long lastNanos = -1;

    String words(long from) {
      String what = told > 0 ? " dropped " + dropped : " does not tell what it dropped";
      String when =
          lastNanos < 0
              ? ", not completed"
              : String.format(Locale.ROOT, " in %.3f us", (lastNanos - from) / 1e3);
      return what + when;
    }
  }

  private final Consumer<String> out;
  private final boolean inDetail;
  private final Causes<Change> changes = new Causes<>();
  private final Causes<String> steps = new Causes<>();

  /**
   * @param out takes lines
   * @param inDetail everything up to {@link Detail#COMMANDS}, not changes alone
   */
  public ChangeLines(Consumer<String> out, boolean inDetail) {
    this.out = out;
    this.inDetail = inDetail;
  }

  @Override
  public Detail detail() {
    return Detail.COMMANDS; // what devices lose is known from these
  }

  @Override
  public void event(RecordedEvent event) {
    if (inDetail && event.kind().detail().compareTo(Detail.COMMANDS) <= 0) {
      out.accept(time(event.nanos()) + " " + event.who() + ": " + EventLines.TEXT.of(event));
    }
    if (event.kind() == EventKind.STEP_BEGINS) {
      steps.put(event.id(), event.name(0));
      return;
    }
    Change change = changeOf(event);
    if (change == null) {
      return;
    }
    changes.put(event.id(), change);
    switch (event.kind()) {
      case INVALIDATION -> on(change, event);
      case ENTRIES_DROPPED -> {
        on(change, event).told++;
        on(change, event).dropped += event.value(0);
      }
      case INVALIDATION_COMPLETED -> on(change, event).lastNanos = event.nanos();
      case FRAMES_FREED -> change.frames += event.value(0);
      case CALL_ENDS, NOTIFIER_ENDS -> {
        if (event.cause() == change.event) {
          out.accept(change.line(event.nanos()));
        }
      }
      default -> {}
    }
  }

  private static OnDevice on(Change change, RecordedEvent event) {
    return change.devices.computeIfAbsent(event.who(), device -> new OnDevice());
  }

  /** The outermost call or notifier's callback that it followed from. */
  private @Nullable Change changeOf(RecordedEvent event) {
    Change outer = changes.get(event.cause());
    boolean begins =
        event.kind() == EventKind.CALL_BEGINS || event.kind() == EventKind.NOTIFIER_BEGINS;
    if (outer != null || !begins) {
      return outer;
    }
    String step = steps.get(event.cause());
    String title = step != null ? step : EventLines.TEXT.of(event);
    return new Change(event.id(), event.nanos(), title);
  }

  private static String time(long nanos) {
    return String.format(Locale.ROOT, "%.3f us", nanos / 1e3);
  }
}
