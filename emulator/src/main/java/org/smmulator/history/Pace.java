package org.smmulator.history;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A simulated run that can be held, and let go on a little; callable from any thread. */
public interface Pace {
  /** What the run does now. */
  enum State {
    RUNNING,
    PAUSED,
    OVER
  }

  State state();

  /** It stands at the next moment of its time. */
  void pause();

  /** It goes on to its end. */
  void run();

  /** It goes on to the next moment at which anything happens. */
  void stepToNext();

  /** It goes on for so long of its time. */
  void stepFor(long nanos);

  /** It goes on until the scenario's next step begins. */
  void stepToNextStep();

  /** Waits until it has reached a time, or stands; then it stands until this is called again. */
  void awaitMoment(long nanos);

  /** A machine of threads on the wall clock has none. */
  static String word(@Nullable Pace pace) {
    return pace == null ? "real" : pace.state().name().toLowerCase(Locale.ROOT);
  }
}
