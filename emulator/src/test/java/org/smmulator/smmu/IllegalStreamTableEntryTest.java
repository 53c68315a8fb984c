package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.smmu.port.Transaction.Outcome;

/**
 * Every condition that makes a stream table entry ILLEGAL, each beside a neighbour that is legal:
 * the features of an SMMU, and settings of an entry that enables both stages.
 */
class IllegalStreamTableEntryTest {
  private static String event(String features, String settings) {
    TwoStages two = new TwoStages(BareGuest.smallCaches());
    BareGuest guest = BareGuest.up(Variants.of(features));
    long cd = guest.allocate(64);
    guest.store(cd, BareGuest.cd(1, guest.allocate(4096)));
    Structure entry = two.entry("").set("s1contextptr", cd).set("s2ttb", guest.allocate(1 << 17));
    guest.storeSte(5, entry.with("eats=0").with(settings));
    return guest.access(5, BareGuest.NONE, BareGuest.RAM, false) == Outcome.FAULTED
        ? Vectors.eventName(guest.takeEvent().get("id"))
        : guest.tx.outcome().toString();
  }

  private static void illegal(String features, String settings) {
    assertThat(event(features, settings)).isEqualTo("C_BAD_STE");
  }

  /** Whatever else there is to complain about, it comes later. */
  private static void legal(String features, String settings) {
    assertThat(event(features, settings)).isNotIn("C_BAD_STE", "F_STE_FETCH", "C_BAD_STREAMID");
  }

  @Test
  void anEntryThatIsNotValidIsIllegalWhateverElseItSays() {
    illegal("", "v=0");
    illegal("", "v=0 config=0");
    legal("", "v=1");
  }

  @ParameterizedTest
  @CsvSource({
    "-S1P, config=5, config=6",
    "-S1P, config=7, config=4",
    "-S2P, config=6, config=4",
    "-S2P, config=7, config=5"
  })
  void aStageThatTheSmmuLacksCannotBeEnabled(String features, String bad, String good) {
    illegal(features, bad);
    legal(features, good);
    legal("", bad);
  }

  @ParameterizedTest
  @CsvSource({
    "'', config=5 eats=2, config=5 eats=1",
    "'', config=6 eats=2, config=6 eats=3",
    "'', config=7 eats=2 s2s=1, config=7 eats=2 s2s=0",
    "'', config=7 eats=1 s2s=1, config=7 eats=1 s2s=0",
    "'', config=6 eats=1 s2s=1, config=6 eats=0 s2s=1",
    "'', config=7 eats=1 s2s=1, config=5 eats=1 s2s=1",
    "-SPLIT_ATS, config=7 eats=2, config=7 eats=1"
  })
  void atsNeedsStagesThatSupportItAndMayNotMeetStalls(String features, String bad, String good) {
    illegal(features, bad);
    legal(features, good);
    // Without ATS the field does not count, nor does it where nothing translates.
    legal("-ATS", bad);
    legal(features, bad + " config=4");
  }

  @ParameterizedTest
  @CsvSource({"1", "3"})
  void reservedStreamWorldsAreIllegalWhereTheFieldCounts(int strw) {
    illegal("", "config=5 strw=" + strw);
    legal("", "config=5 strw=2");
    legal("", "config=7 strw=" + strw);
    legal("-HYP", "config=5 strw=" + strw);
  }

  @ParameterizedTest
  @CsvSource({
    "stall=TERMINATE_ONLY, s1stalld=1, s1stalld=0",
    "stall=FORCED, config=5 s1stalld=1, config=5 s1stalld=0",
    "stall=TERMINATE_ONLY, config=5 s1stalld=1, config=6 s1stalld=1",
    "ssid=8, s1cdmax=9, s1cdmax=8",
    "'', s1cdmax=21, s1cdmax=20",
    "ssid=8, s1cdmax=9, s1cdmax=9 config=6",
    "-CD2L, s1fmt=1 s1cdmax=4, s1fmt=0 s1cdmax=4",
    "-CD2L, s1fmt=2 s1cdmax=4, s1fmt=3 s1cdmax=4",
    "-CD2L, s1fmt=1 s1cdmax=4, s1fmt=1 s1cdmax=0",
    "oas=40, config=5 s1contextptr=0x10000000000, config=5 s1contextptr=0x8000000000",
    "oas=40, config=5 s1contextptr=0x10000000000, config=6 s1contextptr=0x10000000000"
  })
  void fieldsOfStage1(String features, String bad, String good) {
    illegal(features, bad);
    legal(features, good);
  }

  @Test
  void withoutSubstreamsTheirFieldsDoNotCount() {
    legal("ssid=0", "s1cdmax=31");
    legal("ssid=0 -CD2L", "s1cdmax=31 s1fmt=1");
  }

  @ParameterizedTest
  @CsvSource({
    "stall=TERMINATE_ONLY, config=6 s2s=1, config=6 s2s=0",
    "stall=FORCED, config=6 s2s=0, config=6 s2s=1",
    "stall=TERMINATE_ONLY, config=7 s2s=1, config=5 s2s=1",
    "'', s2aa64=0, s2aa64=0 config=5",
    "httu=NONE, s2ha=1, s2ha=0",
    "httu=NONE, s2hd=1, s2hd=0",
    "httu=ACCESS_FLAG, s2hd=1, s2ha=1",
    "httu=ACCESS_FLAG, s2hd=1 s2ha=1, s2hd=0",
    "'', s2endi=1, s2endi=0",
    "'', s2tg=3, s2tg=0",
    "-GRAN4K, s2tg=0, s2tg=2",
    "-GRAN16K, s2tg=2, s2tg=0",
    "-GRAN64K, s2tg=1, s2tg=0",
    "'', s2ps=0 s2ttb=0x100000000, s2ps=0 s2ttb=0x80000000",
    "oas=40, s2ttb=0x10000000000, s2ttb=0x8000000000",
    "oas=52, s2ps=6 s2ttb=0x1000000000000, s2ps=6 s2ttb=0x800000000000",
    "oas=52, s2ps=6 s2ttb=0x1000000000000, s2ps=6 s2ttb=0x1000000000000 s2tg=1",
    "oas=52, s2ps=5 s2ttb=0x1000000000000 s2tg=1, s2ps=5 s2ttb=0x800000000000 s2tg=1"
  })
  void fieldsOfStage2(String features, String bad, String good) {
    illegal(features, bad);
    legal(features, good);
  }

