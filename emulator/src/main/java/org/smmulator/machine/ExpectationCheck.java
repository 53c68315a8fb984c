package org.smmulator.machine;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.EventName;
import org.smmulator.config.Expect;
import org.smmulator.config.Expect.PasidState;
import org.smmulator.config.ExpectedCount;
import org.smmulator.counter.Counts;
import org.smmulator.guest.sva.PasidStatus;
import org.smmulator.metrics.StepSummary;
import org.smmulator.metrics.VerdictCounter;
import org.smmulator.story.OneStep;
import org.smmulator.story.StepCounts;

/** One look at whether things are as a step {@code expect} says. */
final class ExpectationCheck {
  private final ScenarioGuest guest;
  private final Expect expect;
  private final StepAccount step;
  private final List<String> unmet = new ArrayList<>();
  private final Map<VerdictCounter, Long> violations = new EnumMap<>(VerdictCounter.class);
  private int met;

  ExpectationCheck(ScenarioGuest guest, Expect expect, StepAccount step) {
    this.guest = guest;
    this.expect = expect;
    this.step = step;
  }

  /** All but violations. */
  void all() {
    OneStep story = step.story();
    followed(story.counts());
    expect.events().forEach((name, count) -> event(name, count, story));
    if (expect.operations() != null) {
      expect
          .operations()
          .given()
          .forEach((how, count) -> count("operations " + how, count, step.operations(how)));
    }
    if (expect.refused() != null) {
      refused(expect.refused());
    }
    if (!expect.pasids().isEmpty()) {
      List<PasidStatus> pasids = guest.kernel().sva().pasids();
      expect.pasids().forEach((name, wanted) -> pasid(name, wanted, pasids));
    }
  }

  private void followed(StepCounts counts) {
    Expect.Calls calls = expect.notifierCalls();
    if (calls != null && calls.all() != null) {
      count("notifier calls", calls.all(), counts.notifierCalls());
    }
    if (calls != null) {
      calls
          .byCallback()
          .forEach(
              (callback, count) ->
                  count(
                      "notifier calls " + callback,
                      count,
                      counts.byCallback().getOrDefault(snakeCase(callback), 0L)));
    }
    expect
        .commands()
        .forEach(
            (opcode, count) ->
                count("commands " + opcode, count, counts.commands().getOrDefault(opcode, 0L)));
    expect
        .entriesDropped()
        .forEach(
            (device, count) ->
                count("entries dropped by " + device, count, dropped(counts, device.toString())));
  }

  /** As events spell callbacks. */
  static String snakeCase(String camelCase) {
    return camelCase.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }

  private static long dropped(StepCounts counts, String device) {
    return counts.devices().stream()
        .filter(each -> each.device().equals(device))
        .mapToLong(StepSummary.OnDevice::entriesDropped)
        .findFirst()
        .orElse(0);
  }

  private void event(EventName name, ExpectedCount count, OneStep story) {
    count("events " + name, count, story.events(name.kind(), name.opcode()));
  }

  private void refused(String words) {
    String sentence = step.refusal();
    if (sentence == null) {
      unmet("refused with '" + words + "' expected, and it was done");
    } else if (!sentence.contains(words)) {
      unmet("refused with '" + words + "' expected, and it was with '" + sentence + "'");
    } else {
      met++;
    }
  }

  private void pasid(String name, PasidState wanted, List<PasidStatus> pasids) {
    PasidState seen = stateOf(guest.processes().get(name), pasids);
    if (seen == wanted) {
      met++;
    } else {
      unmet("PASID of " + name + ": " + wanted + " expected, " + seen + " seen");
    }
  }

  /** Of a process that others were to start and could not, none. */
  private static PasidState stateOf(@Nullable ScenarioProcess process, List<PasidStatus> pasids) {
    if (process == null) {
      return PasidState.FREE;
    }
    for (PasidStatus each : pasids) {
      if (each.mm() == process.mm()) {
        return PasidState.BOUND;
      }
      if (each.quarantine() != null && each.pasid() == process.lastPasid()) {
        return PasidState.QUARANTINED;
      }
    }
    return PasidState.FREE;
  }

  /** Those of a kind that no expectation has named before. */
  void violations(VerdictCounter row, ExpectedCount count, long seen) {
    violations.put(row, Math.max(0, seen));
    count(row.label(), count, seen);
  }

  private void count(String what, ExpectedCount count, long seen) {
    if (count.holds(seen)) {
      met++;
    } else {
      String found = seen == Counts.UNKNOWN ? "the device did not tell" : seen + " seen";
      unmet(what + ": " + count.words() + " expected, " + found);
    }
  }

  private void unmet(String sentence) {
    unmet.add(step.words() + ": " + sentence);
  }

  /** Sentences about what is not so. */
  List<String> unmet() {
    return List.copyOf(unmet);
  }

  int met() {
    return met;
  }

  /** Violations that were spoken of, by kind. */
  Map<VerdictCounter, Long> violations() {
    return violations;
  }
}
