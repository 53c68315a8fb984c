package org.smmulator.pcie.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.smmulator.pcie.ledger.FunctionGrants.MOST_SHARING;
import static org.smmulator.pcie.ledger.FunctionGrants.READ;
import static org.smmulator.pcie.ledger.FunctionGrants.WRITE;
import static org.smmulator.pcie.ledger.GrantLedger.SLICE;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.smmulator.pcie.ManualLoop;

/** How much one function can be granted, and how long its going holds anybody up. */
class GrantLimitTest {
  private static final long RAM = 0x4000_0000L;
  private static final long FRAME = RAM + 0x5000;
  private static final long VA = 0x7f00_0000_0000L;
  private static final int RW = READ | WRITE;
  private static final int LIMIT = 3 * SLICE;

  private final ManualLoop loop = new ManualLoop();
  private final RecordedViolations violations = new RecordedViolations();
  private final GrantLedger ledger = new GrantLedger(loop, violations, RAM, 64L << 20, LIMIT);
  private final FunctionGrants device = ledger.attach("00:04.0");

  private void fill(int grants) {
    for (int i = 0; i < grants; i++) {
      assertThat(device.grant(3, VA + i * 0x1000L, RAM + i * 0x1000L, 12, RW)).isTrue();
    }
  }

  private void turn() {
    loop.advance(0);
  }

  @Test
  void grantsNoMoreThanTheLimitUntilSomethingIsInvalidated() {
    fill(LIMIT);
    assertThat(device.grant(3, VA - 0x1000, FRAME, 12, RW)).isFalse();
    assertThat(device.grant(4, VA, RAM, 12, RW)).isFalse();
    assertThat(device.grant(3, VA, RAM, 12, RW)).as("held already").isTrue();
    assertThat(device.live()).isEqualTo(LIMIT);
    assertThat(ledger.live()).isEqualTo(LIMIT);

    device.revoke(
        new AtcInvalidation(new RevocationScope(3, false, VA, VA + 0xfff), 0, 0, 0), ledger.mark());
    assertThat(device.grant(3, VA - 0x1000, FRAME, 12, RW)).isTrue();
    assertThat(device.grant(3, VA - 0x2000, FRAME, 12, RW)).isFalse();
    assertThat(violations.violations()).isEmpty();
  }

  @Test
  void eachFunctionHasALimitOfItsOwn() {
    fill(LIMIT);
    assertThat(ledger.attach("00:05.0").grant(3, VA, FRAME, 12, RW)).isTrue();
  }

  /** With a hash under which the pages of a test do not meet by chance. */
  private FunctionGrants hashed() {
    long hash = 0xD1B5_4A32_D192_ED03L;
    return new GrantLedger(loop, violations, RAM, 64L << 20, LIMIT, () -> hash).attach("00:04.0");
  }

  /** Otherwise each request would search through all that went before. */
  @Test
  void grantsOnePageToNoMoreThanSoManyPasids() {
    FunctionGrants one = hashed();
    int granted = 0;
    while (granted <= LIMIT && one.grant(granted, VA, RAM + granted * 0x1000L, 12, RW)) {
      granted++;
    }
    assertThat(granted).isBetween(1, MOST_SHARING);
    assertThat(one.grant(0, VA + 0x1000, FRAME, 12, RW)).as("another page").isTrue();
  }

  @Test
  void grantsOneFrameThroughNoMoreThanSoManyPages() {
    FunctionGrants one = hashed();
    int granted = 0;
    while (granted <= LIMIT && one.grant(3, VA + granted * 0x1000L, FRAME, 12, RW)) {
      granted++;
    }
    assertThat(granted).isBetween(1, MOST_SHARING);
    assertThat(one.grant(3, VA - 0x1000, FRAME + 0x1000, 12, RW)).as("another frame").isTrue();
  }

