package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.bus.tlp.CompletionStatus.SC;
import static org.smmulator.pcie.FunctionCounter.TRANSLATIONS_WITHHELD;

import org.junit.jupiter.api.Test;
import org.smmulator.bus.tlp.AtsEntry;
import org.smmulator.pcie.ledger.Violation;

/** A device that asks for more translations than it may hold. */
class GrantBoundTest extends FunctionScene {
  private static final int LIMIT = 2;
  private static final int RW = AtsEntry.READ | AtsEntry.WRITE;

  private final long frames = guest.allocate(4 * 4096);

  GrantBoundTest() {
    super(new TestMachine(RootComplexConfig.defaults(), LIMIT));
    for (int page = 0; page < 4; page++) {
      guest.map(root, VA + page * 0x1000L, frames + page * 0x1000L, true);
    }
  }

  private String entries(long va, int count) {
    ReceivedPacket answer = translate(va, count);
    assertThat(answer.status()).isEqualTo(SC);
    return answer.payload();
  }

  private String entry(int page, int flags) {
    return String.format("%016x", frames + page * 0x1000L | flags);
  }

  @Test
  void givesFurtherTranslationsForUntranslatedAccessesOnly() {
    int untranslated = RW | AtsEntry.UNTRANSLATED_ONLY;
    assertThat(entries(VA, 3)).isEqualTo(entry(0, RW) + entry(1, RW) + entry(2, untranslated));
    assertThat(entries(VA, 1)).as("held already").isEqualTo(entry(0, RW));
    DeviceCounters counters = machine.device("00:04.0");
    assertThat(counters.count(FunctionCounter.TRANSLATIONS_HELD)).isEqualTo(LIMIT);
    assertThat(counters.count(TRANSLATIONS_WITHHELD)).isEqualTo(1);
    assertThat(machine.violations.violations()).isEmpty();
  }

  @Test
  void servesTheUntranslatedAccessesAndJudgesATranslatedOne() {
    translate(VA, 3);
    device.write(PASID, 0, VA + 0x2000, new byte[] {1, 2, 3, 4});
    machine.run();
    assertThat(guest.load(frames + 0x2000)).isEqualTo(0x0403_0201L);
    assertThat(machine.violations.violations()).isEmpty();

    device.readTranslated(6, frames + 0x2000, 4);
    machine.run();
    assertThat(machine.violations.violations())
        .singleElement()
        .satisfies(
            violation -> {
              assertThat(violation.kind()).isEqualTo(Violation.Kind.STALE_ACCESS);
              assertThat(violation.frame()).isEqualTo(frames + 0x2000);
            });
  }

  @Test
  void grantsAgainAfterAnInvalidation() {
    translate(VA, 3);
    guest.invalidate(ID, PASID, VA, 0);
    machine.run();
    completeInvalidation();
    assertThat(entries(VA + 0x2000, 1)).isEqualTo(entry(2, RW));
    device.readTranslated(6, frames + 0x2000, 4);
    machine.run();
    assertThat(machine.violations.violations()).isEmpty();
  }
}
