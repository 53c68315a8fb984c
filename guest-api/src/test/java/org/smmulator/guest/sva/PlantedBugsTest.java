package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.execution.explore.StoryFailure;

/** The stories of this package notice bugs that they know nothing of. */
class PlantedBugsTest {
  private static final String PACKAGE = PlantedBugsTest.class.getPackageName() + ".";

  @ParameterizedTest
  @CsvSource({
    "NO_GRACE_PERIOD, ExitBesideUnbindTest, anUnbindThatCameFirstKeepsMmExitFromBeingCalled",
    "NO_GRACE_PERIOD_AFTER_AN_UNBIND, ExitBesideUnbindTest,"
        + " anUnbindThatCameFirstKeepsMmExitFromBeingCalled",
    "ZERO_REFCOUNT_IGNORED, UnbindTest,"
        + " aRebindWhileTheOldIoMmWaitsForItsGracePeriodGetsANewOne",
    "NO_MMGRAB, ExitBesideUnbindTest, anUnbindThatCameFirstKeepsMmExitFromBeingCalled",
    "MMDROP_BEFORE_MM_FREE, ExitBesideUnbindTest, anUnbindThatCameFirstKeepsMmExitFromBeingCalled",
    "REFCOUNT_PUBLISHED_BEFORE_THE_NOTIFIER, FirstBindsTest,"
        + " anUnmapBesideTwoFirstBindsLeavesNothingStale"
  })
  void isFoundWithinTheBound(PlantedBug bug, String test, String method) throws Exception {
    Class<?> finder = Class.forName(PACKAGE + test);
    Throwable thrown = catchThrowable(() -> bug.during(finder, method));
    assertThat(thrown).isInstanceOf(StoryFailure.class);
    StoryFailure found = (StoryFailure) thrown;
    System.err.printf(
        "%s: found by %s after %d orders: %s%n%s%n",
        bug, test, found.orders(), found.schedule(), found.getMessage());
  }
}
