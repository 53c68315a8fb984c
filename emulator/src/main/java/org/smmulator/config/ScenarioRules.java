package org.smmulator.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.config.ScenarioState.Guest;
import org.smmulator.config.ScenarioState.Stream;

/**
 * Goes through steps as the machine will, with names instead of memory: who lives, who is bound to
 * what, which stream works on which queue.
 */
final class ScenarioRules {
  static final int PAGE_BYTES = 4096;

  private final Problems problems;
  private final long ramBytes;
  private final String listed;

  /** Their queues. */
  private final Map<PciAddress, Integer> devices = new LinkedHashMap<>();

  /** How things stand, and its parts. */
  private final ScenarioState now = new ScenarioState();

  private final Set<PciAddress> detached = now.detached;
  private final Set<PciAddress> unplugged = now.unplugged;
  private final Map<String, Guest> living = now.living;
  private final Set<String> ended = now.ended;
  private final Map<String, Stream> background = now.background;
  private final ControlRules control;

  /** Programs in the background, and where they were started. */
  private final Map<String, String> programs = now.programs;

  /** Of a machine file, from the machine's start on. */
  ScenarioRules(Problems problems, MachineConfig config) {
    this(problems, config.machine().ramBytes(), "is listed under devices");
    config.devices().forEach(device -> device(device.id(), device.queues()));
  }

  /**
   * Of a machine on which nothing has happened.
   *
   * @param listed how a device gets there: the end of a sentence "no device 00:04.0 .."
   */
  ScenarioRules(Problems problems, long ramBytes, String listed) {
    this.problems = problems;
    this.ramBytes = ramBytes;
    this.listed = listed;
    this.control = new ControlRules(this, problems);
  }

  /** A device is there. */
  void device(PciAddress id, int queues) {
    devices.put(id, queues);
  }

  /** A process lives. */
  void living(String name, int pages, List<PciAddress> bound) {
    living.put(name, new Guest(pages, new ArrayList<>(bound)));
  }

  /** A process has ended. */
  void ended(String name) {
    ended.add(name);
  }

  /** A stream has been started, and perhaps nobody has waited for it. */
  void stream(String name, Step.Dma step, boolean works) {
    background.put(name, new Stream(step, "", works));
  }

  /** A program has been started, and nobody has waited for it. */
  void program(String name) {
    programs.put(name, "");
  }

  /** All of a scenario. */
  void check(List<Step> steps) {
    control.check(steps, "scenario.steps");
    background.forEach(
        (name, stream) ->
            problems.add(
                stream.path() + ".background",
                "nothing waits for stream " + name + "; add '- wait: {background: " + name + "}'"));
    programs.forEach(
        (name, path) ->
            problems.add(
                path + ".background",
                "nothing waits for program "
                    + name
                    + "; add '- wait: {background: "
                    + name
                    + "}'"));
  }

  /** One step, and what it leaves behind. */
  void check(Step step, String path) {
    String where = Problems.child(path, step.word());
    step.choose(new StepRules(this, control, now, problems, where));
  }

  /** A device is taken from everybody. */
  void lose(PciAddress device) {
    living.values().forEach(guest -> guest.bound().removeAll(Set.of(device)));
  }

  /** A device is as new. */
  void renew(PciAddress device) {
    lose(device);
    detached.remove(device);
  }

  /** How things stand now. */
  ScenarioState standing() {
    return now.copy();
  }

  /** Runs something, after which everything stands as before. */
  void undone(Runnable action) {
    ScenarioState before = now.copy();
    action.run();
    now.become(before);
  }

  /** Runs each of several things from how everything stands now; afterwards all have happened. */
  void beside(List<Runnable> actions) {
    ScenarioState before = now.copy();
    List<ScenarioState> after = new ArrayList<>();
    for (Runnable action : actions) {
      action.run();
      after.add(now.copy());
      now.become(before);
    }
    after.forEach(each -> now.merge(before, each));
  }

  /** Whether a process was started, be it over. */
  void started(String name, String path) {
    if (!living.containsKey(name) && !ended.contains(name)) {
      guest(name, path);
    }
  }

  /** A device is there, or was. */
  void listed(PciAddress device, String path) {
    if (!devices.containsKey(device)) {
      present(device, path);
    }
  }

  /** A process of so many pages can be started. */
  void fits(int pages, String path) {
    if ((long) pages * PAGE_BYTES > ramBytes) {
      problems.add(
          path,
          pages
              + " pages are more than the RAM holds; use "
              + ramBytes / 2 / PAGE_BYTES
              + " or less, or raise machine.ramMiB");
    }
  }

  /** Of a device that is there. */
  int queues(PciAddress device) {
    return Objects.requireNonNull(devices.get(device));
  }

  void range(String process, int page, int pages, String path) {
    inside(process, guest(process, path + ".process"), page, pages, path);
  }

  void inside(String name, @Nullable Guest guest, int page, int pages, String path) {
    if (guest != null && (long) page + pages > guest.pages()) {
      problems.add(
          path + ".pages",
          "pages "
              + page
              + " to "
              + ((long) page + pages - 1)
              + " are outside the buffer of "
              + name
              + "; use pages 0 to "
              + (guest.pages() - 1)
              + ", or start "
              + name
              + " with more");
    }
  }

  @Nullable Guest guest(String name, String path) {
    Guest guest = living.get(name);
    if (guest == null && ended.contains(name)) {
      problems.add(path, "process " + name + " ended in an earlier step; " + one(living.keySet()));
    } else if (guest == null) {
      problems.add(path, "no process " + name + " was started before; " + one(living.keySet()));
    }
    return guest;
  }

  boolean attached(PciAddress device, String path) {
    if (!present(device, path)) {
      return false;
    }
    if (detached.contains(device)) {
      problems.add(path, device + " was detached by an earlier step; use another device");
      return false;
    }
    return true;
  }

  boolean present(PciAddress device, String path) {
    if (!devices.containsKey(device)) {
      problems.add(path, "no device " + device + " " + listed + "; " + one(devices.keySet()));
      return false;
    }
    if (unplugged.contains(device)) {
      problems.add(path, device + " was unplugged by an earlier step; use another device");
      return false;
    }
    return true;
  }

  boolean bound(String name, @Nullable Guest guest, PciAddress device, String path) {
    boolean attached = attached(device, path);
    if (attached && guest != null && !guest.bound().contains(device)) {
      problems.add(
          path,
          name
              + " is not bound to "
              + device
              + "; add '- bind: {process: "
              + name
              + ", devices: ['"
              + device
              + "']}' before");
      return false;
    }
    return attached;
  }

  /** Nothing in the background works on the process. */
  void idle(String name, String path) {
    background.forEach(
        (stream, at) -> {
          if (at.works() && at.step().processes().contains(name)) {
            problems.add(
                path,
                at.step().background() == null
                    ? stream
                        + " still works on "
                        + name
                        + "; wait until it is done, or kill "
                        + name
                    : "stream "
                        + stream
                        + " still works on "
                        + name
                        + "; add '- wait: {background: "
                        + stream
                        + "}' before");
          }
        });
  }

  static String one(Set<?> names) {
    if (names.isEmpty()) {
      return "there is none";
    }
    return "there are " + String.join(", ", names.stream().map(Object::toString).sorted().toList());
  }
}
