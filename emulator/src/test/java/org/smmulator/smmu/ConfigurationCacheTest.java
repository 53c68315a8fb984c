package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.counter.Counts;
import org.smmulator.smmu.port.CacheCounter;
import org.smmulator.smmu.port.SmmuCache;
import org.smmulator.smmu.port.Transaction.Outcome;

/** What is cached, and what each command drops. */
class ConfigurationCacheTest extends ConfigurationScene {
  @Test
  void anInvalidEntryStaysInTheCacheUntilItIsInvalidated() {
    fault("C_BAD_STE", NONE);
    guest.storeSte(5, BareGuest.ste(0b100));
    fault("C_BAD_STE", NONE);

    guest.perform(Structure.command("CFGI_STE").set("stream", 4));
    guest.perform(Structure.command("CFGI_CD").set("stream", 5));
    guest.perform(Structure.command("TLBI_NSNH_ALL"));
    fault("C_BAD_STE", NONE);

    guest.perform(Structure.command("CFGI_STE").set("stream", 5));
    assertThat(guest.read(5, NONE, VA)).isEqualTo(VA);
  }

  @Test
  void anInvalidContextStaysInTheCacheUntilItIsInvalidated() {
    long table = guest.allocate(64 * 16);
    guest.storeSte(5, BareGuest.translatingSte(table).set("s1cdmax", 4).set("s1dss", 2));
    fault("C_BAD_CD", 3);
    guest.store(table + 64 * 3, BareGuest.cd(1, mappedRoot(PA)));
    fault("C_BAD_CD", 3);

    guest.perform(Structure.command("CFGI_CD").set("stream", 5).set("substream", 2));
    guest.perform(Structure.command("CFGI_CD").set("stream", 4).set("substream", 3));
    fault("C_BAD_CD", 3);

    guest.perform(Structure.command("CFGI_CD").set("stream", 5).set("substream", 3));
    assertThat(guest.read(5, 3, VA)).isEqualTo(PA);
  }

  @Test
  void anotherContextLeavesTheDefaultSubstreamAlone() {
    long table = guest.allocate(64 * 16);
    guest.storeSte(5, BareGuest.translatingSte(table).set("s1cdmax", 4).set("s1dss", 2));
    fault("C_BAD_CD", NONE);
    guest.store(table, BareGuest.cd(1, mappedRoot(PA)));
    guest.perform(Structure.command("CFGI_CD").set("stream", 5).set("substream", 3));
    fault("C_BAD_CD", NONE);
  }

  @Test
  void withoutSubstreamsEveryContextCommandMeansTheOneThereIs() {
    long cd = guest.allocate(64);
    guest.storeSte(5, BareGuest.translatingSte(cd));
    fault("C_BAD_CD", NONE);
    guest.store(cd, BareGuest.cd(1, mappedRoot(PA)));
    guest.perform(Structure.command("CFGI_CD").set("stream", 5).set("substream", 3));
    assertThat(guest.read(5, NONE, VA)).isEqualTo(PA);
  }

  @ParameterizedTest
  @ValueSource(strings = {"CFGI_CD", "CFGI_CD_ALL", "CFGI_STE"})
  void contextZeroServesTheDefaultSubstreamToo(String command) {
    long table = guest.allocate(64 * 16);
    guest.storeSte(5, BareGuest.translatingSte(table).set("s1cdmax", 4).set("s1dss", 2));
    fault("C_BAD_CD", NONE);
    guest.store(table, BareGuest.cd(1, mappedRoot(PA)));
    fault("C_BAD_CD", NONE);
    guest.perform(Structure.command(command).set("stream", 5));
    assertThat(guest.read(5, NONE, VA)).isEqualTo(PA);
  }

