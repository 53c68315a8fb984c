package org.smmulator.pcie.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.pcie.ledger.FunctionGrants.READ;
import static org.smmulator.pcie.ledger.FunctionGrants.WRITE;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.smmulator.pcie.ManualLoop;

class GrantLedgerTest {
  private static final long RAM = 0x4000_0000L;
  private static final long FRAME = RAM + 0x5000;
  private static final long VA = 0x7f00_0000_0000L;
  private static final int RW = READ | WRITE;

  private final ManualLoop loop = new ManualLoop();
  private final RecordedViolations violations = new RecordedViolations();
  private final GrantLedger ledger = new GrantLedger(loop, violations, RAM, 64L << 20);
  private final FunctionGrants device = ledger.attach("00:04.0");

  private static RevocationScope page(int pasid, long va) {
    return new RevocationScope(pasid, false, va, va + 0xfff);
  }

  private static AtcInvalidation invalidation(RevocationScope scope) {
    return new AtcInvalidation(scope, 5, 1_084_320, 17);
  }

  private int revoke(RevocationScope scope) {
    return device.revoke(invalidation(scope), ledger.mark());
  }

  @Test
  void allowsWhatWasGrantedAndNothingElse() {
    device.grant(3, VA, FRAME, 12, READ);
    assertThat(device.checkAccess(FRAME + 0xff8, false)).isTrue();
    assertThat(device.checkAccess(FRAME + 0x10, true)).isFalse();
    assertThat(device.checkAccess(FRAME + 0x1000, false)).isFalse();
    assertThat(ledger.staleAccesses()).isEqualTo(2);
    assertThat(ledger.accessesChecked()).isEqualTo(3);
    assertThat(violations.count(Violation.Kind.STALE_ACCESS)).isEqualTo(2);
  }

  @Test
  void namesPasidAddressAndFrameOfAnAccessAfterTheInvalidation() {
    device.grant(3, VA, FRAME, 12, RW);
    assertThat(revoke(page(3, VA))).isEqualTo(1);
    assertThat(device.checkAccess(FRAME + 0x123, true)).isFalse();
    assertThat(violations.violations())
        .containsExactly(
            new Violation(
                Violation.Kind.STALE_ACCESS,
                "00:04.0",
                3,
                VA + 0x123,
                FRAME,
                "write through a translation that was invalidated by the ATC_INV of 0x7f0000000000"
                    + " to 0x7f0000000fff of PASID 3 with ITag 5, complete at 1084.3 us"));
  }

  @Test
  void namesTheStepOfTheInvalidation() {
    ledger.nameSteps(event -> event == 17 ? "munmap alice 0-15" : null);
    device.grant(3, VA, FRAME, 12, RW);
    revoke(page(3, VA));
    device.grant(3, VA, FRAME + 0x1000, 12, RW);
    device.giveUp(page(3, VA), ledger.mark(), 17);
    device.grant(3, VA + 0x1000, FRAME + 0x2000, 12, RW);
    device.giveUp(page(3, VA + 0x1000), ledger.mark(), 16);

    device.checkAccess(FRAME, true);
    device.checkAccess(FRAME + 0x1000, true);
    device.checkAccess(FRAME + 0x2000, true);

    assertThat(violations.violations())
        .extracting(Violation::text)
        .containsExactly(
            "write through a translation that was invalidated by the ATC_INV of 0x7f0000000000 to"
                + " 0x7f0000000fff of PASID 3 with ITag 5, complete at 1084.3 us, of step 'munmap"
                + " alice 0-15'",
            "write through a translation after the ATC_INV of 0x7f0000000000 to 0x7f0000000fff of"
                + " PASID 3, of step 'munmap alice 0-15' was given up without an answer",
            "write through a translation after the ATC_INV of 0x7f0000001000 to 0x7f0000001fff of"
                + " PASID 3 was given up without an answer");
  }

