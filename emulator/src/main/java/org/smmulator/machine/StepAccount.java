package org.smmulator.machine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.EventName;
import org.smmulator.config.Expect;
import org.smmulator.config.Step;
import org.smmulator.config.StepWords;
import org.smmulator.machine.ScenarioStreams.Running;
import org.smmulator.record.Detail;
import org.smmulator.record.Recorder;
import org.smmulator.story.OneStep;

/**
 * What became of one step, be it made of others, for the expectations after it. Counts what follows
 * from the step until it is closed. Thread-safe.
 */
final class StepAccount implements AutoCloseable {
  private final String words;
  private final Recorder recorder;
  private final @Nullable StepAccount outer;
  private final @Nullable OneStep story;
  private final List<DmaOutcomes> unended = new ArrayList<>();
  private final Map<String, Long> ended = new HashMap<>();
  private @Nullable String refused;

  /**
   * @param number of the step
   * @param context words that tell it from the same step at another time, or nothing
   * @param outer of the step that it is inside of
   * @param counted how much is recorded for it; null for nothing
   */
  StepAccount(
      Step step,
      long number,
      String context,
      Recorder recorder,
      @Nullable StepAccount outer,
      @Nullable Detail counted) {
    this.words = "step " + number + " (" + StepWords.of(step) + ")" + context;
    this.recorder = recorder;
    this.outer = outer;
    boolean counts = counted != null && recorder != Recorder.OFF;
    this.story = counts ? new OneStep(number, Objects.requireNonNull(counted)) : null;
    if (story != null) {
      recorder.addReader(story);
    }
  }

  /** What must be recorded to judge what is expected; null if that is nothing. */
  static @Nullable Detail detail(List<Expect> expected) {
    Detail most = expected.isEmpty() ? null : Detail.COMMANDS;
    for (Expect each : expected) {
      for (EventName name : each.events().keySet()) {
        boolean more = most == null || name.detail().compareTo(most) > 0;
        most = more ? name.detail() : most;
      }
    }
    return most;
  }

  /** The step, for the beginning of a sentence. */
  String words() {
    return words;
  }

  /** What followed from it; what was recorded so far is told first. Empty if nobody records. */
  OneStep story() {
    recorder.deliver();
    return story == null ? new OneStep(0) : story;
  }

  /** Streams that it ran or waited for have ended. */
  void ran(List<Running> streams) {
    for (Running stream : streams) {
      add(stream.outcomes());
    }
  }

  private synchronized void add(DmaOutcomes outcomes) {
    DmaOutcomes.ENDS.forEach(how -> ended.merge(how, outcomes.ended(how), Long::sum));
    if (outcomes.ended("failed") > 0) {
      unended.add(outcomes);
    }
    if (outer != null) {
      outer.add(outcomes);
    }
  }

  /** How many operations of its streams have ended so, by the key of an expectation. */
  synchronized long operations(String how) {
    return ended.getOrDefault(how, 0L);
  }

  /** Operations of its streams that did not end, and that nobody has expected before. */
  synchronized long takeUnended() {
    return unended.stream().mapToLong(DmaOutcomes::takeUnended).sum();
  }

  /** It could not be done. */
  synchronized void refused(String sentence) {
    refused = sentence;
  }

  /** Why it could not be done; null if it was. */
  synchronized @Nullable String refusal() {
    return refused;
  }

  /** Nothing is counted any more. */
  @Override
  public void close() {
    if (story != null) {
      recorder.removeReader(story);
    }
  }
}
