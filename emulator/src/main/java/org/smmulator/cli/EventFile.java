package org.smmulator.cli;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.smmulator.execution.EventLog;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import tools.jackson.core.io.JsonStringEncoder;

/**
 * The file of {@code --events}: lines of JSON, {@code {"t":nanoseconds,"who":"...","what":"..."}},
 * in the order in which they were recorded. Thread-safe. The first failure to write is kept and
 * told at the end, as nobody who records can mend it.
 */
final class EventFile implements EventLog, AutoCloseable {
  private final @Nullable Path file;
  private final Writer out;
  private boolean ended;
  private @Nullable IOException failure;

  private EventFile(@Nullable Path file, Writer out) {
    this.file = file;
    this.out = out;
    this.ended = file == null;
  }

  /**
   * @param file null for no record
   * @throws UserException if it cannot be written
   */
  static EventFile open(@Nullable Path file) throws UserException {
    if (file == null) {
      return new EventFile(null, Writer.nullWriter());
    }
    Output.requireWritable("--events", file);
    try {
      return new EventFile(file, Files.newBufferedWriter(file, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UserException(ExitCode.USAGE, "--events: " + file + ": " + e.getMessage());
    }
  }

  @Override
  public boolean isOn() {
    return file != null;
  }

  @Override
  public synchronized void record(long nanos, String who, String what) {
    if (ended || failure != null) {
      return;
    }
    try {
      out.write("{\"t\":" + nanos + ",\"who\":\"" + quoted(who));
      out.write("\",\"what\":\"" + quoted(what) + "\"}\n");
    } catch (IOException e) {
      failure = e;
    }
  }

  private static String quoted(String text) {
    return new String(JsonStringEncoder.getInstance().quoteAsCharArray(text));
  }

  /**
   * Ends the record, and says what could not be written.
   *
   * @return {@code code}; not success, if something is missing
   */
  ExitCode end(Output output, ExitCode code) {
    close();
    IOException lost = failure();
    if (lost == null) {
      return code;
    }
    output.say("smmulator: --events: " + file + " was not written: " + lost.getMessage());
    return code == ExitCode.OK ? ExitCode.OUTPUT_LOST : code;
  }

  private synchronized @Nullable IOException failure() {
    return failure;
  }

  /** Ends the record; nothing is recorded any more. */
  @Override
  public synchronized void close() {
    ended = true;
    try {
      out.close();
    } catch (IOException e) {
      failure = failure == null ? e : failure;
    }
  }
}
