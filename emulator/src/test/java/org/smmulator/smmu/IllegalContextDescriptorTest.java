package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.smmu.port.Transaction.Outcome;

/**
 * Every condition that makes a context descriptor ILLEGAL, each beside a neighbour that is legal:
 * the features of an SMMU, and settings of a descriptor with both halves in use.
 */
class IllegalContextDescriptorTest {
  private static final String BOTH_HALVES = "epd1=0 t1sz=16 tg1=2 ";

  private static String event(String features, String ste, String cd) {
    BareGuest guest = BareGuest.up(Variants.of(features));
    long context = guest.allocate(64);
    Structure descriptor = BareGuest.cd(1, guest.allocate(1 << 17));
    guest.store(context, descriptor.with(BOTH_HALVES).set("ttb1", descriptor.get("ttb0")).with(cd));
    guest.storeSte(5, BareGuest.translatingSte(context).with("eats=0").with(ste));
    return guest.access(5, BareGuest.NONE, 0x1000, false) == Outcome.FAULTED
        ? Vectors.eventName(guest.takeEvent().get("id"))
        : guest.tx.outcome().toString();
  }

  private static void illegal(String features, String ste, String cd) {
    assertThat(event(features, ste, cd)).isEqualTo("C_BAD_CD");
  }

  private static void legal(String features, String ste, String cd) {
    assertThat(event(features, ste, cd)).isIn("F_TRANSLATION", "F_WALK_EABT", "STALLED");
  }

  @ParameterizedTest
  @CsvSource({
    "'', '', v=0, v=1",
    "-TERM_MODEL, s1stalld=1, s=1, s=0",
    "+TERM_MODEL, '', a=0, a=1",
    "stall=TERMINATE_ONLY, '', s=1, s=0",
    "stall=FORCED, '', s=0, s=1",
    "'', '', endi=1, endi=1 epd0=1 epd1=1",
    "'', '', endi=1 epd0=1, endi=0 epd0=1",
    "'', '', aa64=0, aa64=1",
    "httu=NONE, '', ha=1, ha=0",
    "httu=NONE, '', hd=1, hd=0",
    "httu=ACCESS_FLAG, '', hd=1 ha=1, ha=1",
    "-ASID16, '', asid=256, asid=255"
  })
  void theDescriptorAsAWhole(String features, String ste, String bad, String good) {
    illegal(features, ste, bad);
    legal(features, ste, good);
  }

  @ParameterizedTest
  @CsvSource({
    "-TERM_MODEL, '', a=0",
    "'', '', ha=1 hd=1",
    "'', '', hd=1",
    "'', '', asid=0xffff",
    // An address space of EL2 has no ASID.
    "-ASID16, strw=2, asid=0xffff"
  })
  void whatIsLegalWhereTheSmmuCanDoIt(String features, String ste, String good) {
    legal(features, ste, good);
  }

  @ParameterizedTest
  @CsvSource({
    // The lower half | the same of the upper half | a neighbour of each.
    "'', t0sz=15, t1sz=15, t0sz=16, t1sz=16",
    "-STT, t0sz=40, t1sz=40, t0sz=39, t1sz=39",
    "'', t0sz=49, t1sz=49, t0sz=48, t1sz=48",
    "'', t0sz=11 tg0=1, t1sz=11 tg1=3, t0sz=12 tg0=1, t1sz=12 tg1=3",
    "-VAX52, t0sz=15 tg0=1, t1sz=15 tg1=3, t0sz=16 tg0=1, t1sz=16 tg1=3",
    "'', t0sz=48 tg0=1, t1sz=48 tg1=3, t0sz=47 tg0=1, t1sz=47 tg1=3",
    "-STT, t0sz=40 tg0=2, t1sz=40 tg1=1, t0sz=39 tg0=2, t1sz=39 tg1=1",
    "'', t0sz=15 tg0=2, t1sz=15 tg1=1, t0sz=16 tg0=2, t1sz=16 tg1=1",
    "'', tg0=3, tg1=0, tg0=0, tg1=2",
    "-GRAN16K, tg0=2, tg1=1, tg0=1, tg1=3",
    "-GRAN64K, tg0=1, tg1=3, tg0=2, tg1=1",
    "'', ips=0 ttb0=0x100000000, ips=0 ttb1=0x100000000, ips=0, ips=0",
    "oas=40, ttb0=0x10000000000, ttb1=0x10000000000, ttb0=0x8000000000, ttb1=0x8000000000",
    "oas=52, ips=6 ttb0=0x1000000000000, ips=6 ttb1=0x1000000000000, ips=6, ips=6",
    "oas=52, ips=5 ttb0=0x1000000000000 tg0=1, ips=5 ttb1=0x1000000000000 tg1=3, "
        + "ips=6 ttb0=0x1000000000000 tg0=1, ips=6 ttb1=0x1000000000000 tg1=3"
  })
  void bothHalvesAreCheckedUnlessTheyAreOff(
      String features, String lower, String upper, String goodLower, String goodUpper) {
    illegal(features, "", lower);
    illegal(features, "", upper);
    legal(features, "", goodLower);
    legal(features, "", goodUpper);
    legal(features, "", "epd0=1 " + lower);
    legal(features, "", "epd1=1 " + upper);
  }

  @Test
  void aGranuleOf4KiBCanBeMissingToo() {
    illegal("-GRAN4K", "", "tg0=0 tg1=1");
    illegal("-GRAN4K", "", "tg0=1 tg1=2");
    legal("-GRAN4K", "", "tg0=1 tg1=1");
  }

  @Test
  void inEl2TheLowerHalfIsAlwaysOnAndTheUpperDoesNotExist() {
    illegal("", "strw=2", "epd0=1 t0sz=15");
    legal("", "strw=2", "t1sz=0 tg1=0 ttb1=0x8000000000000");
    illegal("", "strw=2", "epd0=1 epd1=1 endi=1");
  }
}
