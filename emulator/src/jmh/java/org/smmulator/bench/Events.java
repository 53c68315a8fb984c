package org.smmulator.bench;

import java.util.Locale;
import org.smmulator.record.Detail;
import org.smmulator.record.EventReader;
import org.smmulator.record.RecordedEvent;
import org.smmulator.record.Recorder;

/**
 * Whether the benchmarks' machines record events: {@code -Dsmmulator.bench.events=on} for all of
 * them, to a reader that looks at each one; else they do not.
 */
final class Events {
  private static final String PROPERTY = "smmulator.bench.events";

  private Events() {}

  static Recorder recorder() {
    String word = System.getProperty(PROPERTY, "off").toLowerCase(Locale.ROOT);
    return switch (word) {
      case "off" -> Recorder.OFF;
      case "on" -> on();
      default -> throw new IllegalArgumentException(PROPERTY + ": " + word + "; use on or off");
    };
  }

  private static Recorder on() {
    Recorder recorder = new Recorder();
    recorder.addReader(new Sum());
    return recorder;
  }

  /** Takes everything there is, and makes nothing of it. */
  private static final class Sum implements EventReader {
    private long causes;

    @Override
    public Detail detail() {
      return Detail.TRAFFIC;
    }

    @Override
    public void event(RecordedEvent event) {
      causes ^= event.cause();
    }

    @Override
    public String toString() {
      return Long.toString(causes);
    }
  }
}
