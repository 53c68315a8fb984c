package org.smmulator.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import org.smmulator.execution.EventLog;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;

/** The last events of one simulated run, whose tasks record one at a time. */
final class EventTail implements EventLog {
  private static final int LENGTH = 2_000;

  private record Event(long nanos, String who, String what) {}

  private final ArrayDeque<Event> last = new ArrayDeque<>();

  @Override
  public boolean isOn() {
    return true;
  }

  @Override
  public synchronized void record(long nanos, String who, String what) {
    if (last.size() == LENGTH) {
      last.removeFirst();
    }
    last.addLast(new Event(nanos, who, what));
  }

  /**
   * Writes them as {@code --events} does.
   *
   * @param heading what the hunt says of them; comes first
   */
  synchronized void save(Path file, List<String> heading, Output output) throws UserException {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
    } catch (IOException e) {
      throw new UserException(ExitCode.OUTPUT_LOST, "--finds: no such folder can be made: " + e);
    }
    try (EventFile events = EventFile.open(file)) {
      heading.forEach(line -> events.record(0, "hunt", line));
      last.forEach(event -> events.record(event.nanos, event.who, event.what));
      events.end(output, ExitCode.OK);
    }
  }
}