  /** Pages that share a chain under the usual multiplier, as a device can work out. */
  @Test
  void pagesChosenForOneKnownHashDoNotMeet() {
    int granted = 0;
    int asked = 0;
    for (long page = 1; asked < 4 * MOST_SHARING; page++) {
      if ((page * 0x9E37_79B9_7F4A_7C15L) >>> 50 == 0) {
        asked++;
        granted += device.grant(3, page << 12, page << 12, 12, RW) ? 1 : 0;
      }
    }
    assertThat(granted).isEqualTo(asked);
  }

  @Test
  void releasesWhatAGoneFunctionHadInSlices() {
    fill(LIMIT);
    ledger.detach(device);
    assertThat(ledger.live()).isZero();
    assertThat(ledger.revoked()).as("by an invalidation").isZero();
    assertThat(granted(0)).as("within the first slice").isFalse();
    assertThat(granted(LIMIT - 1)).as("beyond").isTrue();
    turn();
    turn();
    assertThat(granted(LIMIT - 1)).isFalse();
    for (int i = 0; i < LIMIT; i++) {
      assertThat(granted(i)).isFalse();
    }
  }

  /** Whether a frame still counts for the guest's allocator: it then asks the loop. */
  private boolean granted(int frame) {
    int before = loop.steps();
    ledger.freed(RAM + frame * 0x1000L, 0);
    return loop.steps() > before;
  }

  @Test
  void aFrameFreedAfterItsFunctionLeftIsNoViolation() {
    fill(LIMIT);
    ledger.detach(device);
    assertThat(granted(LIMIT - 1)).isTrue();
    turn();
    turn();
    loop.run();
    assertThat(violations.violations()).isEmpty();
    assertThat(ledger.freedUnderGrant()).isZero();
  }

  @Test
  void aFrameFreedBeforeItsFunctionLeftIsAViolationThatNamesIt() {
    fill(LIMIT);
    ledger.freed(RAM + (LIMIT - 1) * 0x1000L, 0);
    ledger.detach(device);
    loop.run();
    assertThat(violations.violations())
        .extracting(Violation::kind, Violation::device, Violation::pasid, Violation::address)
        .containsExactly(
            tuple(Violation.Kind.FREED_UNDER_GRANT, "00:04.0", 3, VA + (LIMIT - 1) * 0x1000L));
  }

  @Test
  void aFrameFreedUnderAnothersGrantIsAViolationWhileAFunctionLeaves() {
    FunctionGrants other = ledger.attach("00:05.0");
    other.grant(7, VA, RAM + (LIMIT - 1) * 0x1000L, 12, RW);
    fill(LIMIT);
    ledger.detach(device);
    ledger.freed(RAM + (LIMIT - 1) * 0x1000L, 0);
    loop.run();
    assertThat(violations.violations()).extracting(Violation::device).containsExactly("00:05.0");
  }

  @Test
  void aFunctionThatIsResetBeginsAnewAndItsOldTranslationsAreStale() {
    fill(LIMIT);
    device.revokeAll();
    assertThat(device.grant(3, VA, RAM, 12, RW)).isTrue();
    assertThat(device.live()).isEqualTo(1);
    assertThat(device.checkAccess(RAM, true)).isTrue();
    turn();
    turn();
    assertThat(device.checkAccess(RAM + (LIMIT - 1) * 0x1000L, true)).isFalse();
    Violation stale = violations.violations().get(0);
    assertThat(List.of(stale.pasid(), stale.address()))
        .isEqualTo(List.of(3, VA + (LIMIT - 1) * 0x1000L));
    ledger.freed(RAM + 0x1000, 0);
    assertThat(granted(0)).as("granted anew").isTrue();
  }

  @Test
  void manyFunctionsThatLeaveAtOnceAreReleasedAllTheSame() {
    for (int i = 0; i < 40; i++) {
      FunctionGrants passing = ledger.attach("00:06.0");
      for (int page = 0; page < 2 * SLICE; page++) {
        passing.grant(1, VA + page * 0x1000L, RAM + page * 0x1000L, 12, RW);
      }
      ledger.detach(passing);
    }
    for (int i = 0; i < 20; i++) {
      turn();
    }
    assertThat(granted(2 * SLICE - 1)).isFalse();
  }
}
