package org.smmulator.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;

/** Rules for steps that speak of others, or are made of others. */
final class ControlRules {
  private static final long MOST_STEPS = 10_000_000;
  private static final int MOST_BRANCHES = 64;

  private final ScenarioRules rules;
  private final Problems problems;

  ControlRules(ScenarioRules rules, Problems problems) {
    this.rules = rules;
    this.problems = problems;
  }

  /** All of a scenario. */
  void check(List<Step> steps, String path) {
    long planned = NestedSteps.planned(steps);
    if (planned > MOST_STEPS) {
      problems.add(
          path,
          planned + " steps are too many; use up to " + MOST_STEPS + ", those of rounds included");
    }
    inOrder(steps, path);
    ownNames(steps, path, "", new HashMap<>());
  }

  private void inOrder(List<Step> steps, String path) {
    Step before = null;
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      String where = Problems.element(path, i);
      if (step instanceof Expect expect) {
        rules.check(expect, where);
        speaks(expect, before, Problems.child(where, expect.word()));
        continue;
      }
      before = step;
      if (isToBeRefused(steps, i)) {
        rules.undone(() -> rules.check(step, where));
      } else {
        rules.check(step, where);
      }
    }
  }

  /** Whether an expectation right after a step says that it is refused. */
  static boolean isToBeRefused(List<Step> steps, int index) {
    for (int i = index + 1; i < steps.size() && steps.get(i) instanceof Expect expect; i++) {
      if (expect.refused() != null) {
        return true;
      }
    }
    return false;
  }

  private void speaks(Expect expect, @Nullable Step before, String path) {
    if (before == null) {
      problems.add(path, "no step comes before that it could speak of; put it after one");
      return;
    }
    if (expect.refused() != null && !before.parts().isEmpty()) {
      problems.add(
          path + ".refused",
          before.word() + " is not refused as a whole; put it after a step inside");
    }
    boolean operates =
        NestedSteps.contains(before, Step.Dma.class)
            || NestedSteps.contains(before, Step.Wait.class);
    if (expect.operations() != null && !operates) {
      problems.add(
          path + ".operations",
          before.word() + " waits for no operation; put it after a step dma or wait");
    }
  }

  void expect(Expect step, String path) {
    if (StepWords.of(step).equals(step.word() + " ")) {
      problems.add(
          path,
          "expects nothing; add notifierCalls, commands, entriesDropped, operations, refused,"
              + " pasids, violations or events");
    }
    if (step.notifierCalls() != null) {
      count(step.notifierCalls().all(), path + ".notifierCalls.all");
      counts(step.notifierCalls().byCallback(), path + ".notifierCalls");
    }
    counts(step.commands(), path + ".commands");
    counts(step.entriesDropped(), path + ".entriesDropped");
    counts(step.events(), path + ".events");
    if (step.operations() != null) {
      counts(step.operations().given(), path + ".operations");
    }
    if (step.violations() != null) {
      counts(step.violations().given(), path + ".violations");
    }
    for (PciAddress device : step.entriesDropped().keySet()) {
      rules.listed(device, Problems.child(path + ".entriesDropped", device.toString()));
    }
    step.pasids().keySet().forEach(name -> rules.started(name, path + ".pasids." + name));
  }

  private void counts(Map<?, ExpectedCount> counts, String path) {
    counts.forEach((what, count) -> count(count, Problems.child(path, what.toString())));
  }

  private void count(@Nullable ExpectedCount count, String path) {
    String complaint = count == null ? null : count.complaint();
    if (complaint != null) {
      problems.add(path, complaint);
    }
  }

  /** What can be done once may leave things so that it cannot be done again. */
  void repeat(Repeat step, String path) {
    String inside = path + ".steps";
    int before = problems.count();
    inOrder(step.steps(), inside);
    if (step.times() > 1 && problems.count() == before) {
      problems.during("in the second round: ", () -> inOrder(step.steps(), inside));
    }
  }

  void parallel(Parallel step, String path) {
    if (step.branches().size() > MOST_BRANCHES) {
      problems.add(path + ".branches", "are too many; use up to " + MOST_BRANCHES);
    }
    ScenarioState before = rules.standing();
    Map<String, String> done = new HashMap<>();
    List<Runnable> branches = new ArrayList<>();
    step.branches()
        .forEach(
            (name, steps) -> {
              String inside = path + ".branches." + name;
              branches.add(
                  () -> {
                    inOrder(steps, inside);
                    for (String act : acts(before, rules.standing(), steps)) {
                      String other = done.putIfAbsent(act, name);
                      if (other != null) {
                        problems.add(
                            inside,
                            "branch "
                                + other
                                + " is to "
                                + act
                                + ", too; remove it from one of them");
                      }
                    }
                  });
            });
    rules.beside(branches);
  }

  /** What only one of several can do, as the end of a sentence "is to ..". */
  private static Set<String> acts(ScenarioState before, ScenarioState after, List<Step> steps) {
    Set<String> acts = new HashSet<>();
    names(steps).keySet().forEach(name -> acts.add("start " + name));
    left(after.ended, before.ended)
        .filter(before.living::containsKey)
        .forEach(name -> acts.add("end process " + name));
    left(after.detached, before.detached).forEach(id -> acts.add("take " + id + " away"));
    left(after.unplugged, before.unplugged).forEach(id -> acts.add("take " + id + " away"));
    left(before.waitedFor(), after.waitedFor()).forEach(name -> acts.add("wait for " + name));
    Set<PciAddress> away = new HashSet<>(after.detached);
    away.addAll(after.unplugged);
    after.living.forEach(
        (name, guest) -> {
          ScenarioState.Guest first = before.living.get(name);
          if (first != null) {
            ScenarioState.more(first.bound(), guest.bound()).stream()
                .filter(id -> !away.contains(id))
                .forEach(id -> acts.add("unbind " + name + " from " + id));
          }
        });
    return acts;
  }

  private static <T> Stream<T> left(Set<T> all, Set<T> without) {
    return all.stream().filter(each -> !without.contains(each));
  }

  /** What a hook leaves behind, nobody can rely on: when it fires is not known. */
  void at(At step, String path) {
    String inside = path + ".steps";
    rules.undone(
        () -> {
          Set<String> before = rules.standing().waitedFor();
          inOrder(step.steps(), inside);
          left(rules.standing().waitedFor(), before)
              .forEach(
                  name ->
                      problems.add(
                          inside,
                          "nothing waits for "
                              + name
                              + "; add '- wait: {background: "
                              + name
                              + "}' to these steps"));
        });
  }

  /** Names of processes and streams that steps of one list start, with the path of one of them. */
  private static Map<String, String> names(List<Step> steps) {
    Map<String, String> names = new LinkedHashMap<>();
    NestedSteps.each(steps, "", (step, path) -> name(step, path, names));
    return names;
  }

  private static void name(Step step, String path, Map<String, String> names) {
    if (step instanceof Step.StartProcess start) {
      names.put("process " + start.name(), path + ".name");
    } else if (step instanceof Step.Fork fork) {
      names.put("process " + fork.child(), path + ".child");
    } else if (step instanceof Step.Dma dma && dma.background() != null) {
      names.put("stream " + dma.background(), path + ".background");
    } else if (step instanceof Step.Program program && program.background() != null) {
      names.put("stream " + program.background(), path + ".background");
    }
  }

  /**
   * Hooks start nothing by a name that somebody else uses, as both may be there at the same time.
   *
   * @param hook path of the one that the steps belong to; empty for none
   * @param owners of the names so far
   */
  private void ownNames(List<Step> steps, String path, String hook, Map<String, String> owners) {
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      String where = Problems.child(Problems.element(path, i), step.word());
      Map<String, String> names = new LinkedHashMap<>();
      name(step, where, names);
      names.forEach(
          (name, at) -> {
            String owner = owners.putIfAbsent(name, hook);
            if (owner != null && !owner.equals(hook)) {
              problems.add(at, "a hook and others start " + name + "; use another name");
            }
          });
      String below = step instanceof At ? where : hook;
      step.parts().forEach((part, inside) -> ownNames(inside, where + "." + part, below, owners));
    }
  }
}
