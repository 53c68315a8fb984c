package org.smmulator.machine;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.config.ConfigException;
import org.smmulator.config.DeviceConfig;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.ScenarioConfig;
import org.smmulator.config.Step;
import org.smmulator.config.StepByHand;
import org.smmulator.config.StepWords;
import org.smmulator.guest.sched.Sched;
import org.smmulator.metrics.StepReport;
import org.smmulator.metrics.StepReport.State;
import org.smmulator.metrics.StepSummary;
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
    final OneStep story;
    State state = State.RUNNING;
    @Nullable String why;

    Asked(Step step, long number) {
      this.step = step;
      story = new OneStep(number);
    }
  }

  private final GuestSteps steps;
  private final Recorder recorder;
  private final MachineConfig config;
  private final Map<Long, Asked> asked = new LinkedHashMap<>();
  private long last;

  StepsByHand(GuestSteps steps, Recorder recorder, MachineConfig config) {
    this.steps = steps;
    this.recorder = recorder;
    this.config = config;
    ScenarioConfig scenario = config.scenario();
    last = scenario == null ? 0 : scenario.steps().size();
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
      number = ++last;
      begun = new Asked(step, number);
      asked.put(number, begun);
      forget();
    }
    Sched sched = steps.kernel().sched();
    sched.spawn("by hand", () -> run(begun, number));
    return number;
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
    boolean recorded = recorder != Recorder.OFF;
    if (recorded) {
      recorder.addReader(asked.story);
    }
    boolean[] allowed = new boolean[1];
    try {
      steps.run(
          asked.step,
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
      if (recorded) {
        recorder.removeReader(asked.story);
      }
    }
  }

  private void require(Step step) throws ScenarioException {
    StepByHand rules = new StepByHand(config.machine().ramBytes());
    for (DeviceConfig device : config.devices()) {
      if (!steps.kernel().hasJudged(device.id())) {
        rules.device(device.id(), device.queues()); // on its way; a step that needs it waits
      }
    }
    steps.tell(rules);
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
            "no step " + number + " is kept; of those that are done the last " + KEPT + " are");
      }
      state = found.state;
      why = found.why;
    }
    recorder.deliver();
    StepSummary did = found.story.summary();
    if (did == null) {
      String words = StepWords.of(found.step);
      did = new StepSummary(words, StepWords.pages(found.step), 0, 0, List.of());
    }
    return new StepReport(number, state, why, did, found.story.lines());
  }
}
