package org.smmulator.pcie;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells people which devices come and go and which peers are turned away, a line each. A peer that
 * comes again and again gets a few lines per second, with the number of the others. Used on the
 * hardware loop only.
 */
final class LinkNews {
  private static final int DEVICE_LINES = 64; // all slots of a machine at once
  private static final int REFUSAL_LINES = 3;
  private static final long NANOS_PER_LINE = 500_000_000L;

  private final LongSupplier clock;
  private final Budget devices;
  private final Budget refusals;
  private final List<String> unread = new ArrayList<>();
  private @Nullable Consumer<String> reader;

  /**
   * @param clock real time in nanoseconds, also where the machine's own time stands still
   */
  LinkNews(LongSupplier clock) {
    this.clock = clock;
    devices = new Budget(DEVICE_LINES, "devices that came or went");
    refusals = new Budget(REFUSAL_LINES, "peers that were refused");
  }

  /** The lines go there, first those that nobody has read. */
  void tell(Consumer<String> newReader) {
    reader = newReader;
    unread.forEach(newReader);
    unread.clear();
  }

  private void say(String line) {
    if (reader != null) {
      reader.accept(line);
    } else if (unread.size() < DEVICE_LINES) {
      unread.add(line);
    }
  }

  void attached(AttachedFunction function) {
    devices.line("device " + described(function) + " is attached");
  }

  void left(AttachedFunction function, String reason) {
    devices.line("device " + described(function) + " has left: " + reason);
  }

  void refused(String peer, String reason) {
    refusals.line(peer + " is refused: " + reason);
  }

  /** Says how many lines were left out until now. */
  void flush() {
    devices.sayLeftOut();
    refusals.sayLeftOut();
  }

  private static String described(AttachedFunction function) {
    return function.id() + " (" + function.name() + ", model " + function.model() + ")";
  }

  /** Some lines at once, then a few per second; the others are counted. */
  private final class Budget {
    private final int atOnce;
    private final String what;
    private long fullAt = clock.getAsLong();
    private long leftOut;

    Budget(int atOnce, String what) {
      this.atOnce = atOnce;
      this.what = what;
    }

    void line(String text) {
      long now = clock.getAsLong();
      if (fullAt - now > (atOnce - 1) * NANOS_PER_LINE) {
        leftOut++;
        return;
      }
      fullAt = Math.max(fullAt, now) + NANOS_PER_LINE;
      sayLeftOut();
      say(text);
    }

    void sayLeftOut() {
      if (leftOut > 0) {
        say(String.format("%,d more like it: %s", leftOut, what));
        leftOut = 0;
      }
    }
  }
}
