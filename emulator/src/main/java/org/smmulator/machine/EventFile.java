package org.smmulator.machine;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.smmulator.execution.EventLog;
import tools.jackson.core.io.JsonStringEncoder;

/**
 * An event log as lines of JSON: {@code {"t":nanoseconds,"who":"...","what":"..."}}. Thread-safe.
 * The first failure to write is kept and told at the end, as nobody who records can mend it.
 */
final class EventFile implements EventLog, AutoCloseable {
  private final BufferedWriter out;
  private @Nullable IOException failure;

  EventFile(Path file) throws IOException {
    out = Files.newBufferedWriter(file, StandardCharsets.UTF_8);
  }

  @Override
  public boolean isOn() {
    return true;
  }

  @Override
  public synchronized void record(long nanos, String who, String what) {
    if (failure != null) {
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
   * @throws IOException if an event could not be written, now or before
   */
  @Override
  public synchronized void close() throws IOException {
    out.close();
    if (failure != null) {
      throw failure;
    }
  }
}
