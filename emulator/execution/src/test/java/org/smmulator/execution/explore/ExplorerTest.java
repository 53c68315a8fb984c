package org.smmulator.execution.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.execution.Schedule;

class ExplorerTest {
  private final List<Explorer> opened = new ArrayList<>();

  private Explorer explorer(int delays, int maxOrders, int randomOrders) {
    Explorer explorer = new Explorer(new Explorer.Budget(delays, maxOrders, randomOrders, 0));
    opened.add(explorer);
    return explorer;
  }

  @AfterEach
  void closeExplorers() {
    opened.forEach(Explorer::close);
  }

  /**
   * With enough delays every interleaving runs, and runs once: of t tasks of p parts there are
   * (tp)! / (p!)^t. Two tasks of two parts by default run AABB. There are two points with a choice,
   * before each A, so that one delay makes BBAA and ABBA. Each of these has one later point, before
   * its second B, where another makes BAAB and ABAB; and BAAB has one more, for BABA.
   */
  @ParameterizedTest
  @CsvSource({
    "2,2,0,1",
    "2,2,1,3",
    "2,2,2,5",
    "2,2,3,6",
    "2,2,9,6",
    "2,3,9,20",
    "2,4,9,70",
    "3,2,99,90"
  })
  void runsEachOrderWithinTheBoundOnce(int tasks, int parts, int delays, int expected) {
    Set<List<Integer>> orders = new HashSet<>();
    Story story =
        Programs.story(
            "parts",
            (execution, meetings) -> {
              List<Integer> order = new ArrayList<>();
              Programs.parts(execution, tasks, parts, (task, part) -> order.add(task));
              assertThat(orders.add(order)).as("%s is new", order).isTrue();
            });
    Exploration.Row all = rowOfAll(delays, 10_000, story);
    assertThat(orders).hasSize(expected);
    assertThat(all.orders()).isEqualTo(expected);
    assertThat(all.extent()).isEqualTo("exhausted");
  }

  private Exploration.Row rowOfAll(int delays, int maxOrders, Story story) {
    return explorer(delays, maxOrders, 0).explore(story).rows().get(0);
  }

  @Test
  void saysThatTheLimitOnRunsEndedIt() {
    Story story =
        Programs.story(
            "parts", (execution, meetings) -> Programs.parts(execution, 2, 4, (task, part) -> {}));
    Exploration.Row all = rowOfAll(9, 69, story);
    assertThat(all.orders()).isEqualTo(69);
    assertThat(all.extent()).isEqualTo("capped");
    assertThat(rowOfAll(9, 70, story).extent()).isEqualTo("exhausted");
  }

  @Test
  void leavesPreparationAndOutcomeInTheDefaultOrder() {
    Story story =
        Programs.story(
            "parts",
            (execution, meetings) -> {
              List<String> others = new ArrayList<>();
              execution.spawn("before", () -> others.add("before"));
              execution.yieldPoint();
              execution.park(0);
              others.add("prepared");
              Programs.parts(execution, 2, 2, (task, part) -> {});
              execution.spawn("after", () -> others.add("after"));
              others.add("over");
              execution.park(0);
              assertThat(others).containsExactly("before", "prepared", "over", "after");
            });
    assertThat(explorer(9, 1_000, 50).explore(story).rows().get(0).orders()).isEqualTo(6);
  }

  @Test
  void findsALostUpdateOneDelayAwayAndSaysHowToRepeatIt() {
    Story story =
        Programs.story("counter", (execution, meetings) -> Programs.lostUpdate(execution));
    Explorer explorer = explorer(1, 1_000, 0);
    StoryFailure failure = catchThrowableOfType(StoryFailure.class, () -> explorer.explore(story));
    assertThat(failure.orders()).isLessThanOrEqualTo(3);
    assertThat(failure.schedule().delays()).isEqualTo(1);
    assertThat(failure)
        .hasMessageContaining("counter, order " + failure.orders() + " in all")
        .hasMessageContaining("an update is lost: 1")
        .hasMessageContaining("t0 -> t1")
        .hasMessageContaining("mvn test -Dsmmulator.schedule=" + failure.schedule())
        .hasRootCauseMessage("an update is lost: 1");
    assertThatThrownBy(() -> explorer.repeat(story, Schedule.parse(failure.schedule().toString())))
        .hasRootCauseMessage("an update is lost: 1");
    assertThat(explorer.repeat(story, Schedule.DEFAULT).orders()).isEqualTo(1);
  }

