package org.smmulator.web;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.smmulator.history.Watch;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.metrics.StreamsTable;
import org.smmulator.metrics.Summaries;
import org.smmulator.metrics.Summary;
import org.smmulator.pcie.AtcContents;
import org.smmulator.record.Recorder;
import org.smmulator.smmu.explain.Question;

/** A machine that says what a test gives it to say. */
public record FakeWatched(
    Supplier<Summary> summaries,
    Function<Question, List<String>> explanations,
    ProcessTable processes,
    StreamsTable streams,
    IntFunction<AtcContents> caches,
    Watch watch,
    @Nullable Control control)
    implements WatchedMachine {
  public FakeWatched(
      Supplier<Summary> summaries,
      Function<Question, List<String>> explanations,
      ProcessTable processes) {
    this(summaries, explanations, processes, new Watch(Recorder.OFF), null);
  }

  public FakeWatched(
      Supplier<Summary> summaries,
      Function<Question, List<String>> explanations,
      ProcessTable processes,
      Watch watch,
      @Nullable Control control) {
    this(
        summaries,
        explanations,
        processes,
        StreamsTable.EMPTY,
        id -> {
          throw new IllegalStateException("no device tells what it holds");
        },
        watch,
        control);
  }

  public FakeWatched(
      Supplier<Summary> summaries,
      Function<Question, List<String>> explanations,
      ProcessTable processes,
      IntFunction<AtcContents> caches) {
    this(
        summaries,
        explanations,
        processes,
        StreamsTable.EMPTY,
        caches,
        new Watch(Recorder.OFF),
        null);
  }

  public FakeWatched(Supplier<Summary> summaries, Function<Question, List<String>> explanations) {
    this(summaries, explanations, ProcessTable.EMPTY);
  }

  /** Serves one whose counts grow with every question. */
  public static WebServer growing(AtomicInteger asked) throws IOException {
    return WebServer.start(
        "127.0.0.1:0",
        new FakeWatched(() -> Summaries.grown(asked.getAndIncrement()), question -> List.of()));
  }

  /** One that has nothing to say. */
  public FakeWatched() {
    this(() -> Summary.EMPTY, question -> List.of());
  }

  /** The same with these streams. */
  public FakeWatched with(StreamsTable table) {
    return new FakeWatched(summaries, explanations, processes, table, caches, watch, control);
  }

  @Override
  public String name() {
    return "fake";
  }

  @Override
  public Summary summary() {
    return summaries.get();
  }

  @Override
  public AtcContents atc(int requesterId) {
    return caches.apply(requesterId);
  }

  @Override
  public List<String> explain(Question question) {
    return explanations.apply(question);
  }
}
