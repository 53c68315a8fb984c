package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.smmulator.bus.wire.ErrorCode;

/** What becomes of links, each of it another number of times. */
class LinkCounterTest {
  private static final int ID = 0x20;
  private static final int NO_SLOT = 0x21;

  private final TestMachine machine = new TestMachine();

  @Test
  void eachCountIsKeptUnderItsName() {
    for (int i = 0; i < 3; i++) {
      machine.attach(NO_SLOT);
    }
    for (int i = 0; i < 2; i++) {
      machine.attach(ID).link().detach();
      machine.run();
    }
    for (int i = 0; i < 4; i++) {
      machine.attach(ID).link().close(ErrorCode.SHUTDOWN, "no power");
      machine.run();
    }
    machine.guest.translatingStream(ID);
    for (int i = 0; i < 5; i++) {
      machine.guest.atcInvalidation(ID, 3, 0x1000, 0);
    }
    machine.run();
    machine.attach(ID);
    assertThat(machine.root.counters().links())
        .hasToString(
            "[ACCEPTED 10, REFUSED 3, DETACHED 2, LOST 4, INVALIDATIONS_WITHOUT_DEVICE 5]");
  }
}