  @Test
  void namesTheOtherEndsOfAGrant() {
    device.grant(3, VA, FRAME, 12, RW);
    device.revokeAll();
    loop.run();
    device.checkAccess(FRAME, false);
    device.grant(3, VA, FRAME + 0x1000, 12, RW);
    ledger.freed(FRAME + 0x1000, 0);
    loop.run();
    device.checkAccess(FRAME + 0x1000, false);
    device.checkAccess(FRAME + 0x2000, false);

    assertThat(violations.violations())
        .filteredOn(violation -> violation.kind() == Violation.Kind.STALE_ACCESS)
        .extracting(Violation::text)
        .containsExactly(
            "read through a translation that ended with the function's reset",
            "read through a translation that ended when its frame was freed",
            "read through a translation that was not granted");
  }

  @Test
  void keepsAGrantThatWasIssuedAfterTheRequestWasSent() {
    device.grant(3, VA, FRAME, 12, RW);
    long sent = ledger.mark();
    device.grant(3, VA, FRAME + 0x1000, 12, RW);
    assertThat(device.revoke(invalidation(page(3, VA)), sent)).isEqualTo(1);
    assertThat(device.checkAccess(FRAME, false)).isFalse();
    assertThat(device.checkAccess(FRAME + 0x1000, false)).isTrue();
  }

  @Test
  void takesARepeatedGrantAsTheNewerOne() {
    device.grant(3, VA, FRAME, 12, RW);
    long sent = ledger.mark();
    device.grant(3, VA, FRAME, 12, RW);
    assertThat(device.live()).isEqualTo(1);
    assertThat(device.revoke(invalidation(page(3, VA)), sent)).isZero();
    assertThat(device.checkAccess(FRAME, true)).isTrue();
  }

  @Test
  void revokesTheWritableGrantOnlyWhenARestrictedOneFollowed() {
    device.grant(3, VA, FRAME, 12, RW);
    long sent = ledger.mark();
    device.grant(3, VA, FRAME, 12, READ);
    device.revoke(invalidation(page(3, VA)), sent);
    assertThat(device.checkAccess(FRAME, false)).isTrue();
    assertThat(device.checkAccess(FRAME, true)).isFalse();
  }

  @Test
  void revokesByPasidByGlobalAndWithoutPasid() {
    device.grant(-1, VA, FRAME, 12, RW);
    device.grant(1, VA, FRAME, 12, RW);
    device.grant(2, VA, FRAME, 12, RW);
    assertThat(revoke(page(1, VA))).isEqualTo(1);
    assertThat(revoke(new RevocationScope(1, true, VA, VA + 0xfff))).isEqualTo(1);
    assertThat(device.live()).isEqualTo(1);
    assertThat(revoke(page(-1, VA + 0x1000))).isZero();
    assertThat(revoke(page(-1, VA))).isEqualTo(1);
    assertThat(device.live()).isZero();
  }

  @Test
  void revokesAWholePasidAndLeavesTheOthers() {
    for (int i = 0; i < 300; i++) {
      device.grant(i % 3, VA + i * 0x1000L, FRAME + i * 0x1000L, 12, RW);
    }
    assertThat(revoke(new RevocationScope(1, false, 0, -1L))).isEqualTo(100);
    assertThat(device.live()).isEqualTo(200);
    assertThat(device.checkAccess(FRAME + 0x1000, false)).isFalse();
    assertThat(device.checkAccess(FRAME + 0x2000, false)).isTrue();
  }

  @Test
  void revokesABlockThatOnlyPartlyLiesInTheRange() {
    device.grant(3, VA, RAM + 0x20_0000, 21, RW);
    assertThat(device.checkAccess(RAM + 0x3f_f000, true)).isTrue();
    assertThat(revoke(page(3, VA + 0x1f_f000))).isEqualTo(1);
    assertThat(device.checkAccess(RAM + 0x20_0000, true)).isFalse();
  }