  @Test
  void shortensWhatARandomOrderFoundToWhatTheFailureNeeds() {
    Story story =
        Programs.story(
            "counter beside others",
            (execution, meetings) -> {
              for (int i = 0; i < 3; i++) {
                execution.spawn("noise " + i, () -> pass(execution, 6));
              }
              Programs.lostUpdate(execution);
            });
    Explorer explorer = explorer(0, 1, 200);
    StoryFailure failure = catchThrowableOfType(StoryFailure.class, () -> explorer.explore(story));
    assertThat(failure.schedule().deviations()).hasSizeLessThanOrEqualTo(2);
    assertThat(failure).hasMessageContaining("as found").hasMessageContaining("shortened");
    assertThatThrownBy(() -> explorer.repeat(story, failure.schedule()))
        .isInstanceOf(StoryFailure.class)
        .hasRootCauseMessage("an update is lost: 1");
  }

  private static void pass(DeterministicExecution execution, int points) {
    for (int i = 0; i < points; i++) {
      execution.yieldPoint();
    }
  }

  @Test
  void doesNotShortenAFailureToAnotherOne() {
    Explorer explorer = explorer(1, 1_000, 0);
    Story counter =
        Programs.story("counter", (execution, meetings) -> Programs.lostUpdate(execution));
    Schedule losing =
        catchThrowableOfType(StoryFailure.class, () -> explorer.explore(counter)).schedule();
    Story failsAnyway =
        Programs.story(
            "counter",
            (execution, meetings) -> {
              Programs.lostUpdate(execution);
              throw new AssertionError("it is never right");
            });
    StoryFailure failure =
        catchThrowableOfType(StoryFailure.class, () -> explorer.repeat(failsAnyway, losing));
    assertThat(failure.schedule()).isEqualTo(losing);
    assertThat(failure).hasRootCauseMessage("an update is lost: 1");
  }

  @Test
  void countsMeetingsAndFailsIfOneNeverHappened() {
    Story.Teller teller =
        (execution, meetings) -> {
          int[] last = {-1};
          Programs.parts(
              execution,
              2,
              2,
              (task, part) -> {
                if (part == 1 && last[0] != task) {
                  meetings.meet("interrupted");
                }
                last[0] = task;
              });
        };
    Story met = new Story("meeting", List.of("interrupted"), teller, "mvn test");
    // AABB and BBAA are the two of 6 in which nobody is interrupted.
    assertThat(explorer(9, 100, 0).explore(met).met("interrupted")).isEqualTo(4);
    Story missed = new Story("meeting", List.of("interrupted", "eclipse"), teller, "mvn test");
    assertThatThrownBy(() -> explorer(9, 100, 10).explore(missed))
        .isInstanceOf(MissedMeeting.class)
        .hasMessageContaining("'eclipse' happened in none of 46 orders");
    Story unknown = new Story("meeting", List.of("eclipse"), teller, "mvn test");
    assertThatThrownBy(() -> explorer(9, 100, 0).explore(unknown))
        .hasMessageContaining("no meeting 'interrupted'");
  }

  @Test
  void noticesAStoryThatDependsOnMoreThanItsOrder() {
    int[] told = {0};
    Story story =
        Programs.story(
            "moody",
            (execution, meetings) ->
                Programs.parts(execution, 2 + told[0]++ % 2, 3, (task, part) -> {}));
    assertThatThrownBy(() -> explorer(2, 100, 0).explore(story))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("depends on more than its order");
  }
}
