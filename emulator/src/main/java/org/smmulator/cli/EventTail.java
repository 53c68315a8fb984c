package org.smmulator.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.record.Detail;
import org.smmulator.record.Recorder;
import org.smmulator.story.EventLines;

/** The last events of one simulated run, as many as a recorder holds. */
final class EventTail {
  private final Recorder recorder = new Recorder(Detail.TRAFFIC);

  Recorder recorder() {
    return recorder;
  }

  /**
   * Writes them as {@code --events} does.
   *
   * @param heading what the hunt says of them; comes first
   */
  void save(Path file, List<String> heading, Output output) throws UserException {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
    } catch (IOException e) {
      throw new UserException(ExitCode.OUTPUT_LOST, "--finds: no such folder can be made: " + e);
    }
    Output.requireWritable("--finds", file);
    IOException lost;
    try {
      EventLines lines = new EventLines(Files.newBufferedWriter(file, StandardCharsets.UTF_8));
      heading.forEach(line -> lines.note("hunt", line));
      recorder.replay(lines);
      lost = lines.close();
    } catch (IOException e) {
      lost = e;
    }
    if (lost != null) {
      output.say("smmulator: --finds: " + file + " was not written: " + lost.getMessage());
    }
  }
}
