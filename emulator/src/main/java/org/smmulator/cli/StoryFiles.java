package org.smmulator.cli;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.record.Recorder;
import org.smmulator.story.EventLines;
import org.smmulator.story.StoryWriter;
import org.smmulator.story.TraceEvents;

/** What a run records, and the files that it goes to. Thread-safe. */
final class StoryFiles implements AutoCloseable {
  private record StoryFile(String option, Path path, StoryWriter writer) {}

  private final Recorder recorder = new Recorder();
  private final List<StoryFile> files = new ArrayList<>();

  private StoryFiles() {}

  /**
   * @param events lines of JSON; null for none
   * @param perfetto a trace; null for none
   * @throws UserException if one cannot be written
   */
  static StoryFiles open(@Nullable Path events, @Nullable Path perfetto) throws UserException {
    StoryFiles story = new StoryFiles();
    story.add("--events", events, EventLines::new);
    story.add("--perfetto", perfetto, TraceEvents::new);
    return story;
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
    recorder.deliver();
    files.forEach(file -> file.writer.close());
  }
}
