package org.smmulator.machine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.Step;
import org.smmulator.config.StepWords;
import org.smmulator.guest.sched.Task;

/** The streams of DMA that steps have started. Callable from any thread. */
final class ScenarioStreams {
  /** A stream on one process. */
  record Running(Task task, DmaStream stream, Step.Dma step, long planned, DmaOutcomes outcomes) {
    /** What is over of it; all, if no more can come. */
    long over() {
      return task.isDone() ? planned : Math.min(planned, outcomes.operationsOver());
    }
  }

  /** Takes what is known of a stream. */
  interface Teller {
    /**
     * A stream.
     *
     * @param name to wait for it by, or its step in words
     * @param works whether it is still under way
     */
    void stream(String name, Step.Dma step, boolean works);
  }

  // All are guarded by this object, which nobody holds while he waits.
  private final List<Running> all = new ArrayList<>();
  private final Map<String, List<Running>> background = new LinkedHashMap<>();

  /** Of streams that have ended, and that nobody will look at again. */
  private long doneBefore;

  private long overBefore;

  /** New ones, of one step. */
  synchronized void started(List<Running> streams, @Nullable String name) {
    for (int i = all.size() - 1; i >= 0; i--) {
      Running each = all.get(i);
      if (each.task.isDone() && !isWaitedFor(each)) {
        doneBefore += each.outcomes.operationsOver();
        overBefore += each.over();
        all.remove(i);
      }
    }
    all.addAll(streams);
    if (name != null) {
      background.put(name, streams);
    }
  }

  private boolean isWaitedFor(Running stream) {
    String name = stream.step.background();
    return name != null && background.getOrDefault(name, List.of()).contains(stream);
  }

  /** Those of a name in the background, which somebody waits for now; none if there are none. */
  synchronized List<Running> take(String name) {
    List<Running> streams = background.remove(name);
    return streams == null ? List.of() : streams;
  }

  /** Those that nobody has waited for. */
  synchronized List<Running> inBackground() {
    List<Running> streams = new ArrayList<>();
    background.values().forEach(streams::addAll);
    return streams;
  }

  synchronized long operationsDone() {
    return doneBefore + all.stream().mapToLong(each -> each.outcomes.operationsOver()).sum();
  }

  synchronized long operationsOver() {
    return overBefore + all.stream().mapToLong(Running::over).sum();
  }

  /** Whether streams have yet to find out that all of their devices are gone. */
  synchronized boolean areLosingDevices() {
    return all.stream().anyMatch(each -> !each.task.isDone() && each.stream.isCutOff());
  }

  /** Whether one works on a process. */
  synchronized boolean workOn(String process) {
    return all.stream()
        .anyMatch(each -> !each.task.isDone() && each.step.processes().contains(process));
  }

  /** Those that work, and those that somebody may wait for. */
  synchronized void tell(Teller teller) {
    for (Running each : all) {
      String name = each.step.background();
      boolean works = !each.task.isDone();
      if (name == null ? works : background.containsKey(name)) {
        teller.stream(name == null ? "'" + StepWords.of(each.step) + "'" : name, each.step, works);
      }
    }
  }

  /** Waits until all have ended. */
  static void join(List<Running> streams) throws ScenarioException {
    for (Running each : streams) {
      Task task = each.task;
      task.join();
      Throwable failure = task.failure();
      if (failure != null) {
        throw new ScenarioException(task.name() + " failed: " + failure.getMessage(), failure);
      }
    }
  }
}
