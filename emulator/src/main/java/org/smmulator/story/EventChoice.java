package org.smmulator.story;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.smmulator.record.EventKind;

/**
 * Chooses events of a file that it is shown in order. An event is of a process or a step also if it
 * followed from one that is.
 */
public final class EventChoice {
  /** What may be asked for; null, or an empty set, where it does not matter. */
  public static final class Wanted {
    /** Empty for all. */
    public final Set<EventKind> kinds = EnumSet.noneOf(EventKind.class);

    /** ID or name. */
    public @Nullable String device;

    public @Nullable String process;

    /** In the words of the machine file, or its number. */
    public @Nullable String step;

    public long fromNanos;
    public long untilNanos = Long.MAX_VALUE;

    /** The event with all that followed from it; 0 for any. */
    public long cause;
  }

  private static final int MOST_NAMES = 100;

  private final Wanted wanted;
  private final Descendants ofProcess;
  private final Descendants ofStep;
  private final Descendants ofCause;
  private final Set<String> devices = new LinkedHashSet<>();

  /** Of devices, by their names. */
  private final Map<String, String> ids = new LinkedHashMap<>();

  private final Set<String> steps = new LinkedHashSet<>();
  private final Set<String> processes = new LinkedHashSet<>();

  public EventChoice(Wanted wanted) {
    this.wanted = wanted;
    ofProcess = new Descendants(event -> event.text("process").equals(wanted.process));
    ofStep = new Descendants(this::isStep);
    ofCause = new Descendants(event -> event.id() == wanted.cause);
  }

  /** Whether the next event of the file is chosen; a note is if nothing is asked for. */
  public boolean takes(ToldEvent event) throws StoryException {
    know(event);
    boolean process = wanted.process == null || ofProcess.add(event);
    boolean step = wanted.step == null || ofStep.add(event);
    boolean cause = wanted.cause == 0 || ofCause.add(event);
    if (event.kind() == null) {
      return isForAll();
    }
    return process
        && step
        && cause
        && (wanted.kinds.isEmpty() || wanted.kinds.contains(event.kind()))
        && (wanted.device == null || isOfDevice(event, wanted.device))
        && event.nanos() >= wanted.fromNanos
        && event.nanos() <= wanted.untilNanos;
  }

  private boolean isForAll() {
    return wanted.kinds.isEmpty()
        && wanted.device == null
        && wanted.process == null
        && wanted.step == null
        && wanted.cause == 0;
  }

  /** Names are remembered to tell what there is if what was asked for is not. */
  private void know(ToldEvent event) {
    if (event.kind() == EventKind.DEVICE_ATTACHED) {
      remember(devices, event.who());
      ids.put(event.text("name"), event.who());
    } else if (event.kind() == EventKind.STEP_BEGINS) {
      remember(steps, event.text("step"));
    } else if (event.kind() == EventKind.CALL_BEGINS) {
      remember(processes, event.text("process"));
    }
  }

  private static void remember(Set<String> names, String name) {
    if (names.size() < MOST_NAMES) {
      names.add(name);
    }
  }

  private boolean isStep(ToldEvent event) {
    return event.kind() == EventKind.STEP_BEGINS
        && (event.text("step").equals(wanted.step)
            || Long.toString(event.number("number")).equals(wanted.step));
  }

  private boolean isOfDevice(ToldEvent event, String device) {
    String id = ids.getOrDefault(device, device);
    return event.who().equals(id)
        || event.text("device").equals(id)
        || event.text("subject").equals(id)
        || event.text("subject").startsWith("bond of " + id + " ");
  }

  /**
   * Why nothing was chosen of a file that has been shown whole, as far as names tell; null if no
   * name was asked for that the file does not have.
   */
  public @Nullable String unknown() {
    if (wanted.device != null
        && !devices.contains(wanted.device)
        && !ids.containsKey(wanted.device)) {
      List<String> known = new ArrayList<>(devices);
      known.addAll(ids.keySet());
      return sentence("device", wanted.device, known);
    }
    if (wanted.process != null && !processes.contains(wanted.process)) {
      return sentence("process", wanted.process, processes);
    }
    return wanted.step == null ? null : sentence("step", wanted.step, steps);
  }

  private static String sentence(String what, String wanted, Collection<String> known) {
    return known.isEmpty()
        ? "no event is of " + what + " '" + wanted + "', and none is of any other"
        : "no event is of " + what + " '" + wanted + "'; there are " + String.join(", ", known);
  }
}
