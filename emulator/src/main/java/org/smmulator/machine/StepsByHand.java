package org.smmulator.machine;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.config.ConfigException;
import org.smmulator.config.DeviceConfig;
import org.smmulator.config.Expect;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.NestedSteps;
import org.smmulator.config.Repeat;
import org.smmulator.config.ScenarioConfig;
import org.smmulator.config.Step;
import org.smmulator.config.StepByHand;
import org.smmulator.config.StepWords;
import org.smmulator.guest.sched.Task;
import org.smmulator.metrics.StepReport;
import org.smmulator.metrics.StepReport.State;
import org.smmulator.metrics.StepSummary;
import org.smmulator.record.Detail;
import org.smmulator.record.Recorder;
import org.smmulator.story.OneStep;

/** Does single steps on a running machine, each on a task of its own. Thread-safe. */
final class StepsByHand {
  private static final Logger LOG = LoggerFactory.getLogger(StepsByHand.class);
  private static final int MOST_AT_ONCE = 8;
  private static final int KEPT = 16;

  /** One of them; guarded by the map. */
  private static final class Asked {
    final Step step;
    final StepAccount account;

    /** For an expectation, the step that it speaks of. */
    final @Nullable Asked before;

    State state = State.RUNNING;
    @Nullable String why;
    @Nullable Task task;

    Asked(Step step, StepAccount account, @Nullable Asked before) {
      this.step = step;
      this.account = account;
      this.before = before;
    }
  }

  private final GuestSteps steps;
  private final ScenarioGuest guest;
  private final Recorder recorder;
  private final MachineConfig config;
  private final Expectations scenarios;
  private final Map<Long, Asked> asked = new LinkedHashMap<>();
  private long last;

  /**
   * @param scenarios what the machine's scenario expects
   */
  StepsByHand(GuestSteps steps, Recorder recorder, MachineConfig config, Expectations scenarios) {
    this.steps = steps;
    this.guest = steps.guest();
    this.recorder = recorder;
    this.config = config;
    this.scenarios = scenarios;
    ScenarioConfig scenario = config.scenario();
    last = scenario == null ? 0 : NestedSteps.written(scenario.steps());
  }

  /**
   * Begins a step.
   *
   * @return its number, for {@link #report}
   * @throws IllegalStateException if too many are under way
   */
  long perform(Step step) {
    Asked begun;
    long number;
    synchronized (asked) {
      long running = asked.values().stream().filter(each -> each.state == State.RUNNING).count();
      if (running == MOST_AT_ONCE) {
        throw new IllegalStateException(
            MOST_AT_ONCE + " steps by hand are under way; wait until one of them is done");
      }
      number = last + 1;
      last += NestedSteps.written(step);
      StepAccount account = new StepAccount(step, number, "", recorder, null, Detail.COMMANDS);
      begun = new Asked(step, account, step instanceof Expect ? lastDone() : null);
      asked.put(number, begun);
      forget();
    }
    Task task = guest.kernel().sched().spawn("by hand", () -> run(begun, number));
    synchronized (asked) {
      begun.task = task;
    }
    return number;
  }

  /** The last step that is over and no expectation. */
  private @Nullable Asked lastDone() {
    Asked found = null;
    for (Asked each : asked.values()) {
      found = each.state == State.RUNNING || each.step instanceof Expect ? found : each;
    }
    return found;
  }

  /** Keeps those under way, and the latest of the others. */
  private void forget() {
    Iterator<Asked> each = asked.values().iterator();
    while (asked.size() > KEPT) {
      if (each.next().state != State.RUNNING) {
        each.remove();
      }
    }
  }

  private void run(Asked asked, long number) {
    boolean[] allowed = new boolean[1];
    try {
      run(
          asked,
          number,
          () -> {
            require(asked.step);
            allowed[0] = true;
          });
      end(asked, State.DONE, null);
    } catch (ScenarioException e) {
      end(asked, allowed[0] ? State.FAILED : State.REFUSED, e.getMessage());
    } catch (RuntimeException e) {
      LOG.error("{} failed", StepWords.of(asked.step), e);
      end(asked, State.FAILED, "internal error; the machine's log has it");
    } finally {
      asked.account.close();
    }
  }

  private void run(Asked asked, long number, GuestSteps.Condition allowed)
      throws ScenarioException {
    Expectations expectations = scenarios.byHand();
    if (asked.step instanceof Expect expect) {
      steps.inTurn(allowed);
      Asked before = asked.before;
      if (before == null) {
        throw new ScenarioException("no step by hand is over that it could speak of", null);
      }
      steps.recorded(
          expect,
          number,
          () -> {
            List<String> unused = expectations.judge(expect, before.account);
          });
    } else if (asked.step instanceof Repeat repeat) {
      steps.inTurn(allowed);
      new StepRunner(steps, expectations, StepRunner.Follower.NONE)
          .rounds(repeat, number, asked.account);
    } else {
      try {
        asked.account.ran(steps.run(asked.step, number, allowed));
      } catch (ScenarioException e) {
        asked.account.refused(String.valueOf(e.getMessage()));
        throw e;
      }
    }
    if (expectations.results().unmet() > 0) {
      throw new ScenarioException(String.join("; ", expectations.results().sentences()), null);
    }
  }

  private void require(Step step) throws ScenarioException {
    StepByHand rules = new StepByHand(config.machine().ramBytes());
    for (DeviceConfig device : config.devices()) {
      if (!guest.kernel().hasJudged(device.id())) {
        rules.device(device.id(), device.queues()); // on its way; a step that needs it waits
      }
    }
    guest.tell(rules);
    try {
      rules.require(step);
    } catch (ConfigException e) {
      throw new ScenarioException(String.valueOf(e.getMessage()), e);
    }
  }

  private void end(Asked ended, State state, @Nullable String why) {
    synchronized (asked) {
      ended.state = state;
      ended.why = why;
    }
  }

  /** Does a step, and waits until it is over; on a task of the guest. */
  StepReport performWhole(Step step) {
    long number = perform(step);
    Task task;
    synchronized (asked) {
      task = Objects.requireNonNull(asked.get(number)).task;
    }
    Objects.requireNonNull(task).join();
    return report(number);
  }

  /**
   * How far a step has come.
   *
   * @throws IllegalArgumentException if it is not known, or not any more
   */
  StepReport report(long number) {
    Asked found;
    State state;
    String why;
    synchronized (asked) {
      found = asked.get(number);
      if (found == null) {
        throw new IllegalArgumentException(
            "no step " + number + " is kept; " + KEPT + " are, those under way among them");
      }
      state = found.state;
      why = found.why;
    }
    OneStep story = found.account.story();
    StepSummary did = story.summary();
    if (did == null) {
      String words = StepWords.of(found.step);
      did = new StepSummary(words, StepWords.pages(found.step), 0, 0, List.of());
    }
    return new StepReport(number, state, why, did, story.lines());
  }
}
