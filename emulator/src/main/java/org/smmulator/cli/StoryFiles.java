package org.smmulator.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.record.Recorder;
import org.smmulator.story.EventLines;

/** What a run records, and the file of {@code --events} that it goes to. Thread-safe. */
final class StoryFiles implements AutoCloseable {
  private final Recorder recorder = new Recorder();
  private final @Nullable Path file;
  private @Nullable EventLines lines;

  private StoryFiles(@Nullable Path file) {
    this.file = file;
  }

  /**
   * @param events null for no file
   * @throws UserException if it cannot be written
   */
  static StoryFiles open(@Nullable Path events) throws UserException {
    StoryFiles files = new StoryFiles(events);
    if (events != null) {
      Output.requireWritable("--events", events);
      try {
        EventLines lines = new EventLines(Files.newBufferedWriter(events, StandardCharsets.UTF_8));
        files.lines = lines;
        files.recorder.addReader(lines);
      } catch (IOException e) {
        throw new UserException(ExitCode.USAGE, "--events: " + events + ": " + e.getMessage());
      }
    }
    return files;
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
    IOException lost = finish();
    if (lost == null) {
      return code;
    }
    output.say("smmulator: --events: " + file + " was not written: " + lost.getMessage());
    return code == ExitCode.OK ? ExitCode.OUTPUT_LOST : code;
  }

  private @Nullable IOException finish() {
    recorder.deliver();
    return lines == null ? null : lines.close();
  }

  /** Ends the record; nothing is recorded any more. */
  @Override
  public void close() {
    finish();
  }
}
