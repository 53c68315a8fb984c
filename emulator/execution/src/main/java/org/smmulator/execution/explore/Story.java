package org.smmulator.execution.explore;

import java.util.List;
import org.smmulator.execution.DeterministicExecution;

/**
 * A small program to be run in many orders, which throws if one of them ends badly. It makes
 * everything anew for each run and depends on nothing else: the same order gives the same run.
 *
 * @param name as reports show it
 * @param meetings what has to happen in some order at least, else the story does not tell what it
 *     is named after
 * @param teller the program
 * @param repeat the command that runs this story only; a system property of the run is appended
 */
public record Story(String name, List<String> meetings, Teller teller, String repeat) {
  /** The program of a story; runs as the first task. */
  public interface Teller {
    /**
     * Tells it once. It may say where its race begins and ends, see {@link
     * DeterministicExecution#raceBegins}; then nothing else is explored.
     */
    void tell(DeterministicExecution execution, Meetings meetings) throws Exception;
  }

  public Story {
    meetings = List.copyOf(meetings);
  }
}
