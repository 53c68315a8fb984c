package org.smmulator.hunt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringWriter;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.execution.Schedule;
import org.smmulator.execution.explore.Exploration;
import org.smmulator.execution.explore.Explorer;
import org.smmulator.execution.explore.Story;
import org.smmulator.record.Recorder;
import org.smmulator.story.EventLines;

/**
 * A fixed number of orders of each story, from which {@code smmulator hunt} goes on. {@code
 * -Dsmmulator.orders=N} and {@code -Dsmmulator.seeds=N} try and draw more of them; {@code
 * -Dsmmulator.story=NAME -Dsmmulator.seed=S} runs those of one seed, with {@code
 * -Dsmmulator.schedule=12+1,40+2} one order of it.
 */
class MachineHuntTest {
  static final Explorer.Budget BUDGET =
      new Explorer.Budget(
          1,
          Integer.getInteger("smmulator.orders", 60),
          Integer.getInteger("smmulator.seeds", 12),
          1);

  private static final String REPEAT =
      "mvn -pl emulator -am test -Dsurefire.failIfNoSpecifiedTests=false -Dtest=MachineHuntTest"
          + " -Dsmmulator.story=";

  static Stream<Story> stories() {
    String only = System.getProperty("smmulator.story");
    return new MachineHunt()
        .stories().stream()
            .filter(story -> only == null || story.name().equals(only))
            .map(s -> new Story(s.name(), s.meetings(), s.teller(), REPEAT + s.name()));
  }

  @ParameterizedTest
  @MethodSource("stories")
  void everyOrderEndsWithNothingLeftAndWhatTheStoryIsAboutHappens(Story story) {
    String schedule = System.getProperty("smmulator.schedule");
    Long seed = Long.getLong("smmulator.seed");
    try (Explorer explorer = new Explorer(BUDGET)) {
      Exploration explored;
      if (schedule != null) {
        explored = explorer.repeat(story, Schedule.parse(schedule), seed == null ? 0 : seed);
      } else if (seed != null) {
        explored = explorer.repeat(story, seed);
      } else {
        explored = explorer.explore(story);
      }
      System.err.println(explored);
      assertThat(explored.rows()).allMatch(row -> row.checks() > 0);
    }
  }

  @Test
  void oneScheduleAndSeedAreOneRun() {
    Story story = new MachineHunt().stories().get(0);
    Schedule schedule = Schedule.parse("2700+1,2800+2");
    assertThat(recorded(story, schedule, 7)).isEqualTo(recorded(story, schedule, 7));
    assertThat(recorded(story, schedule, 7)).isNotEqualTo(recorded(story, schedule, 8));
    assertThat(recorded(story, schedule, 7)).isNotEqualTo(recorded(story, Schedule.DEFAULT, 7));
  }

  private static List<String> recorded(Story story, Schedule schedule, long seed) {
    StringWriter events = new StringWriter();
    EventLines lines = new EventLines(events);
    Recorder recorder = new Recorder();
    recorder.addReader(lines);
    try (Explorer explorer = new Explorer(BUDGET)) {
      explorer.record(story, schedule, seed, recorder);
    }
    recorder.deliver();
    return events.toString().lines().toList();
  }
}
