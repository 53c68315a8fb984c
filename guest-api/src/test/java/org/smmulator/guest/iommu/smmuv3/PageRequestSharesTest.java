package org.smmulator.guest.iommu.smmuv3;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who may have how many page requests outstanding. */
class PageRequestSharesTest {
  /** Every order of magnitude of the queue, and every number of devices that it could serve. */
  @ParameterizedTest
  @CsvSource({"2, 2", "4, 3", "16, 16", "32, 31", "64, 2", "256, 31", "512, 31", "512, 512"})
  void eachDeviceGetsOneAndAllTogetherNoMoreThanTheQueueHolds(int all, int devices) {
    PageRequestShares shares = new PageRequestShares(all, devices);
    int given = 0;
    for (int i = 0; i < devices; i++) {
      int share = shares.take(32);
      assertThat(share).as("device %d", i).isBetween(1, 32);
      given += share;
    }
    assertThat(given).isLessThanOrEqualTo(all);
  }

  @Test
  void aQueueThatIsTooShortServesTheFirst() {
    PageRequestShares shares = new PageRequestShares(2, 31);
    assertThat(shares.take(32)).isEqualTo(1);
    assertThat(shares.take(32)).isEqualTo(1);
    assertThat(shares.take(32)).isZero();
    shares.giveBack(1);
    assertThat(shares.take(32)).isEqualTo(1);
  }

  @Test
  void twoDevicesThatAreAllThereCanBeHaveTheWholeQueue() {
    PageRequestShares shares = new PageRequestShares(16, 2);
    assertThat(shares.take(32)).isEqualTo(8);
    assertThat(shares.take(32)).isEqualTo(8);
  }

  @Test
  void aDeviceGetsNoMoreThanItWants() {
    PageRequestShares shares = new PageRequestShares(512, 31);
    assertThat(shares.take(32)).isEqualTo(32);
    assertThat(shares.take(4)).isEqualTo(4);
    assertThat(shares.take(0)).isZero();
  }

  @Test
  void whatADeviceGivesBackIsThereForTheNext() {
    PageRequestShares shares = new PageRequestShares(64, 3);
    int first = shares.take(64);
    int second = shares.take(64);
    shares.giveBack(first);
    shares.giveBack(second);
    assertThat(shares.take(64)).isEqualTo(first);
  }
}