  @Test
  void dirtyStateWithoutTheAccessFlagIsLegalAndOff() {
    legal("", "s2hd=1");
  }

  @ParameterizedTest
  @CsvSource({
    // A larger input than there are intermediate addresses.
    "'', s2sl0=2 s2t0sz=15, s2sl0=2 s2t0sz=16",
    "oas=44, s2sl0=2 s2t0sz=19, s2sl0=2 s2t0sz=20",
    "oas=40, s2sl0=1 s2t0sz=23, s2sl0=1 s2t0sz=24",
    "oas=52, s2sl0=2 s2t0sz=15, s2sl0=2 s2t0sz=16",
    "'', s2tg=1 s2sl0=2 s2t0sz=15, s2tg=1 s2sl0=2 s2t0sz=16",
    "oas=52, s2tg=1 s2sl0=2 s2t0sz=11, s2tg=1 s2sl0=2 s2t0sz=12",
    // The effective S2PS does not matter.
    "oas=44, s2ps=0 s2sl0=2 s2t0sz=19, s2ps=0 s2sl0=2 s2t0sz=20",
    // Small tables.
    "-STT, s2sl0=0 s2t0sz=40, s2sl0=0 s2t0sz=39",
    "-STT, s2tg=2 s2sl0=0 s2t0sz=40, s2tg=2 s2sl0=0 s2t0sz=39",
    "-STT, s2tg=1 s2sl0=0 s2t0sz=40, s2tg=1 s2sl0=0 s2t0sz=39",
    "'', s2sl0=3 s2t0sz=49, s2sl0=3 s2t0sz=48",
    "'', s2tg=2 s2sl0=0 s2t0sz=49, s2tg=2 s2sl0=0 s2t0sz=48",
    "'', s2tg=1 s2sl0=0 s2t0sz=48, s2tg=1 s2sl0=0 s2t0sz=47"
  })
  void theSizeOfTheStage2Input(String features, String bad, String good) {
    illegal(features, bad);
    legal(features, good);
  }

  /** Between these sizes the first level resolves at least 1 bit and at most 16 tables. */
  @ParameterizedTest
  @CsvSource({
    "0, 2, 16, 24",
    "0, 1, 21, 33",
    "0, 0, 30, 42",
    "0, 3, 39, 48",
    "2, 2, 16, 27",
    "2, 1, 24, 38",
    "2, 0, 35, 48",
    "1, 2, 16, 21",
    "1, 1, 18, 34",
    "1, 0, 31, 47"
  })
  void theFirstLevelOfStage2MustFitItsInput(int s2tg, int s2sl0, int from, int to) {
    String first = "s2tg=" + s2tg + " s2sl0=" + s2sl0 + " s2t0sz=";
    illegal("", first + (from - 1));
    legal("", first + from);
    legal("", first + to);
    illegal("", first + (to + 1));
  }

  @ParameterizedTest
  @CsvSource({
    "-STT, s2sl0=3 s2t0sz=39, s2sl0=0 s2t0sz=39",
    "'', s2tg=2 s2sl0=3 s2t0sz=20, s2tg=2 s2sl0=2 s2t0sz=20",
    "'', s2tg=1 s2sl0=3 s2t0sz=20, s2tg=1 s2sl0=2 s2t0sz=20",
    // The highest levels are for large addresses.
    "oas=42, s2sl0=2 s2t0sz=24, s2sl0=1 s2t0sz=24",
    "oas=42, s2sl0=2 s2t0sz=24, s2tg=2 s2sl0=2 s2t0sz=24",
    "oas=40, s2tg=2 s2sl0=2 s2t0sz=24, s2tg=2 s2sl0=1 s2t0sz=24"
  })
  void firstLevelsThatDoNotExist(String features, String bad, String good) {
    illegal(features, bad);
    legal(features, good);
  }

  @ParameterizedTest
  @CsvSource({"config=5, config=4", "config=6, config=5 strw=2", "config=7, config=7 s2vmid=255"})
  void aWideVmidIsIllegalOnAnSmmuWithNarrowOnes(String bad, String good) {
    illegal("-VMID16", "s2vmid=256 " + bad);
    legal("-VMID16", "s2vmid=256 " + good);
    legal("", "s2vmid=256 " + bad);
    legal("-S2P", "s2vmid=256 config=5");
  }

  @Test
  void reservedValuesThatActAsOthersAreLegal() {
    legal("", "eats=3");
    legal("", "s1dss=3");
    legal("", "s1fmt=3 s1cdmax=4");
    legal("", "s2ps=7");
  }

  @Test
  void anAbortingEntryIsLegalWhateverElseItSays() {
    assertThat(event("-S2P", "config=3 eats=2 s1cdmax=31 s2tg=3")).isEqualTo("TERMINATED");
  }
}
