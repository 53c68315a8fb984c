package org.smmulator.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.config.ScenarioState.Guest;
import org.smmulator.config.ScenarioState.Stream;
import org.smmulator.device.model.dma.DmaDevice;

/**
 * Goes through steps as the machine will, with names instead of memory: who lives, who is bound to
 * what, which stream works on which queue.
 */
final class ScenarioRules {
  private static final int PAGE_BYTES = 4096;

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
    step.choose(new Cases(Problems.child(path, step.word())));
  }

  /** What each kind of step needs and leaves behind. */
  private final class Cases implements StepCases<RuntimeException> {
    private final String path;

    Cases(String path) {
      this.path = path;
    }

    @Override
    public void startProcess(Step.StartProcess step) {
      start(step.name(), step.pages(), path);
    }

    @Override
    public void bind(Step.Bind step) {
      ScenarioRules.this.bind(step, path);
    }

    @Override
    public void dma(Step.Dma step) {
      ScenarioRules.this.dma(step, path);
    }

    @Override
    public void await(Step.Wait step) {
      if (background.remove(step.background()) == null
          && programs.remove(step.background()) == null) {
        Set<String> there = new HashSet<>(background.keySet());
        there.addAll(programs.keySet());
        problems.add(
            path + ".background",
            "no stream or program " + step.background() + " is in the background; " + one(there));
      }
    }

    @Override
    public void write(Step.Write step) {
      range(step.process(), step.page(), step.pages(), path);
    }

    @Override
    public void munmap(Step.Munmap step) {
      range(step.process(), step.page(), step.pages(), path);
    }

    @Override
    public void mprotect(Step.Mprotect step) {
      range(step.process(), step.page(), step.pages(), path);
    }

    @Override
    public void age(Step.Age step) {
      range(step.process(), step.page(), step.pages(), path);
    }

    @Override
    public void fork(Step.Fork step) {
      Guest parent = guest(step.process(), path + ".process");
      name(step.child(), parent == null ? 1 : parent.pages(), path + ".child");
    }

    @Override
    public void unbind(Step.Unbind step) {
      Guest guest = guest(step.process(), path + ".process");
      if (bound(step.process(), guest, step.device(), path + ".device") && guest != null) {
        guest.bound().remove(step.device());
      }
    }

    @Override
    public void unbindWhileBusy(Step.UnbindWhileBusy step) {
      Guest guest = guest(step.process(), path + ".process");
      if (bound(step.process(), guest, step.device(), path + ".device") && guest != null) {
        busy(step.process(), step.device(), path + ".process");
        guest.bound().remove(step.device());
      }
    }

    @Override
    public void detachDomain(Step.DetachDomain step) {
      if (attached(step.device(), path + ".device")) {
        detached.add(step.device());
        lose(step.device());
      }
    }

    @Override
    public void unplug(Step.Unplug step) {
      if (present(step.device(), path + ".device")) {
        unplugged.add(step.device());
        lose(step.device());
      }
    }

    @Override
    public void program(Step.Program step) {
      guest(step.process(), path + ".process");
      String name = step.background();
      if (name != null && isFree(name, path)) {
        programs.put(name, path);
      }
    }

    @Override
    public void inject(Step.Inject step) {
      ScenarioRules.this.inject(step, path);
    }

    @Override
    public void memory(MemoryStep step) {
      step.chooseMemory(new ActionRules(ScenarioRules.this, problems, path));
    }

    @Override
    public void device(DeviceStep step) {
      step.chooseDevice(new ActionRules(ScenarioRules.this, problems, path));
    }

    @Override
    public void expect(Expect step) {
      control.expect(step, path);
    }

    @Override
    public void repeat(Repeat step) {
      control.repeat(step, path);
    }

    @Override
    public void parallel(Parallel step) {
      control.parallel(step, path);
    }

    @Override
    public void at(At step) {
      control.at(step, path);
    }

    @Override
    public void kill(Step.Kill step) {
      guest(step.process(), path + ".process");
      end(step.process());
    }

    @Override
    public void exit(Step.Exit step) {
      guest(step.process(), path + ".process");
      idle(step.process(), path + ".process");
      end(step.process());
    }

    @Override
    public void verify(Step.Verify step) {
      guest(step.process(), path + ".process");
    }
  }

  /** A device is taken from everybody. */
  private void lose(PciAddress device) {
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

  private void inject(Step.Inject step, String path) {
    List<Step.@Nullable Carried> given = Arrays.asList(step.drop(), step.duplicate(), step.delay());
    if (Collections.frequency(given, null) != given.size() - 1) {
      problems.add(path, "give one of drop, duplicate and delay: command, packet or completion");
    }
    if (step.delay() != null && step.micros() == null) {
      problems.add(path + ".micros", "missing; a delay needs it, such as micros: 1000");
    } else if (step.delay() == null && step.micros() != null) {
      problems.add(path + ".micros", "goes with delay only; remove it");
    }
    if (step.device() != null && step.what() == Step.Carried.COMMAND) {
      problems.add(path + ".device", "the command queue is that of all devices; remove it");
    } else if (step.device() != null) {
      attached(step.device(), path + ".device");
    }
  }

  private void start(String name, int pages, String path) {
    if ((long) pages * PAGE_BYTES > ramBytes) {
      problems.add(
          path + ".pages",
          pages
              + " pages are more than the RAM holds; use "
              + ramBytes / 2 / PAGE_BYTES
              + " or less, or raise machine.ramMiB");
    }
    name(name, pages, path + ".name");
  }

  private void name(String name, int pages, String path) {
    if (living.containsKey(name)) {
      problems.add(path, "a process " + name + " was started before; use another name");
    }
    ended.remove(name);
    living.put(name, new Guest(pages, new ArrayList<>()));
  }

  private void end(String name) {
    if (living.remove(name) != null) {
      ended.add(name);
    }
  }

  private void bind(Step.Bind bind, String path) {
    Guest guest = guest(bind.process(), path + ".process");
    for (int i = 0; i < bind.devices().size(); i++) {
      PciAddress id = bind.devices().get(i);
      String where = Problems.element(path + ".devices", i);
      if (attached(id, where) && guest != null) {
        guest.bound().add(id);
        queueForEach(id, where);
      }
    }
  }

  private void queueForEach(PciAddress id, String path) {
    int queues = Objects.requireNonNull(devices.get(id));
    int bound =
        living.values().stream().mapToInt(guest -> Collections.frequency(guest.bound(), id)).sum();
    if (queues == 0) {
      problems.add(path, id + " is no dma engine; bind one");
    } else if (bound > queues) {
      problems.add(
          path,
          id
              + " has a queue for each of "
              + queues
              + " processes; "
              + (bound > DmaDevice.MOST_QUEUES
                  ? "bind others to another device"
                  : "raise its queues to " + bound));
    }
  }

  private void dma(Step.Dma dma, String path) {
    unique(dma.devices(), path + ".devices");
    unique(dma.processes(), path + ".processes");
    for (int i = 0; i < dma.processes().size(); i++) {
      String name = dma.processes().get(i);
      String where = Problems.element(path + ".processes", i);
      Guest guest = guest(name, where);
      inside(name, guest, dma.page(), dma.pages(), path);
      idle(name, where);
      for (int j = 0; j < dma.devices().size(); j++) {
        bound(name, guest, dma.devices().get(j), Problems.element(path + ".devices", j));
      }
    }
    int half = dma.pages() / 2 * PAGE_BYTES;
    if (dma.bytes() > half) {
      String sentence = " bytes are more than half the working set; use " + half + " or less";
      problems.add(path + ".bytes", dma.bytes() + sentence);
    }
    String name = dma.background();
    if (name != null && isFree(name, path)) {
      background.put(name, new Stream(dma, path, true));
    }
  }

  /** Whether nothing in the background has that name. */
  private boolean isFree(String name, String path) {
    boolean taken = background.containsKey(name) || programs.containsKey(name);
    if (taken) {
      problems.add(path + ".background", name + " is in the background already; use another name");
    }
    return !taken;
  }

  private void unique(List<?> names, String path) {
    for (int i = 0; i < names.size(); i++) {
      if (names.indexOf(names.get(i)) != i) {
        problems.add(Problems.element(path, i), names.get(i) + " is listed twice; remove one");
      }
    }
  }

  void range(String process, int page, int pages, String path) {
    inside(process, guest(process, path + ".process"), page, pages, path);
  }

  private void inside(String name, @Nullable Guest guest, int page, int pages, String path) {
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

  private boolean bound(String name, @Nullable Guest guest, PciAddress device, String path) {
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
  private void idle(String name, String path) {
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

  /** A stream works on the process with the device. */
  private void busy(String name, PciAddress device, String path) {
    for (Stream stream : background.values()) {
      if (stream.works()
          && stream.step().processes().contains(name)
          && stream.step().devices().contains(device)) {
        return;
      }
    }
    String idle = device + " does not work for " + name;
    problems.add(path, idle + "; add a dma step with 'background' before");
  }

  private static String one(Set<?> names) {
    if (names.isEmpty()) {
      return "there is none";
    }
    return "there are " + String.join(", ", names.stream().map(Object::toString).sorted().toList());
  }
}
