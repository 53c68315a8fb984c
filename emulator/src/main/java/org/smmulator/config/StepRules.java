package org.smmulator.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.config.ScenarioState.Guest;
import org.smmulator.config.ScenarioState.Stream;
import org.smmulator.device.model.dma.DmaDevice;

/** What each kind of step needs and leaves behind. */
final class StepRules implements StepCases<RuntimeException> {
  private final ScenarioRules rules;
  private final ControlRules control;
  private final ScenarioState now;
  private final Problems problems;
  private final String path;

  /**
   * @param now what is so before the step, and after it
   * @param path of the step
   */
  StepRules(
      ScenarioRules rules,
      ControlRules control,
      ScenarioState now,
      Problems problems,
      String path) {
    this.rules = rules;
    this.control = control;
    this.now = now;
    this.problems = problems;
    this.path = path;
  }

  @Override
  public void startProcess(Step.StartProcess step) {
    rules.fits(step.pages(), path + ".pages");
    name(step.name(), step.pages(), path + ".name");
  }

  @Override
  public void bind(Step.Bind step) {
    Guest guest = rules.guest(step.process(), path + ".process");
    for (int i = 0; i < step.devices().size(); i++) {
      PciAddress id = step.devices().get(i);
      String where = Problems.element(path + ".devices", i);
      if (rules.attached(id, where) && guest != null) {
        guest.bound().add(id);
        queueForEach(id, where);
      }
    }
  }

  @Override
  public void dma(Step.Dma step) {
    unique(step.devices(), path + ".devices");
    unique(step.processes(), path + ".processes");
    for (int i = 0; i < step.processes().size(); i++) {
      String name = step.processes().get(i);
      String where = Problems.element(path + ".processes", i);
      Guest guest = rules.guest(name, where);
      rules.inside(name, guest, step.page(), step.pages(), path);
      rules.idle(name, where);
      for (int j = 0; j < step.devices().size(); j++) {
        rules.bound(name, guest, step.devices().get(j), Problems.element(path + ".devices", j));
      }
    }
    int half = step.pages() / 2 * ScenarioRules.PAGE_BYTES;
    if (step.bytes() > half) {
      String sentence = " bytes are more than half the working set; use " + half + " or less";
      problems.add(path + ".bytes", step.bytes() + sentence);
    }
    String name = step.background();
    if (name != null && isFree(name)) {
      now.background.put(name, new Stream(step, path, true));
    }
  }

  @Override
  public void await(Step.Wait step) {
    if (now.background.remove(step.background()) == null
        && now.programs.remove(step.background()) == null) {
      Set<String> there = new HashSet<>(now.background.keySet());
      there.addAll(now.programs.keySet());
      problems.add(
          path + ".background",
          "no stream or program "
              + step.background()
              + " is in the background; "
              + ScenarioRules.one(there));
    }
  }

  @Override
  public void write(Step.Write step) {
    rules.range(step.process(), step.page(), step.pages(), path);
  }

  @Override
  public void munmap(Step.Munmap step) {
    rules.range(step.process(), step.page(), step.pages(), path);
  }

  @Override
  public void mprotect(Step.Mprotect step) {
    rules.range(step.process(), step.page(), step.pages(), path);
  }

  @Override
  public void age(Step.Age step) {
    rules.range(step.process(), step.page(), step.pages(), path);
  }

  @Override
  public void fork(Step.Fork step) {
    Guest parent = rules.guest(step.process(), path + ".process");
    name(step.child(), parent == null ? 1 : parent.pages(), path + ".child");
  }

  @Override
  public void unbind(Step.Unbind step) {
    Guest guest = rules.guest(step.process(), path + ".process");
    if (rules.bound(step.process(), guest, step.device(), path + ".device") && guest != null) {
      guest.bound().remove(step.device());
    }
  }

  @Override
  public void unbindWhileBusy(Step.UnbindWhileBusy step) {
    Guest guest = rules.guest(step.process(), path + ".process");
    if (rules.bound(step.process(), guest, step.device(), path + ".device") && guest != null) {
      busy(step.process(), step.device(), path + ".process");
      guest.bound().remove(step.device());
    }
  }

  @Override
  public void detachDomain(Step.DetachDomain step) {
    if (rules.attached(step.device(), path + ".device")) {
      now.detached.add(step.device());
      rules.lose(step.device());
    }
  }

  @Override
  public void unplug(Step.Unplug step) {
    if (rules.present(step.device(), path + ".device")) {
      now.unplugged.add(step.device());
      rules.lose(step.device());
    }
  }

  @Override
  public void program(Step.Program step) {
    rules.guest(step.process(), path + ".process");
    String name = step.background();
    if (name != null && isFree(name)) {
      now.programs.put(name, path);
    }
  }

  @Override
  public void inject(Step.Inject step) {
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
      rules.attached(step.device(), path + ".device");
    }
  }

  @Override
  public void memory(MemoryStep step) {
    step.chooseMemory(new ActionRules(rules, problems, path));
  }

  @Override
  public void device(DeviceStep step) {
    step.chooseDevice(new ActionRules(rules, problems, path));
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
    rules.guest(step.process(), path + ".process");
    end(step.process());
  }

  @Override
  public void exit(Step.Exit step) {
    rules.guest(step.process(), path + ".process");
    rules.idle(step.process(), path + ".process");
    end(step.process());
  }

  @Override
  public void verify(Step.Verify step) {
    rules.guest(step.process(), path + ".process");
  }

  private void name(String name, int pages, String where) {
    if (now.living.containsKey(name)) {
      problems.add(where, "a process " + name + " was started before; use another name");
    }
    now.ended.remove(name);
    now.living.put(name, new Guest(pages, new ArrayList<>()));
  }

  private void end(String name) {
    if (now.living.remove(name) != null) {
      now.ended.add(name);
    }
  }

  private void queueForEach(PciAddress id, String where) {
    int queues = rules.queues(id);
    int bound =
        now.living.values().stream()
            .mapToInt(guest -> Collections.frequency(guest.bound(), id))
            .sum();
    if (queues == 0) {
      problems.add(where, id + " is no dma engine; bind one");
    } else if (bound > queues) {
      problems.add(
          where,
          id
              + " has a queue for each of "
              + queues
              + " processes; "
              + (bound > DmaDevice.MOST_QUEUES
                  ? "bind others to another device"
                  : "raise its queues to " + bound));
    }
  }

  /** Whether nothing in the background has that name. */
  private boolean isFree(String name) {
    boolean taken = now.background.containsKey(name) || now.programs.containsKey(name);
    if (taken) {
      problems.add(path + ".background", name + " is in the background already; use another name");
    }
    return !taken;
  }

  private void unique(List<?> names, String where) {
    for (int i = 0; i < names.size(); i++) {
      if (names.indexOf(names.get(i)) != i) {
        problems.add(Problems.element(where, i), names.get(i) + " is listed twice; remove one");
      }
    }
  }

  /** A stream works on the process with the device. */
  private void busy(String name, PciAddress device, String where) {
    for (Stream stream : now.background.values()) {
      if (stream.works()
          && stream.step().processes().contains(name)
          && stream.step().devices().contains(device)) {
        return;
      }
    }
    String idle = device + " does not work for " + name;
    problems.add(where, idle + "; add a dma step with 'background' before");
  }
}
