package org.smmulator.story;

import java.io.IOException;
import java.io.Writer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.record.Detail;
import org.smmulator.record.EventKind;
import org.smmulator.record.EventText;
import org.smmulator.record.RecordedEvent;
import org.smmulator.smmu.explain.QueueText;
import tools.jackson.core.io.JsonStringEncoder;

/**
 * Every event as a line of JSON: {@code t} nanoseconds, {@code id}, {@code cause} (the id of
 * another one, or 0), {@code who}, {@code kind}, {@code what} in words, and the fields of the
 * kind's row.
 */
public final class EventLines implements StoryWriter {
  /** The SMMU's queue entries, with their fields by name. */
  static final EventText TEXT =
      new EventText(
          new EventText.Entries() {
            @Override
            public String command(long word0, long word1) {
              return QueueText.command(word0, word1);
            }

            @Override
            public String event(long[] record) {
              return QueueText.event(record);
            }
          });

  /** An event as a sentence. */
  public static String words(RecordedEvent event) {
    return TEXT.of(event);
  }

  private final Writer out;
  private final StringBuilder line = new StringBuilder();
  private boolean closed;
  private @Nullable IOException failure;

  public EventLines(Writer out) {
    this.out = out;
  }

  @Override
  public Detail detail() {
    return Detail.TRAFFIC;
  }

  /** A line that is no event, such as what the events are of. */
  public synchronized void note(String who, String what) {
    line.setLength(0);
    line.append("{\"t\":0");
    text("who", who);
    text("what", what);
    write();
  }

  @Override
  public synchronized void event(RecordedEvent event) {
    line.setLength(0);
    line.append("{\"t\":").append(event.nanos());
    line.append(",\"id\":").append(event.id());
    line.append(",\"cause\":").append(event.cause());
    text("who", event.who());
    text("kind", event.kind().spelled());
    text("what", TEXT.of(event));
    List<EventKind.Field> fields = event.kind().fields();
    for (int field = 0; field < fields.size(); field++) {
      field(event, field, fields.get(field));
    }
    write();
  }

  /** Whoever reads the file beside the run finds in it what was delivered. */
  @Override
  public synchronized void delivered() {
    if (closed || failure != null) {
      return;
    }
    try {
      out.flush();
    } catch (IOException e) {
      failure = e;
    }
  }

  private void write() {
    if (closed || failure != null) {
      return;
    }
    line.append("}\n");
    try {
      out.append(line);
    } catch (IOException e) {
      failure = e;
    }
  }

  private void field(RecordedEvent event, int place, EventKind.Field field) {
    long value = event.value(place);
    switch (field.format()) {
      case COUNT -> number(field.name(), Long.toString(value));
      case ADDRESS, WORD -> text(field.name(), "0x" + Long.toHexString(value));
      case PASID -> number(field.name(), value < 0 ? "null" : Long.toString(value));
      case NAME -> text(field.name(), event.name(place));
    }
  }

  private void number(String name, String value) {
    line.append(",\"").append(name).append("\":").append(value);
  }

  private void text(String name, String value) {
    line.append(",\"").append(name).append("\":\"");
    JsonStringEncoder.getInstance().quoteAsString(value, line);
    line.append('"');
  }

  @Override
  public synchronized @Nullable IOException close() {
    if (!closed) {
      closed = true;
      try {
        out.close();
      } catch (IOException e) {
        failure = failure == null ? e : failure;
      }
    }
    return failure;
  }
}
