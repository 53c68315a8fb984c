package org.smmulator.history;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.metrics.Summary;
import org.smmulator.record.Recorder;
import org.smmulator.story.ChangeLog;

/**
 * Watches one machine from its beginning to its end, on a thread of its own: takes a sample now and
 * then. A simulated run waits for each sample, which is taken at a time of the run and changes
 * nothing in it.
 */
public final class Watch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Watch.class);
  private static final long REAL_PERIOD = TimeUnit.MILLISECONDS.toNanos(250);
  private static final long VIRTUAL_PERIOD = TimeUnit.MICROSECONDS.toNanos(100);

  /** Of virtual time, so many samples for each time as long as all before. */
  private static final long FINENESS = 10_000;

  private static final long REST_MILLIS = 5;

  /**
   * A machine to be watched. Its methods throw an IllegalStateException when it does not answer.
   *
   * @param summary all that it has counted
   * @param nanoTime its time
   * @param pace null if it runs on real time
   */
  public record Machine(Supplier<Summary> summary, LongSupplier nanoTime, @Nullable Pace pace) {}

  private final History history = new History();
  private final ChangeLog changes = new ChangeLog();
  private final Recorder recorder;
  private volatile @Nullable Machine machine;
  private volatile boolean closed;
  private @Nullable Thread thread;

  /**
   * @param recorder of a run that has not begun
   */
  public Watch(Recorder recorder) {
    this.recorder = recorder;
    if (recorder != Recorder.OFF) {
      recorder.addReader(changes);
    }
  }

  /** From now on samples are taken. */
  public synchronized void begin(Machine watched) {
    machine = watched;
    Thread sampler = new Thread(() -> sample(watched), "history");
    sampler.setDaemon(true);
    sampler.start();
    thread = sampler;
  }

  private void sample(Machine watched) {
    long due = 0;
    while (!closed) {
      due = take(watched, due);
      if (watched.pace == null) {
        rest(due - watched.nanoTime.getAsLong());
      }
    }
  }

  /**
   * Takes a sample.
   *
   * @return the time of the next one
   */
  private long take(Machine watched, long due) {
    Pace pace = watched.pace;
    if (pace != null) {
      pace.awaitMoment(due);
    }
    long now = due;
    try {
      Summary summary = watched.summary.get();
      now = watched.nanoTime.getAsLong();
      recorder.deliver();
      history.add(now, summary);
    } catch (IllegalStateException e) {
      LOG.debug("no sample", e);
    }
    if (pace != null && pace.state() == Pace.State.OVER) {
      closed = true;
    }
    return Math.max(now, due)
        + (pace == null ? REAL_PERIOD : Math.max(VIRTUAL_PERIOD, now / FINENESS));
  }

  private void rest(long nanos) {
    try {
      TimeUnit.NANOSECONDS.sleep(Math.max(nanos, TimeUnit.MILLISECONDS.toNanos(REST_MILLIS)));
    } catch (InterruptedException e) {
      closed = true;
    }
  }

  /** A reader of what is new. */
  public News news() {
    return new News(this);
  }

  History samples() {
    return history;
  }

  @Nullable Pace pace() {
    Machine watched = machine;
    return watched == null ? null : watched.pace;
  }

  /** Everything that is kept of the run. */
  public String history(String name) {
    return HistoryJson.write(name, history.table(), changes(), pace());
  }

  /** The last changes of the run. */
  public ChangeLog changes() {
    recorder.deliver();
    return changes;
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (thread != null) {
      thread.interrupt();
    }
  }
}
