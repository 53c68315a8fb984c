package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.Transaction;

class ResetTest {
  private final BareGuest guest = new BareGuest(SmmuFeatures.defaults());

  @Test
  void aResetIsPowerOn() {
    guest.bringUp();
    guest.submit(new Structure("command", 2));
    guest.run();
    guest.writeRegister("IRQ_CTRL", 0);
    guest.writeRegister64("EVENTQ_IRQ_CFG0", 0x0802_0040L);

    guest.smmu.reset();

    BareGuest fresh = new BareGuest(SmmuFeatures.defaults());
    for (int offset = 0; offset < 0x20000; offset += 4) {
      assertThat(guest.smmu.readRegister(offset, 4))
          .as("%x", offset)
          .isEqualTo(fresh.smmu.readRegister(offset, 4));
    }
    assertThat(guest.smmu.hasWork()).isFalse();
    assertThat(guest.read(5, BareGuest.NONE, 0x1234)).isEqualTo(0x1234);
  }

  @Test
  void aResetForgetsCommandsThatWait() {
    guest.bringUp();
    guest.submit(Structure.command("SYNC"));
    assertThat(guest.smmu.hasWork()).isTrue();
    guest.smmu.reset();
    assertThat(guest.smmu.hasWork()).isFalse();
  }

  @Test
  void afterAResetMemoryIsReadAnew() {
    guest.bringUp();
    guest.storeSte(5, BareGuest.ste(0b100));
    guest.read(5, BareGuest.NONE, 0x1234);
    guest.smmu.reset();
    guest.bringUp();
    assertThat(guest.access(5, BareGuest.NONE, 0x1234, false))
        .isEqualTo(Transaction.Outcome.FAULTED);
    assertThat(guest.takeEvent().get("id")).isEqualTo(Vectors.event("C_BAD_STE"));
  }

  @Test
  void aResetForgetsTimeOutsAndWaitsForWhatIsUnderWay() {
    guest.bringUp();
    guest.submit(Structure.command("ATC_INV").set("stream", 5));
    guest.submit(Structure.command("ATC_INV").set("stream", 6));
    guest.run();
    guest.smmu.atcInvalidationDone(true);
    guest.smmu.reset();

    guest.bringUp();
    guest.submit(Structure.command("SYNC"));
    guest.run();
    assertThat(guest.readRegister("CMDQ_CONS")).isZero();
    guest.smmu.atcInvalidationDone(false);
    guest.run();
    assertThat(guest.readRegister("CMDQ_CONS")).isEqualTo(1);
  }
}
