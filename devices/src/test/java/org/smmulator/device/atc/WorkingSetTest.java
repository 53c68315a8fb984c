package org.smmulator.device.atc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.smmulator.bus.wire.WorkingSetCurve;
import org.smmulator.device.atc.AtcTraffic.Event;

/** What one pass tells of all sizes, beside caches of these sizes that saw the same. */
class WorkingSetTest {
  private static final long SEED = Long.getLong("smmulator.seed", 20261129);

  /** Sets and ways: of a device's curve, 1 x 8192 and those of 256 sets and more are sampled. */
  private static final int[][] GEOMETRIES = {
    {1, 64}, {1, 2048}, {1, 8192}, {16, 4}, {64, 4}, {64, 16}, {256, 8}, {1024, 16}
  };

  private static final int PERIOD_ACCESSES = 1 << 17;

  private static AddressTranslationCache run(
      List<Event> events, int sets, int ways, WorkingSet workingSet) {
    AddressTranslationCache atc = new AddressTranslationCache(sets, ways, null, workingSet);
    new AtcTraffic.Player(atc).play(events);
    return atc;
  }

  private static long hitsOfRealCache(List<Event> events, int sets, int ways) {
    AddressTranslationCache atc = new AddressTranslationCache(sets, ways, null);
    new AtcTraffic.Player(atc).play(events);
    return atc.hits();
  }

  private static WorkingSetCurve.Point point(WorkingSetCurve curve, int entries) {
    return curve.points().stream()
        .filter(each -> each.entries() == entries)
        .findFirst()
        .orElseThrow();
  }

  /** Every size of the curves, not only some, and whatever the cache is that is followed. */
  @ParameterizedTest
  @EnumSource
  void withoutSamplingEverySizeIsExact(AtcTraffic traffic) {
    System.out.println("seed " + SEED);
    List<Event> events = traffic.events(SEED, 20_000, 700);
    WorkingSet workingSet = new WorkingSet(16, 1 << 12, 16);
    run(events, 4, 8, workingSet);
    for (WorkingSetCurve curve : workingSet.curves()) {
      assertThat(curve.onePageIn()).isEqualTo(1);
      for (WorkingSetCurve.Point point : curve.points()) {
        if (point.entries() <= 2048) {
          assertThat(point.hits())
              .as("seed %s: %s sets, %s entries", SEED, curve.sets(), point.entries())
              .isEqualTo(hitsOfRealCache(events, curve.sets(), point.entries() / curve.sets()));
        }
      }
    }
  }

  /** Here every other one is followed. Unmaps of whole processes are few, and fall as they fall. */
  @ParameterizedTest
  @EnumSource
  void periodsTellWhatAllWouldTell(AtcTraffic traffic) {
    System.out.println("seed " + SEED);
    List<Event> events = traffic.events(SEED, 8 * PERIOD_ACCESSES, 300);
    WorkingSet some = new WorkingSet(64, WorkingSet.EXACT_ENTRIES, WorkingSet.EXACT_SETS);
    AddressTranslationCache atc = new AddressTranslationCache(64, 4, null, some);
    AtcTraffic.Player player = new AtcTraffic.Player(atc);
    for (int from = 0; from < events.size(); from += 2 * PERIOD_ACCESSES) {
      some.nextPeriod(PERIOD_ACCESSES);
      player.play(events.subList(from, from + 2 * PERIOD_ACCESSES));
    }
    WorkingSet all = new WorkingSet(64, WorkingSet.EXACT_ENTRIES, WorkingSet.EXACT_SETS);
    run(events, 64, 4, all);
    for (int i = 0; i < 2; i++) {
      WorkingSetCurve told = some.curves().get(i);
      WorkingSetCurve real = all.curves().get(i);
      assertThat(told.accesses()).isLessThan(real.accesses() * 5 / 8);
      for (int point = 0; point < real.points().size(); point++) {
        assertThat(100 * told.hitRatio(told.points().get(point)))
            .as("seed %s: %s, %s", SEED, traffic, real.points().get(point))
            .isCloseTo(100 * real.hitRatio(real.points().get(point)), within(1.5));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void withSamplingEightGeometriesAreWithinAPercentagePoint(AtcTraffic traffic) {
    System.out.println("seed " + SEED);
    List<Event> events = traffic.events(SEED, 200_000, 12_000);
    for (int[] geometry : GEOMETRIES) {
      WorkingSet workingSet =
          new WorkingSet(geometry[0], WorkingSet.EXACT_ENTRIES, WorkingSet.EXACT_SETS);
      run(events, 64, 4, workingSet);
      WorkingSetCurve curve = workingSet.curves().get(geometry[0] == 1 ? 0 : 1);
      double told = 100 * curve.hitRatio(point(curve, geometry[0] * geometry[1]));
      double real = 100.0 * hitsOfRealCache(events, geometry[0], geometry[1]) / curve.accesses();
      System.out.printf(
          "%s %dx%d: one in %d, told %.2f %%, real %.2f %%%n",
          traffic, geometry[0], geometry[1], curve.onePageIn(), told, real);
      assertThat(told)
          .as("seed %s: %s, %sx%s", SEED, traffic, geometry[0], geometry[1])
          .isCloseTo(real, within(1.0));
    }
  }
}
