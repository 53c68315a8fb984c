package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.smmulator.bus.tlp.PageRequestFlags;
import org.smmulator.smmu.port.AtsAnswer.Status;
import org.smmulator.smmu.port.Transaction.Outcome;

/**
 * Every memory access of a scenario aborts once, one after the other, until the scenario completes
 * without: each abort is reported as the architecture says, nothing in the guest's tables changes
 * but access flags and dirty states, and once it is gone everything works without further ado.
 */
class AbortNthAccessTest {
  private static final int STREAM = 0x105;
  private static final int PASID = 70;
  private static final long VA = TwoStages.VA;
  private static final long PA = TwoStages.PA;
  private static final long MSI = 0x0802_0040L;

  /** AF, and AP[2] or S2AP[1]. */
  private static final long HARDWARE_UPDATES = 1L << 10 | 1L << 7;

  /**
   * Aborts the first access of a scenario, then in a new one the second, and so on.
   *
   * @param report does what the scenario is about, and says what came of it
   * @param again whether it works once nothing aborts any more
   * @return what was reported at each turn, runs of the same thing once; last without an abort
   */
  private static List<String> abortEach(
      Supplier<BareGuest> scenario,
      Function<BareGuest, String> report,
      Predicate<BareGuest> again) {
    List<String> reports = new ArrayList<>();
    for (int n = 1; n < 1000; n++) {
      BareGuest guest = scenario.get();
      long[] before = guest.tables();
      guest.memory.abortNth(n);
      String seen = report.apply(guest);
      onlyHardwareUpdates(before, guest.tables());
      if (reports.isEmpty() || !reports.get(reports.size() - 1).equals(seen)) {
        reports.add(seen);
      }
      if (!guest.memory.hasAborted()) {
        return reports;
      }
      guest.memory.abortNothing();
      assertThat(again.test(guest)).as("works after abort %d, %s", n, seen).isTrue();
    }
    throw new AssertionError("the scenario never completes");
  }

  private static void onlyHardwareUpdates(long[] before, long[] after) {
    for (int i = 0; i < before.length; i++) {
      assertThat((before[i] ^ after[i]) & ~HARDWARE_UPDATES).as("word %d", i).isZero();
    }
  }