  @Test
  void invalidatingContextsKeepsTheEntryItself() {
    guest.storeSte(5, BareGuest.translatingSte(contextOver(mappedRoot(PA), 1)));
    assertThat(guest.read(5, NONE, VA)).isEqualTo(PA);
    guest.storeSte(5, BareGuest.ste(0b000));
    guest.perform(Structure.command("CFGI_CD_ALL").set("stream", 5));
    assertThat(guest.read(5, NONE, VA)).isEqualTo(PA);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 4, true",
    "0, 6, false",
    "1, 6, true",
    "2, 8, false",
    "2, 1, true",
    "31, 77, true"
  })
  void aRangeOfStreamsIsAlignedToItsSize(int range, int named, boolean includes5) {
    fault("C_BAD_STE", NONE);
    guest.storeSte(5, BareGuest.ste(0b100));
    guest.perform(Structure.command("CFGI_STE_RANGE").set("stream", named).set("range", range));
    assertThat(guest.access(5, NONE, VA, false))
        .isEqualTo(includes5 ? Outcome.TRANSLATED : Outcome.FAULTED);
  }

  @Test
  void configurationCommandsLeaveTheTlbAlone() {
    long root = mappedRoot(PA);
    guest.storeSte(5, BareGuest.translatingSte(contextOver(root, 1)));
    assertThat(guest.read(5, NONE, VA)).isEqualTo(PA);
    guest.map(root, VA, PA + 0x1000);
    guest.perform(Structure.command("CFGI_STE_RANGE").set("range", 31));
    assertThat(guest.read(5, NONE, VA)).isEqualTo(PA);
  }

  @Test
  void countsLookupsAndHits() {
    guest.storeSte(5, BareGuest.ste(0b100));
    guest.read(5, NONE, VA);
    guest.read(5, NONE, VA);
    guest.read(5, NONE, VA);
    assertThat(guest.smmu.counters().cache(SmmuCache.CONFIGURATION_CACHE).of(CacheCounter.LOOKUPS))
        .isEqualTo(3);
    assertThat(guest.smmu.counters().cache(SmmuCache.CONFIGURATION_CACHE).of(CacheCounter.HITS))
        .isEqualTo(2);
  }

  @Test
  void theOldestEntryMakesRoomOnceEveryWayIsTaken() {
    for (int streamId = 5; streamId <= 7; streamId++) {
      guest.storeSte(streamId, BareGuest.ste(0b000));
    }
    // A stream takes two entries, of which this cache has two: its STE and its configuration.
    guest.access(5, NONE, VA, false);
    assertThat(cache())
        .hasToString("[LOOKUPS 1, HITS 0, INSERTIONS 2, EVICTIONS 0, INVALIDATED 0, RESIDENT 2]");
    guest.access(6, NONE, VA, false);
    assertThat(cache())
        .hasToString("[LOOKUPS 2, HITS 0, INSERTIONS 4, EVICTIONS 2, INVALIDATED 0, RESIDENT 2]");
    guest.perform(Structure.command("CFGI_STE").set("stream", 5));
    assertThat(cache())
        .hasToString("[LOOKUPS 2, HITS 0, INSERTIONS 4, EVICTIONS 2, INVALIDATED 0, RESIDENT 2]");
    guest.perform(Structure.command("CFGI_STE").set("stream", 6));
    assertThat(cache())
        .hasToString("[LOOKUPS 2, HITS 0, INSERTIONS 4, EVICTIONS 2, INVALIDATED 2, RESIDENT 0]");
    guest.access(7, NONE, VA, false);
    guest.access(7, NONE, VA, false);
    assertThat(cache())
        .as("empty ways are taken first")
        .hasToString("[LOOKUPS 4, HITS 1, INSERTIONS 6, EVICTIONS 2, INVALIDATED 2, RESIDENT 2]");
    guest.perform(Structure.command("CFGI_STE_RANGE").set("range", 31));
    assertThat(cache())
        .hasToString("[LOOKUPS 4, HITS 1, INSERTIONS 6, EVICTIONS 2, INVALIDATED 4, RESIDENT 0]");
  }

  /** A command finds only what is in the cache; what was used last must not outlive its entry. */
  @Test
  void whatMadeRoomForAnotherStreamIsReadAnew() {
    guest.storeSte(5, BareGuest.ste(0b100));
    guest.storeSte(6, BareGuest.ste(0b100));
    assertThat(guest.read(5, NONE, VA)).isEqualTo(VA);
    assertThat(guest.read(5, NONE, VA)).isEqualTo(VA);
    assertThat(guest.read(6, NONE, VA)).isEqualTo(VA);
    assertThat(cache().of(CacheCounter.EVICTIONS)).isEqualTo(2);
    guest.storeSte(5, BareGuest.ste(0b000));
    guest.perform(Structure.command("CFGI_STE").set("stream", 5));
    assertThat(guest.access(5, NONE, VA, false)).isEqualTo(Outcome.TERMINATED);
  }

  private Counts<CacheCounter> cache() {
    return guest.smmu.counters().cache(SmmuCache.CONFIGURATION_CACHE);
  }

  @Test
  void disablingTheSmmuEmptiesNoCache() {
    guest.storeSte(5, BareGuest.ste(0b100));
    guest.read(5, NONE, VA);
    guest.storeSte(5, BareGuest.ste(0b000));
    guest.writeRegister("CR0", 0b1_1110);
    guest.writeRegister("CR0", 0b1_1111);
    assertThat(guest.read(5, NONE, VA)).isEqualTo(VA);
  }
}
