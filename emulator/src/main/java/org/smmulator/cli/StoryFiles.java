package org.smmulator.cli;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.record.Recorder;
import org.smmulator.story.ChangeLines;
import org.smmulator.story.EventLines;
import org.smmulator.story.FlightRecorderEvents;
import org.smmulator.story.StoryWriter;
import org.smmulator.story.TraceEvents;

/** What a run records, and the files that it goes to. Thread-safe. */
final class StoryFiles implements AutoCloseable {
  private record StoryFile(String option, Path path, StoryWriter writer) {}

  private static final long SOON_MILLIS = 100;

  private final Recorder recorder = new Recorder();
  private final FlightRecorderEvents flight = FlightRecorderEvents.of(recorder);
  private final List<StoryFile> files = new ArrayList<>();
  private final CountDownLatch ended = new CountDownLatch(1);

  private StoryFiles() {}

  /**
   * @param events lines of JSON; null for none
   * @param perfetto a trace; null for none
   * @param output told what happens, if it is to be verbose
   * @param soon whether people wait for that, in real time
   * @throws UserException if one cannot be written
   */
  static StoryFiles open(
      @Nullable Path events, @Nullable Path perfetto, Output output, boolean soon)
      throws UserException {
    StoryFiles story = new StoryFiles();
    daemon("flight recorder", story.flight::listen); // beside the machine's start
    boolean opened = false;
    try {
      story.add("--events", events, EventLines::new);
      story.add("--perfetto", perfetto, TraceEvents::new);
      opened = true;
    } finally {
      if (!opened) {
        story.close();
      }
    }
    if (output.verbosity() > 0) {
      story.recorder.addReader(new ChangeLines(output::say, output.verbosity() > 1));
      if (soon) {
        story.deliverSoon();
      }
    }
    return story;
  }

  /** The recorder tells its readers when a batch is full, or when it is asked to. */
  private void deliverSoon() {
    daemon("verbose", this::deliverUntilTheEnd);
  }

  private static void daemon(String name, Runnable body) {
    Thread thread = new Thread(body, name);
    thread.setDaemon(true);
    thread.start();
  }

  private void deliverUntilTheEnd() {
    try {
      while (!ended.await(SOON_MILLIS, TimeUnit.MILLISECONDS)) {
        recorder.deliver();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void add(String option, @Nullable Path path, Function<Writer, StoryWriter> format)
      throws UserException {
    if (path == null) {
      return;
    }
    Output.requireWritable(option, path);
    try {
      StoryWriter writer = format.apply(Files.newBufferedWriter(path, StandardCharsets.UTF_8));
      recorder.addReader(writer);
      files.add(new StoryFile(option, path, writer));
    } catch (IOException e) {
      throw new UserException(ExitCode.USAGE, option + ": " + path + ": " + e.getMessage());
    }
  }

  Recorder recorder() {
    return recorder;
  }

  /**
   * Ends the record, and says what could not be written.
   *
   * @return {@code code}; not success, if something is missing
   */
  ExitCode end(Output output, ExitCode code) {
    recorder.deliver();
    ExitCode ended = code;
    for (StoryFile file : files) {
      IOException lost = file.writer.close();
      if (lost != null) {
        output.say(
            "smmulator: "
                + file.option
                + ": "
                + file.path
                + " was not written: "
                + lost.getMessage());
        ended = ended == ExitCode.OK ? ExitCode.OUTPUT_LOST : ended;
      }
    }
    return ended;
  }

  /** Ends the record; nothing is recorded any more. */
  @Override
  public void close() {
    ended.countDown();
    recorder.deliver();
    flight.close();
    files.forEach(file -> file.writer.close());
  }
}