  /** Two-level stream table, two-level context table, four levels of translation table. */
  private static BareGuest twoLevels() {
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

  /** Both stages, with everything to be updated by hardware. */
  private static BareGuest nested() {
    TwoStages two = new TwoStages();
    two.stage1.map(VA, 3, BareGuest.page(TwoStages.IPA).with("af=0 ap2=1 dbm=1"));
    two.stage2.map(TwoStages.IPA, 3, BareGuest.stage2Page(PA).with("af=0 s2ap=1 dbm=1"));
    two.edit("s2pte", two.stage2.slot(two.cd + TwoStages.OFFSET, 3), "af=0");
    long tables = two.stage2.slot(two.stage1.slot(VA, 3) + TwoStages.OFFSET, 3);
    two.edit("s2pte", tables, "af=0 s2ap=1 dbm=1");
    two.context("ha=1 hd=1");
    two.stream("s2ha=1 s2hd=1");
    return two.guest;
  }

  /** A write of a stream; the event it gives, if it does not get through. */
  private static String write(BareGuest guest, int streamId, int substreamId) {
    if (guest.access(streamId, substreamId, VA, true) == Outcome.TRANSLATED) {
      assertThat(guest.takeEvents()).isEmpty();
      return "translated";
    }
    assertThat(guest.tx.outcome()).isEqualTo(Outcome.FAULTED);
    assertThat(guest.tx.isRazWi()).isFalse();
    Structure event = guest.takeEvent();
    assertThat(event.get("fetch")).isNotZero();
    return TwoStages.describe(event);
  }

  @Test
  void aTransaction() {
    List<String> reports =
        abortEach(
            AbortNthAccessTest::twoLevels,
            guest -> write(guest, STREAM, PASID),
            guest -> guest.read(STREAM, PASID, VA) == PA);
    assertThat(reports)
        .containsExactly("F_STE_FETCH", "F_CD_FETCH", "F_WALK_EABT S1 TT", "translated");
  }

  @Test
  void aNestedTransactionWithUpdates() {
    List<String> reports =
        abortEach(
            AbortNthAccessTest::nested,
            guest -> write(guest, 5, BareGuest.NONE),
            guest -> guest.access(5, BareGuest.NONE, VA, true) == Outcome.TRANSLATED);
    assertThat(reports).startsWith("F_STE_FETCH", "F_WALK_EABT S2 CD", "F_CD_FETCH");
    assertThat(reports.subList(3, reports.size() - 2))
        .isSubsetOf("F_WALK_EABT S2 TT", "F_WALK_EABT S1 TT")
        .hasSizeGreaterThan(7);
    assertThat(reports).endsWith("F_WALK_EABT S2 IN", "translated");
  }

  @Test
  void aTranslationRequest() {
    List<String> reports =
        abortEach(
            AbortNthAccessTest::twoLevels,
            guest -> {
              Status status = guest.request(STREAM, PASID, VA, 1);
              return status == Status.SUCCESS
                  ? "SUCCESS"
                  : status + " " + TwoStages.describe(guest.takeEvent());
            },
            guest -> guest.request(STREAM, PASID, VA, 1) == Status.SUCCESS);
    assertThat(reports)
        .containsExactly(
            "COMPLETER_ABORT F_STE_FETCH",
            "COMPLETER_ABORT F_CD_FETCH",
            "COMPLETER_ABORT F_WALK_EABT S1 TT",
            "SUCCESS");
  }

  @Test
  void aPageRequest() {
    // The words of the record, then the message of the interrupt.
    List<String> reports =
        abortEach(
            () -> interrupting("PRIQ", 0b010),
            guest -> {
              guest.smmu.pageRequest(5, 7, VA, 1, PageRequestFlags.READ | PageRequestFlags.LAST);
              return errors(guest) + " " + guest.outputs.responses.size();
            },
            guest -> {
              guest.acknowledgeErrors();
              guest.takePageRequests();
              guest.smmu.pageRequest(5, 7, VA, 2, PageRequestFlags.READ);
              return guest.takePageRequests().size() == 1;
            });
    assertThat(reports).containsExactly("PRIQ_ABT_ERR 1", "MSI_PRIQ_ABT_ERR 0", "none 0");
  }

  @Test
  void anEvent() {
    List<String> reports =
        abortEach(
            () -> interrupting("EVENTQ", 0b100),
            guest -> {
              guest.access(999, BareGuest.NONE, VA, false);
              return errors(guest) + " " + guest.readRegister("EVENTQ_PROD");
            },
            guest -> {
              guest.acknowledgeErrors();
              guest.takeEvents();
              guest.access(999, BareGuest.NONE, VA, false);
              return guest.takeEvents().size() == 1;
            });
    assertThat(reports).containsExactly("EVENTQ_ABT_ERR 0", "MSI_EVENTQ_ABT_ERR 1", "none 1");
  }

  private static BareGuest interrupting(String queue, int enable) {
    BareGuest guest = BareGuest.up();
    guest.writeRegister("IRQ_CTRL", 0);
    guest.writeRegister64(queue + "_IRQ_CFG0", MSI);
    guest.writeRegister("IRQ_CTRL", enable);
    return guest;
  }

  private static String errors(BareGuest guest) {
    return switch ((int) guest.activeErrors()) {
      case 0 -> "none";
      case 1 -> "CMDQ_ERR";
      case 1 << 2 -> "EVENTQ_ABT_ERR";
      case 1 << 3 -> "PRIQ_ABT_ERR";
      case 1 << 4 -> "MSI_CMDQ_ABT_ERR";
      case 1 << 5 -> "MSI_EVENTQ_ABT_ERR";
      case 1 << 6 -> "MSI_PRIQ_ABT_ERR";
      default -> throw new AssertionError("errors " + guest.activeErrors());
    };
  }

  @Test
  void commands() {
    List<String> reports =
        abortEach(
            AbortNthAccessTest::withCommands,
            guest -> {
              guest.run();
              if (guest.activeErrors() == 1) {
                assertThat(guest.commandError()).isEqualTo(2);
              }
              return errors(guest) + " at " + (guest.readRegister("CMDQ_CONS") & 0xfffff);
            },
            guest -> {
              boolean fetchAborted = guest.activeErrors() == 1;
              guest.acknowledgeErrors();
              guest.run();
              return (guest.readRegister("CMDQ_CONS") & 0xfffff) == 3
                  && guest.msis.size() == (fetchAborted ? 1 : 0);
            });
    assertThat(reports)
        .containsExactly(
            "CMDQ_ERR at 0",
            "CMDQ_ERR at 1",
            "CMDQ_ERR at 2",
            "MSI_CMDQ_ABT_ERR at 3",
            "none at 3");
  }

  private static BareGuest withCommands() {
    BareGuest guest = BareGuest.up();
    guest.submit(Structure.command("CFGI_STE").set("stream", 5));
    guest.submit(Structure.command("TLBI_NH_ALL"));
    guest.submit(Structure.command("SYNC").with("cs=1 msidata=80").set("msiaddress", MSI));
    return guest;
  }
}