  @Test
  void reportsAFrameFreedUnderAGrantOnce() {
    device.grant(3, VA, FRAME, 12, RW);
    ledger.freed(FRAME, 7);
    loop.run();
    ledger.freed(FRAME, 8);
    loop.run();
    assertThat(violations.violations())
        .containsExactly(
            new Violation(
                Violation.Kind.FREED_UNDER_GRANT,
                "00:04.0",
                3,
                VA,
                FRAME,
                "freed while this grant on it was live: an invalidation is missing"));
    assertThat(ledger.freedUnderGrant()).isEqualTo(1);
    assertThat(ledger.framesFreed()).isEqualTo(2);
    assertThat(device.checkAccess(FRAME, false)).isFalse();
  }

  @Test
  void keepsTheGrantOnTheNextUseOfAFrameWhenTheReportComesLate() {
    device.grant(3, VA, FRAME, 12, RW);
    ledger.freed(FRAME, 0);
    device.grant(4, VA, FRAME, 12, RW);
    loop.run();
    assertThat(violations.violations()).hasSize(1);
    assertThat(violations.violations().get(0).pasid()).isEqualTo(3);
    assertThat(device.live()).isEqualTo(1);
    assertThat(device.checkAccess(FRAME, true)).isTrue();
  }

  @Test
  void reportsAFreedFrameEvenIfItsGrantWasRevokedBeforeItCouldBeNamed() {
    device.grant(3, VA, FRAME, 12, RW);
    ledger.freed(FRAME, 0);
    device.revokeAll();
    loop.run();
    assertThat(violations.count(Violation.Kind.FREED_UNDER_GRANT)).isEqualTo(1);
  }

  @Test
  void seesAFrameFreedInsideABlockOrAHugeBlock() {
    device.grant(3, VA, RAM + 0x20_0000, 21, RW);
    ledger.freed(RAM + 0x20_3000, 0);
    loop.run();
    assertThat(violations.violations().get(0).address()).isEqualTo(VA + 0x3000);
    device.grant(3, 0, 0, 40, RW);
    ledger.freed(RAM + 0x4000, 0);
    loop.run();
    assertThat(violations.violations().get(1).address()).isEqualTo(RAM + 0x4000);
    assertThat(device.live()).isZero();
  }

  @Test
  void saysNothingWhenAFrameIsFreedAfterItsInvalidationOrItsDevice() {
    device.grant(3, VA, FRAME, 12, RW);
    revoke(page(3, VA));
    ledger.freed(FRAME, 0);
    device.grant(3, VA, FRAME, 12, RW);
    ledger.detach(device);
    ledger.freed(FRAME, 1);
    loop.run();
    assertThat(violations.violations()).isEmpty();
    assertThat(ledger.live()).isZero();
    assertThat(ledger.revoked()).as("the other one went with its device").isEqualTo(1);
  }

  @Test
  void letsAFencedDeviceLoseItsFramesButNotUseThem() {
    device.grant(3, VA, FRAME, 12, RW);
    device.grant(3, VA + 0x1000, FRAME + 0x1000, 12, RW);
    device.stopAnswering();
    device.grant(3, VA + 0x2000, FRAME + 0x2000, 12, RW);
    ledger.freed(FRAME, 0);
    ledger.freed(FRAME + 0x2000, 0);
    loop.run();
    assertThat(violations.violations()).isEmpty();
    assertThat(device.checkAccess(FRAME + 0x1000, true)).isTrue();
    assertThat(device.checkAccess(FRAME, true)).isFalse();
    assertThat(device.checkAccess(FRAME + 0x2000, true)).isFalse();
    ledger.detach(device);
    assertThat(ledger.live()).isZero();
    FunctionGrants next = ledger.attach("00:04.0");
    next.grant(3, VA, FRAME, 12, RW);
    ledger.freed(FRAME, 1);
    loop.run();
    assertThat(violations.count(Violation.Kind.FREED_UNDER_GRANT)).isEqualTo(1);
  }

