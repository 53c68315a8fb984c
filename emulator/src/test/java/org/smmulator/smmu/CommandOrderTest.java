package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.smmulator.arch.command.CommandOpcode;

/** Invalidations between two CMD_SYNCs in another order than that of the queue. */
class CommandOrderTest {
  private final BareGuest guest = BareGuest.up();

  private static Structure invalidateAtc() {
    return Structure.command("ATC_INV").set("stream", 9);
  }

  private long waiting() {
    return (guest.readRegister("CMDQ_PROD") - guest.readRegister("CMDQ_CONS")) & 0xfffff;
  }

  @Test
  void anInvalidationBehindTheOthersTakesEffectFirstAndOnlyOnce() {
    guest.smmu.commandOrder(commands -> commands - 1);
    guest.submit(Structure.command("TLBI_NH_ALL"));
    guest.submit(Structure.command("CFGI_STE"));
    guest.submit(invalidateAtc());
    guest.smmu.step();
    assertThat(guest.outputs.invalidations).hasSize(1);
    assertThat(waiting()).as("nothing is consumed before its turn").isEqualTo(3);
    guest.run();
    assertThat(waiting()).isZero();
    assertThat(guest.outputs.invalidations).hasSize(1);
    assertThat(guest.smmu.counters().commands())
        .containsEntry(CommandOpcode.TLBI_NH_ALL, 1L)
        .containsEntry(CommandOpcode.CFGI_STE, 1L)
        .containsEntry(CommandOpcode.ATC_INV, 1L);
  }

  @Test
  void nothingPassesACommandSync() {
    guest.smmu.commandOrder(commands -> commands - 1);
    guest.submit(Structure.command("TLBI_NH_ALL"));
    guest.submit(Structure.command("SYNC"));
    guest.submit(invalidateAtc());
    guest.smmu.step();
    guest.smmu.step();
    assertThat(guest.outputs.invalidations).isEmpty();
    assertThat(waiting()).isEqualTo(1);
    guest.run();
    assertThat(guest.outputs.invalidations).hasSize(1);
  }

  @Test
  void anIllegalCommandStopsTheQueueInItsPlace() {
    guest.smmu.commandOrder(commands -> commands - 1);
    guest.submit(Structure.command("TLBI_NH_ALL"));
    guest.submit(new Structure("command", 2));
    guest.submit(invalidateAtc());
    guest.run();
    assertThat(waiting()).isEqualTo(2);
    assertThat(guest.commandError()).isEqualTo(1);
    assertThat(guest.outputs.invalidations).as("behind it nothing happens").isEmpty();
  }
}
