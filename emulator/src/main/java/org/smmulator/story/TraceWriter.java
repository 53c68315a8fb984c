package org.smmulator.story;

import java.io.IOException;
import java.io.Writer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.io.JsonStringEncoder;

/**
 * The Trace Event Format, an event a line: {@code B} and {@code E} begin and end a slice, {@code X}
 * is a whole one, {@code s} and {@code f} are the ends of a flow, {@code M} gives names. Times are
 * microseconds with a fraction. Keeps the first failure to write.
 */
final class TraceWriter {
  /**
   * What stands on a slice.
   *
   * @param name short, and the same for the same thing, so that a viewer can add it up
   * @param event that it is, and that was its cause, as in the lines of JSON
   */
  record Words(String name, String category, String what, long event, long cause) {}

  private final Writer out;
  private final StringBuilder line = new StringBuilder();
  private boolean begun;
  private @Nullable IOException failure;

  TraceWriter(Writer out) {
    this.out = out;
  }

  /** A name or a place of a process or, with a thread, of a track. */
  void metadata(String what, int processId, int threadId, String key, Object value) {
    start('M', processId, threadId, 0);
    text("name", what);
    line.append(",\"args\":{\"").append(key).append("\":");
    if (value instanceof Integer) {
      line.append(value);
    } else {
      quoted(value.toString());
    }
    line.append('}');
    write();
  }

  void begin(Track track, long nanos, Words words) {
    start('B', track.processId, track.threadId, track.at(nanos));
    slice(words);
  }

  void end(Track track, long nanos) {
    start('E', track.processId, track.threadId, track.at(nanos));
    write();
  }

  /** A slice without length. */
  void instant(Track track, long nanos, Words words) {
    start('X', track.processId, track.threadId, track.at(nanos));
    line.append(",\"dur\":0");
    slice(words);
  }

  private void slice(Words words) {
    text("name", words.name);
    text("cat", words.category);
    line.append(",\"args\":{\"event\":").append(words.event);
    line.append(",\"cause\":").append(words.cause);
    text("what", words.what);
    line.append('}');
    write();
  }

  /** From the slice that was written last on this track. */
  void flowBegins(Track track, long nanos, long flow) {
    start('s', track.processId, track.threadId, nanos);
    flow(flow);
    write();
  }

  /** To the slice that was written last on this track. */
  void flowEnds(Track track, long nanos, long flow) {
    start('f', track.processId, track.threadId, nanos);
    flow(flow);
    text("bp", "e");
    write();
  }

  private void flow(long id) {
    text("name", "causes");
    text("cat", "cause");
    line.append(",\"id\":").append(id);
  }

  private void start(char phase, int processId, int threadId, long nanos) {
    line.setLength(0);
    line.append(begun ? ",\n" : "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
    begun = true;
    line.append("{\"ph\":\"").append(phase).append("\",\"pid\":").append(processId);
    line.append(",\"tid\":").append(threadId);
    line.append(",\"ts\":").append(nanos / 1000).append('.');
    int fraction = (int) (nanos % 1000);
    line.append((char) ('0' + fraction / 100));
    line.append((char) ('0' + fraction / 10 % 10));
    line.append((char) ('0' + fraction % 10));
  }

  private void text(String name, String value) {
    line.append(",\"").append(name).append("\":");
    quoted(value);
  }

  private void quoted(String value) {
    line.append('"');
    JsonStringEncoder.getInstance().quoteAsString(value, line);
    line.append('"');
  }

  private void write() {
    line.append('}');
    append(line);
  }

  private void append(CharSequence text) {
    if (failure == null) {
      try {
        out.append(text);
      } catch (IOException e) {
        failure = e;
      }
    }
  }

  /**
   * Ends the file; something has been written.
   *
   * @return what could not be
   */
  @Nullable IOException close() {
    append("\n]}\n");
    try {
      out.close();
    } catch (IOException e) {
      failure = failure == null ? e : failure;
    }
    return failure;
  }

  @Nullable IOException failure() {
    return failure;
  }
}
