package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.smmulator.smmu.AtsAnswer.Status;
import org.smmulator.smmu.Transaction.Outcome;

/**
 * Every memory access of a scenario aborts once, one after the other: each abort is reported as the
 * architecture says, and once it is gone everything works without further ado.
 */
class AbortNthAccessTest {
  private static final int STREAM = 0x105;
  private static final int PASID = 70;
  private static final long VA = 0x7fff_1234_5000L;
  private static final long PA = BareGuest.RAM + 0x800_0000L;

  /** Two-level stream table, two-level context table, four levels of translation table. */
  private static BareGuest guest() {
    BareGuest guest = new BareGuest(BareGuest.smallCaches());
    guest.prepare();
    long level1 = guest.allocate(4096);
    long level2 = guest.allocate(64 * 256);
    long contexts = guest.allocate(4096);
    long leaf = guest.allocate(4096);
    long root = guest.allocate(4096);
    guest.store(level1 + 8, new Structure("l1std", 1).set("span", 9).set("l2ptr", level2));
    guest.store(
        level2 + 64 * (STREAM & 0xff),
        BareGuest.translatingSte(contexts).set("s1fmt", 1).set("s1cdmax", 10));
    guest.store(contexts + 8, new Structure("l1cd", 1).set("v", 1).set("l2ptr", leaf));
    guest.store(leaf + 64 * (PASID & 63), BareGuest.cd(1, root));
    guest.map(root, VA, PA);
    guest.writeRegister64("STRTAB_BASE", level1);
    guest.writeRegister("STRTAB_BASE_CFG", 16 | 8 << 6 | 1 << 16);
    guest.writeRegister("CR0", 0b1_1111);
    return guest;
  }

  /** Accesses to memory that the first transaction needs: one row for each. */
  private static final List<String> FETCHES =
      List.of(
          "F_STE_FETCH",
          "F_STE_FETCH",
          "F_STE_FETCH",
          "F_CD_FETCH",
          "F_CD_FETCH",
          "F_CD_FETCH",
          "F_CD_FETCH",
          "F_WALK_EABT",
          "F_WALK_EABT",
          "F_WALK_EABT",
          "F_WALK_EABT");

  @Test
  void aTransaction() {
    for (int n = 1; n <= FETCHES.size(); n++) {
      BareGuest guest = guest();
      guest.memory.abortNth(n);
      assertThat(guest.access(STREAM, PASID, VA, false)).isEqualTo(Outcome.FAULTED);
      Structure event = guest.takeEvent();
      assertThat(event.get("id")).as("%d", n).isEqualTo(Vectors.event(FETCHES.get(n - 1)));
      assertThat(event.get("fetch")).as("%d", n).isNotZero();
      assertThat(guest.read(STREAM, PASID, VA)).isEqualTo(PA);
    }
    BareGuest guest = guest();
    guest.read(STREAM, PASID, VA);
    assertThat(guest.memory.accesses()).isEqualTo(FETCHES.size());
  }

  @Test
  void aTranslationRequest() {
    for (int n = 1; n <= FETCHES.size(); n++) {
      BareGuest guest = guest();
      guest.memory.abortNth(n);
      assertThat(guest.request(STREAM, PASID, VA, 1)).isEqualTo(Status.COMPLETER_ABORT);
      assertThat(guest.takeEvent().get("id")).isEqualTo(Vectors.event(FETCHES.get(n - 1)));
      assertThat(guest.request(STREAM, PASID, VA, 1)).isEqualTo(Status.SUCCESS);
      assertThat(guest.answer.entry(0)).isEqualTo(PA | 3);
    }
  }

  @Test
  void anEvent() {
    // 1 to 4: the words of the record; 5: the message of its interrupt.
    for (int n : IntStream.rangeClosed(1, 5).toArray()) {
      BareGuest guest = guest();
      guest.writeRegister("IRQ_CTRL", 0);
      guest.writeRegister64("EVENTQ_IRQ_CFG0", 0x0802_0040L);
      guest.writeRegister("EVENTQ_IRQ_CFG1", 80);
      guest.writeRegister("IRQ_CTRL", 0b111);
      guest.memory.abortNth(n + 1);
      guest.access(0x305, PASID, VA, false);
      assertThat(guest.activeErrors()).as("%d", n).isEqualTo(n == 5 ? 1 << 5 : 1 << 2);

      guest.acknowledgeErrors();
      guest.access(0x305, PASID, VA, false);
      assertThat(guest.takeEvents()).hasSize(n == 5 ? 2 : 1);
    }
  }

  @Test
  void commands() {
    // Two words for each command, then the message of the CMD_SYNC.
    for (int n = 1; n <= 5; n++) {
      BareGuest guest = guest();
      guest.memory.abortNth(n);
      guest.submit(Structure.command("TLBI_NH_ALL"));
      guest.submit(
          Structure.command("SYNC")
              .set("cs", 1)
              .set("msiaddress", 0x0802_0040L)
              .set("msidata", 80));
      guest.run();
      assertThat(guest.activeErrors()).as("%d", n).isEqualTo(n == 5 ? 1 << 4 : 1);
      assertThat(guest.readRegister("CMDQ_CONS") & 0xfffff).isEqualTo((n - 1) / 2);
      guest.acknowledgeErrors();
      guest.run();
      assertThat(guest.readRegister("CMDQ_CONS") & 0xfffff).isEqualTo(2);
      assertThat(guest.msis).hasSize(n == 5 ? 0 : 1);
    }
  }
}
