package org.smmulator.machine;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.smmulator.guest.ProgramRun;
import org.smmulator.guest.sched.Task;

/** Programs in the background that nobody has waited for yet. Callable from any thread. */
final class ScenarioPrograms {
  /**
   * A program.
   *
   * @param ended the task that waits for its end
   */
  record Running(Task ended, ProgramRun run) {
    /** Waits for its end; what it failed with, if it did. */
    @Nullable Throwable join() {
      ended.join();
      return ended.failure() != null ? ended.failure() : run.failure();
    }
  }

  private final Map<String, Running> background = new LinkedHashMap<>();

  synchronized void started(String name, Running program) {
    background.put(name, program);
  }

  /** One that somebody waits for now; null if there is none. */
  synchronized @Nullable Running take(String name) {
    return background.remove(name);
  }

  synchronized List<String> names() {
    return List.copyOf(background.keySet());
  }
}
