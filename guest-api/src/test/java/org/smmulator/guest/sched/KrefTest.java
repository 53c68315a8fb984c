package org.smmulator.guest.sched;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.smmulator.execution.ThreadExecution;

class KrefTest {
  private final Kref kref = new Kref(new Sched(new ThreadExecution()));

  @Test
  void cannotBeGrabbedBeforeItsFirstReferenceNorAfterItsLast() {
    assertThat(kref.getUnlessZero()).isFalse();
    kref.init();
    assertThat(kref.getUnlessZero()).isTrue();
    assertThat(kref.put()).isFalse();
    assertThat(kref.put()).isTrue();
    assertThat(kref.getUnlessZero()).isFalse();
    assertThatThrownBy(kref::put).isInstanceOf(IllegalStateException.class);
  }
}
