package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.smmu.Explanations.ask;
import static org.smmulator.smmu.Explanations.line;
import static org.smmulator.smmu.Explanations.rule;

import org.junit.jupiter.api.Test;
import org.smmulator.smmu.explain.Question;

/** What an explanation says of Translation Requests and translated transactions. */
class ExplainAtsTest {
  private static final int NONE = BareGuest.NONE;
  private static final long VA = 0x7fff_1234_5000L;
  private static final long PA = BareGuest.RAM + 0x800_0000L;

  @Test
  void anAtsCompletionIsShownWithItsPermissions() {
    BareGuest guest = BareGuest.up();
    long root = guest.translatingStream(5, 1);
    guest.map(root, VA, PA);
    guest.map(root, VA + 0x1000, 3, BareGuest.page(PA).set("ap1", 0));

    Question good = ask(NONE, VA + 8, "ats write");
    assertThat(rule(guest, good))
        .isEqualTo("what every enabled stage permits of the request is granted");
    assertThat(line(guest, good, "completion: "))
        .isEqualTo("0x0000000048000003: address 0x48000000 R W");
    Question refused = ask(NONE, VA + 0x1000, "ats");
    assertThat(rule(guest, refused))
        .isEqualTo(
            "nothing of what is asked for is permitted: AP[1] is 0: no unprivileged access. The"
                + " answer is a Success without permissions, and no event");
    Question absent = ask(NONE, VA + 0x2000, "ats");
    assertThat(rule(guest, absent))
        .startsWith("stage 1: the level 3 descriptor is invalid: bit 0 is 0. The answer is a");
    assertThat(line(guest, absent, "completion: ")).contains("no permission");
    assertThat(line(guest, absent, "event: ")).isEqualTo("none");
  }

  @Test
  void aRefusedTranslationRequestNamesTheStatusAsPcieDoes() {
    BareGuest guest = BareGuest.up();
    guest.storeSte(5, BareGuest.ste(0b100));
    assertThat(line(guest, ask(NONE, VA, "ats"), "completion: "))
        .isEqualTo("Unsupported Request (UR)");
    guest.storeSte(5, BareGuest.translatingSte(1L << 40));
    assertThat(line(guest, ask(NONE, VA, "ats"), "completion: ")).isEqualTo("Completer Abort (CA)");
  }

  @Test
  void streamsWithoutAtsAreToldApart() {
    BareGuest guest = BareGuest.up();
    guest.storeSte(5, BareGuest.ste(0b100));
    assertThat(rule(guest, ask(NONE, VA, "ats")))
        .isEqualTo("STE.Config is 0b100 (bypass), which denies ATS");
    guest.storeSte(5, BareGuest.translatingSte(PA).set("eats", 0));
    assertThat(rule(guest, ask(NONE, VA, "ats"))).isEqualTo("STE.EATS is 0b00, which denies ATS");
    assertThat(rule(guest, ask(NONE, PA, "translated")))
        .isEqualTo("STE.EATS is 0b00, which denies ATS");
    guest.storeSte(5, BareGuest.translatingSte(PA));
    assertThat(rule(guest, ask(NONE, PA, "translated")))
        .isEqualTo("STE.EATS is 0b01: translated transactions of the stream pass");
  }
}
