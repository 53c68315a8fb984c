package org.smmulator.launch;

import java.io.PrintWriter;
import java.util.function.LongSupplier;

/**
 * Live progress: on a terminal one line that is rewritten in place, elsewhere a plain line every
 * few seconds. Thread-safe.
 */
public final class Progress implements AutoCloseable {
  private static final long TERMINAL_NANOS = 100_000_000L;
  private static final long PLAIN_NANOS = 5_000_000_000L;
  private static final int COLUMNS = 110;
  private static final String ERASE_LINE = "\r\u001b[K";

  private final PrintWriter out;
  private final boolean terminal;
  private final LongSupplier nanoTime;
  private long lastNanos;
  private String shown = "";
  private String latest = "";
  private boolean closed;

  /**
   * @param terminal whether {@code out} is a terminal
   * @param nanoTime the clock
   */
  public Progress(PrintWriter out, boolean terminal, LongSupplier nanoTime) {
    this.out = out;
    this.terminal = terminal;
    this.nanoTime = nanoTime;
    lastNanos = nanoTime.getAsLong() - PLAIN_NANOS;
  }

  /** Says what goes on; cheap to call often, most calls print nothing. */
  public synchronized void update(String line) {
    if (closed) {
      return;
    }
    latest = line.length() <= COLUMNS ? line : line.substring(0, COLUMNS - 3) + "...";
    long now = nanoTime.getAsLong();
    if (now - lastNanos >= (terminal ? TERMINAL_NANOS : PLAIN_NANOS)) {
      lastNanos = now;
      show();
    }
  }

  /** Says something else, in a line of its own. */
  public synchronized void say(String line) {
    if (terminal && !shown.isEmpty()) {
      out.print(ERASE_LINE);
      shown = "";
    }
    out.println(line);
    out.flush();
  }

  /** Ends the line; what was said last stays visible, and nothing is said any more. */
  @Override
  public synchronized void close() {
    closed = true;
    show();
    if (terminal && !shown.isEmpty()) {
      out.println();
    }
    out.flush();
    shown = "";
    latest = "";
  }

  private void show() {
    if (latest.equals(shown)) {
      return;
    }
    shown = latest;
    if (terminal) {
      out.print(ERASE_LINE + shown);
    } else {
      out.println(shown);
    }
    out.flush();
  }
}
