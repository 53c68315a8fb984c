package org.smmulator.history;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.story.ChangeLog;

/**
 * What is new to one reader, whenever it asks. Nothing is kept for it but the last sample that it
 * was told: one who asks seldom is told of fewer samples. For one thread.
 */
public final class News {
  /** In one telling. */
  private static final int MOST_SAMPLES = 8;

  private final Watch watch;
  private History.@Nullable Sample last;
  private long stepsTold;
  private long changesTold = -1;
  private String state = "";

  News(Watch watch) {
    this.watch = watch;
  }

  /**
   * As JSON in one line: the samples since the last time, each with what is other than in the one
   * before. The first one is told with all that is not 0.
   *
   * @return null if nothing is new
   */
  public @Nullable String next() {
    ChangeLog changes = watch.changes();
    List<HistoryJson.Told> told = samples();
    ChangeLog.Steps steps = changes.steps();
    // Asked last: a run that is told to stand is told to stand behind its last step.
    String now = Pace.word(watch.pace());
    long changed = changes.version();
    if (told.isEmpty()
        && now.equals(state)
        && steps.begun() == stepsTold
        && changed == changesTold) {
      return null;
    }
    List<ChangeLog.Step> last = steps.last();
    int fresh = (int) Math.min(steps.begun() - stepsTold, last.size());
    state = now;
    stepsTold = steps.begun();
    changesTold = changed;
    return HistoryJson.news(
        now, told, steps.begun(), last.subList(last.size() - fresh, last.size()), changed);
  }

  private List<HistoryJson.Told> samples() {
    History history = watch.samples();
    List<HistoryJson.Told> told = new ArrayList<>();
    int most = last == null ? 1 : MOST_SAMPLES;
    for (History.Sample sample : history.after(last == null ? -1 : last.nanos(), most)) {
      told.add(new HistoryJson.Told(sample.nanos(), last == null, history.changes(last, sample)));
      last = sample;
    }
    return told;
  }
}