  @Test
  void namesTheInvalidationThatWasGivenUpInAnAccessUnderItsGrant() {
    device.grant(3, VA, FRAME, 12, RW);
    device.grant(3, VA + 0x1000, FRAME + 0x1000, 12, RW);
    device.giveUp(page(3, VA), ledger.mark(), 0);
    assertThat(device.checkAccess(FRAME + 0x1000, true)).as("not asked for").isTrue();
    assertThat(device.checkAccess(FRAME + 0x123, true)).isFalse();
    assertThat(violations.violations())
        .containsExactly(
            new Violation(
                Violation.Kind.OVERDUE_ACCESS,
                "00:04.0",
                3,
                VA + 0x123,
                FRAME,
                "write through a translation after the ATC_INV of 0x7f0000000000 to 0x7f0000000fff"
                    + " of PASID 3 was given up without an answer"));
    assertThat(ledger.overdueAccesses()).isEqualTo(1);
    assertThat(ledger.staleAccesses()).isZero();
  }

  @Test
  void allowsWhatWasGrantedAfterTheInvalidationWasAskedFor() {
    device.grant(3, VA, FRAME, 12, RW);
    long asked = ledger.mark();
    device.grant(3, VA, FRAME + 0x1000, 12, RW);
    device.giveUp(page(3, VA), asked, 0);
    assertThat(device.checkAccess(FRAME + 0x1000, true)).isTrue();
    assertThat(device.checkAccess(FRAME, true)).isFalse();
    device.grant(3, VA, FRAME, 12, RW);
    assertThat(device.checkAccess(FRAME, true)).as("granted anew").isTrue();
  }

  @Test
  void allowsAnAccessThatAnotherGrantCovers() {
    device.grant(3, VA, FRAME, 12, RW);
    device.grant(4, VA, FRAME, 12, READ);
    device.giveUp(page(3, VA), ledger.mark(), 0);
    assertThat(device.checkAccess(FRAME, false)).isTrue();
    assertThat(device.checkAccess(FRAME, true)).isFalse();
  }

  @Test
  void anAccessAfterTheLateAnswerIsStale() {
    device.grant(3, VA, FRAME, 12, RW);
    long asked = ledger.mark();
    device.giveUp(page(3, VA), asked, 0);
    device.revoke(invalidation(page(3, VA)), asked);
    assertThat(device.checkAccess(FRAME, false)).isFalse();
    assertThat(violations.count(Violation.Kind.STALE_ACCESS)).isEqualTo(1);
    assertThat(violations.count(Violation.Kind.OVERDUE_ACCESS)).isZero();
  }

  @Test
  void manyInvalidationsMayBeGivenUp() {
    for (int i = 0; i < 300; i++) {
      device.grant(3, VA + i * 0x1000L, FRAME + i * 0x1000L, 12, RW);
      device.giveUp(page(3, VA + i * 0x1000L), ledger.mark(), 0);
    }
    for (int i = 0; i < 300; i++) {
      assertThat(device.checkAccess(FRAME + i * 0x1000L, false)).isFalse();
    }
    assertThat(ledger.overdueAccesses()).isEqualTo(300);
    assertThat(violations.violations().get(0).text()).contains(" 0x7f0000000000 to");
    assertThat(violations.violations().get(99).text()).contains(" 0x7f0000063000 to");
  }

  @Test
  void aResetEndsWhatWasGivenUp() {
    device.grant(3, VA, FRAME, 12, RW);
    device.giveUp(page(3, VA), ledger.mark(), 0);
    device.revokeAll();
    device.grant(3, VA, FRAME, 12, RW);
    assertThat(device.checkAccess(FRAME, true)).isTrue();
  }

  @Test
  void checksGrantsOutsideOfRamByAccess() {
    device.grant(-1, VA, 0x0802_0000L, 12, WRITE);
    assertThat(device.checkAccess(0x0802_0040L, true)).isTrue();
    ledger.freed(0x0802_0000L, 0);
    loop.run();
    assertThat(violations.violations()).isEmpty();
  }

  @Test
  void showsWhatAnInvalidationWouldHaveToDrop() {
    device.grant(3, VA, FRAME, 12, RW);
    device.grant(4, VA, FRAME + 0x1000, 12, RW);
    List<Long> frames = new ArrayList<>();
    device.visit(page(3, VA), (pasid, va, pa, sizeLog2) -> frames.add(pa));
    assertThat(frames).containsExactly(FRAME);
    assertThat(device.live()).isEqualTo(2);
  }
}
