package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.execution.WallClock;
import org.smmulator.execution.explore.Exploration;
import org.smmulator.execution.explore.StoryFailure;

/** The stories of this package notice bugs that they know nothing of. */
class PlantedBugsTest {
  private static final String PACKAGE = PlantedBugsTest.class.getPackageName() + ".";
  private static final WallClock CLOCK = new WallClock();
  private static final List<String> FOUND = new ArrayList<>();

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
        + " anUnmapBesideTwoFirstBindsLeavesNothingStale",
    "PASID_WRITTEN_AFTER_PUBLICATION, FirstBindsTest, twoFirstBindsMakeOneIoMm",
    "UNREGISTER_THAT_CALLS_RELEASE, NotifierEndTest,"
        + " anExitBesideAnUnregistrationReleasesAtMostOnce",
    "NO_FAULT_FLUSH_BEFORE_AN_UNBIND, FaultsAtTheEndTest,"
        + " anUnbindAnswersWhatWasThereBeforeTheCdGoes",
    "NO_FAULT_FLUSH_BEFORE_A_SHUTDOWN, FaultsAtTheEndTest,"
        + " aShutdownAnswersWhatWasThereBeforeTheCdGoes",
    "NO_FAULT_FLUSH_AFTER_A_DETACH, FaultsAtTheEndTest,"
        + " anExitAnswersWhatCameBeforeTheQuietCdIsCleared",
    "CD_BEFORE_THE_BOND, FirstBindsTest, anUnmapBesideTwoFirstBindsLeavesNothingStale",
    "NOTIFIER_BEFORE_THE_CPUS_FLUSH, CpuFlushTest, noCpuReachesAPageThatTheNotifiersWereToldOf",
    "AGEING_THAT_INVALIDATES_NOTHING, AgeingTest, aDeviceThatGoesOnIsSeenByTheNextScan",
    "PASID_FREED_DESPITE_ITS_QUARANTINE, PasidReuseTest,"
        + " thePasidOfADeviceThatDidNotStopIsNotHandedOut",
    "PASID_FREED_BEFORE_THE_DRAIN, PasidReuseTest,"
        + " aPasidIsHandedOutWhenItsPageRequestsAreAnswered"
  })
  void isFoundWithinTheBound(PlantedBug bug, String test, String method) throws Exception {
    Class<?> finder = Class.forName(PACKAGE + test);
    long since = CLOCK.nanoTime();
    Throwable thrown = catchThrowable(() -> bug.during(finder, method));
    double seconds = (CLOCK.nanoTime() - since) / 1e9;
    assertThat(thrown).isInstanceOf(StoryFailure.class);
    StoryFailure found = (StoryFailure) thrown;
    System.err.println(found.getMessage());
    String cause = Objects.requireNonNull(found.getCause()).toString().strip();
    FOUND.add(
        String.format(
            Locale.ROOT,
            "%-40s %-22s %6d orders %6.2f s, %-24s %.100s",
            bug,
            test,
            found.orders(),
            seconds,
            found.schedule(),
            cause.replaceAll("\\s+", " ")));
  }

  @AfterAll
  static void printWhatWasFound() {
    System.err.println("Planted bugs and what found them, shortening included in the time:");
    FOUND.forEach(System.err::println);
  }

  /**
   * An io_mm is unregistered after its last reference went, and its release begins with taking one:
   * whoever calls that release then, and in whichever order, it does nothing.
   */
  @Test
  void anUnregistrationThatCallsReleaseIsHarmlessToAnIoMm() throws Throwable {
    Exploration explored =
        PlantedBug.UNREGISTER_THAT_CALLS_RELEASE.during(
            ExitBesideUnbindTest.class, "anUnbindThatCameFirstKeepsMmExitFromBeingCalled");
    assertThat(explored.rows().get(0).extent()).isEqualTo("exhausted");
  }
}
