package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.smmulator.arch.event.EventField;
import org.smmulator.smmu.feature.SmmuFeatures;

/** A function of which no more than two requests are held. */
class StallBoundTest extends StallingScene {
  StallBoundTest() {
    super(room(2), SmmuFeatures.defaults());
  }

  @Test
  void oneTooManyIsAbortedWithARecordThatSaysSo() {
    read(5, VA);
    read(6, NEXT);
    read(7, NEXT + 0x1000);
    assertThat(answers()).isEqualTo(List.of("7: 1 "));
    stall();
    long[] second = stall();
    long[] third = Objects.requireNonNull(guest.takeEvent());
    assertThat(EventField.STALL.get(third[1])).isZero();
    assertThat(third[2]).isEqualTo(NEXT + 0x1000);
    assertThat(counted(FunctionCounter.STALLS_REFUSED)).isEqualTo(1);
    assertThat(counted(FunctionCounter.REFUSED)).isEqualTo(1);

    map(NEXT, frame);
    retry(second);
    assertThat(answers()).isEqualTo(List.of("6: 0 00000000"));
    read(7, NEXT + 0x1000);
    stall();
    assertThat(counted(FunctionCounter.REQUESTS_STALLED)).isEqualTo(3);
    assertThat(counted(FunctionCounter.STALLED_NOW)).isEqualTo(2);
  }

  @Test
  void oneTooManyDoesNotPassAnEarlierOneToItsPage() {
    write(VA, 1);
    write(VA, 2);
    long[] record = stall();
    map(VA, frame);
    write(VA, 3);
    read(5, VA);
    assertThat(answers()).isEqualTo(List.of("5: 1 "));
    assertThat(load(frame)).isZero();
    retry(record);
    assertThat(load(frame)).isEqualTo(0x0202_0202);
    assertThat(counted(FunctionCounter.STALLS_REFUSED)).isEqualTo(2);
  }

  @Test
  void whatDoesNotFaultNeedsNoRoom() {
    map(NEXT, frame);
    write(VA, 1);
    write(VA, 2);
    read(5, NEXT);
    assertThat(answers()).isEqualTo(List.of("5: 0 00000000"));
    assertThat(counted(FunctionCounter.STALLS_REFUSED)).isZero();
  }
}
