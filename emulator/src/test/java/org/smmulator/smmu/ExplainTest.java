package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.smmu.Explanations.ask;
import static org.smmulator.smmu.Explanations.explain;
import static org.smmulator.smmu.Explanations.line;
import static org.smmulator.smmu.Explanations.rule;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.smmu.explain.Question;
import org.smmulator.smmu.port.SmmuCounter;
import org.smmulator.smmu.port.SmmuCounters;
import org.smmulator.smmu.port.Transaction.Outcome;

/** What an explanation says, and that it leaves everything as it was. */
class ExplainTest {
  private static final int NONE = BareGuest.NONE;
  private static final long VA = 0x7fff_1234_5000L;
  private static final long PA = BareGuest.RAM + 0x800_0000L;

  @Test
  void aHitOfStage1IsExplainedByTheTablesAndByTheTlb() {
    BareGuest guest = BareGuest.up();
    guest.map(guest.translatingStream(5, 1), VA, PA);
    guest.read(5, NONE, VA);

    assertThat(explain(guest, ask(NONE, VA + 8, "write")))
        .isEqualTo(
            """
            transaction of stream 0x5: write at 0x7fff12345008
            STE at 0x40104140: 000000004010900b 0000100010000000 0000000000000000 0000000000000000
                V=1 Config=5 S1ContextPtr=0x40109000 EATS=1 SHCFG=1
            CD at 0x40109000: 0001e205c0000010 0000000040108000 0000000000000000 0000000000000000
                T0SZ=0x10 EPD1=1 V=1 IPS=5 AA64=1 R=1 A=1 ASET=1 ASID=1 TTB0=0x40108000
            stage 1 level 0 at 0x401087f8: 000000004010a003 table -> 0x4010a000
            stage 1 level 1 at 0x4010afe0: 000000004010b003 table -> 0x4010b000
            stage 1 level 2 at 0x4010b488: 000000004010c003 table -> 0x4010c000
            stage 1 level 3 at 0x4010ca28: 0000000048000c43 page -> 0x48000000, all RW AF=1 nG
            rule: every stage that is enabled permits the access
            result: goes on at 0x48000008
            event: none
            configuration cache: holds the STE and the CD
            TLB: holds this address -> 0x48000008, 4 KiB, unprivileged RWX, privileged RW-: permits \
            the access
            """);
  }

  @Test
  void aFaultOfStage2InTheFetchOfAStage1DescriptorShowsBothStages() {
    TwoStages two = new TwoStages();
    two.edit("s2pte", two.stage2.slot(two.stage1.slot(VA, 1) + TwoStages.OFFSET, 3), "s2ap=2");

    assertThat(explain(two.guest, ask(NONE, VA + 8, "write")))
        .isEqualTo(
            """
            transaction of stream 0x5: write at 0x7fff12345008
            STE at 0x40104140: 000000204010d00f 0000100010000000 040d005800000007 0000000040108000
                V=1 Config=7 S1ContextPtr=0x204010d000 EATS=1 SHCFG=1 S2VMID=7 S2T0SZ=0x18 S2SL0=1 \
            S2PS=5 S2AA64=1 S2R=1 S2TTB=0x40108000
                stage 2 level 1 at 0x40108408: 000000004010b003 table -> 0x4010b000
                stage 2 level 2 at 0x4010b000: 000000004010c003 table -> 0x4010c000
                stage 2 level 3 at 0x4010c868: 000000004010d4ff page -> 0x4010d000, S2AP=RW XN=0 \
            AF=1 MemAttr=15
            CD at 0x4010d000: 0001e205c0000010 000000204010a000 0000000000000000 0000000000000000
                T0SZ=0x10 EPD1=1 V=1 IPS=5 AA64=1 R=1 A=1 ASET=1 ASID=1 TTB0=0x204010a000
                stage 2 level 1 at 0x40108408: 000000004010b003 table -> 0x4010b000
                stage 2 level 2 at 0x4010b000: 000000004010c003 table -> 0x4010c000
                stage 2 level 3 at 0x4010c850: 000000004010a4ff page -> 0x4010a000, S2AP=RW XN=0 \
            AF=1 MemAttr=15
            stage 1 level 0 at 0x4010a7f8: 000000204010e003 table -> 0x204010e000
                stage 2 level 1 at 0x40108408: 000000004010b003 table -> 0x4010b000
                stage 2 level 2 at 0x4010b000: 000000004010c003 table -> 0x4010c000
                stage 2 level 3 at 0x4010c870: 000000004010e4bf page -> 0x4010e000, S2AP=W XN=0 \
            AF=1 MemAttr=15
            rule: stage 2 for the fetch of a stage 1 descriptor, IPA 0x204010efe0: the level 3 leaf \
            does not permit it: S2AP[0] is 0: no read. STE.S2R is 1, S2S is 0
            result: aborted
            event: F_PERMISSION 0000000500000013 0000118000000000 00007fff12345008 000000204010e000
                ID=0x13 SSV=0 SubstreamID=0 StreamID=5 STAG=0 Stall=0 PnU=0 InD=0 RnW=0 S2=1 \
            Class=1 TTRnW=1 InputAddr=0x7fff12345008 IPA=0x204010e000
            configuration cache: holds nothing of the stream
            TLB: holds nothing for this address
            """);
  }

  @Test
  void levelsOfStreamAndContextTablesAreShown() {
    BareGuest guest = new BareGuest(BareGuest.smallCaches());
    guest.prepare();
    long entries = guest.allocate(64 * 64);
    long level1 = guest.allocate(64);
    long contexts = guest.allocate(64 * 64);
    long level1Contexts = guest.allocate(64);
    guest.store(level1, new Structure("l1std", 1).set("span", 7).set("l2ptr", entries));
    guest.store(level1Contexts, new Structure("l1cd", 1).set("v", 1).set("l2ptr", contexts));
    guest.store(
        entries + 64 * 5,
        BareGuest.translatingSte(level1Contexts).with("s1fmt=1 s1cdmax=7 s1dss=2"));
    guest.writeRegister64("STRTAB_BASE", level1);
    guest.writeRegister("STRTAB_BASE_CFG", 1 << 16 | 6 << 6 | 8);
    guest.writeRegister("CR0", 0b1_1111);

    String hex = Long.toHexString(entries);
    assertThat(explain(guest, ask(3, VA, "read")))
        .contains("L1STD at 0x" + Long.toHexString(level1) + ": 00000000" + hex.substring(0, 7))
        .contains("    Span=7 L2Ptr=0x" + hex + "\n")
        .contains("    V=1 L2Ptr=0x" + Long.toHexString(contexts) + "\n")
        .contains("CD at 0x" + Long.toHexString(contexts + 64 * 3) + ": ")
        .contains("    all fields are 0\nrule: the CD is ILLEGAL: V is 0\n")
        .contains("event: C_BAD_CD ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "4  | -1 | the STE is ILLEGAL: V is 0 | C_BAD_STE",
        "5  |  3 | the PASID has no CD: the stream takes none, it is beyond S1CDMax, or its L1CD is"
            + " not valid | C_BAD_SUBSTREAMID",
        "6  | -1 | STE.Config is 0b0xx: everything is refused, without an event | none",
        "7  | -1 | no stage translates: STE.Config or S1DSS says bypass | none",
        "8  | -1 | the CD is ILLEGAL: AA64 is 0, but IDR0.TTF has AArch64 tables only | C_BAD_CD",
        "999| -1 | the StreamID has no STE: it is beyond the table, or its L1STD does not span it"
            + " | C_BAD_STREAMID"
      })
  void configurationSaysWhatIsWrongWithIt(int streamId, int pasid, String rule, String event) {
    BareGuest guest = BareGuest.up();
    guest.translatingStream(5, 1);
    guest.storeSte(6, BareGuest.ste(0));
    guest.storeSte(7, BareGuest.ste(0b100));
    long context = guest.allocate(64);
    guest.store(context, BareGuest.cd(1, PA).set("aa64", 0));
    guest.storeSte(8, BareGuest.translatingSte(context));

    assertThat(rule(guest, ask(streamId, pasid, 0x1000, "read"))).isEqualTo(rule);
    assertThat(line(guest, ask(streamId, pasid, 0x1000, "read"), "event: ")).startsWith(event);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | valid=0 | read | the level 3 descriptor is invalid: bit 0 is 0",
        "'' | table=0 | read | the level 3 descriptor is invalid: 0b01 is reserved at this level",
        "'' | af=0 | read | AF is 0 in the level 3 leaf, and so are CD.HA and AFFD",
        "ips=0 | address=0x100000000 | read | the address in the level 3 descriptor is beyond the"
            + " effective CD.IPS",
        "t0sz=20 | '' | read | the address is outside of the 44 bits (64 - T0SZ) of TTB0",
        "epd0=1 | '' | read | CD.EPD0 is 1: TTB0 is not walked",
        "e0pd0=1 | '' | read | CD.E0PD0 is 1: unprivileged accesses to this half fault",
        "'' | ap1=0 | read | the level 3 leaf does not permit it: AP[1] is 0: no unprivileged"
            + " access",
        "'' | ap2=1 | write | the level 3 leaf does not permit it: AP[2] is 1: read-only",
        "'' | ap2=1 ap1=0 | privileged write | the level 3 leaf does not permit it: AP[2] is 1:"
            + " read-only",
        "pan=1 | '' | privileged read | the level 3 leaf does not permit it: CD.PAN is 1 and AP[1]"
            + " is 1: no privileged data access",
        "'' | uxn=1 | execute | the level 3 leaf does not permit it: UXN (XN) is 1",
        "'' | ap1=0 pxn=1 | privileged execute | the level 3 leaf does not permit it: PXN is 1",
        "'' | '' | privileged execute | the level 3 leaf does not permit it: what is writable"
            + " unprivileged is never executed privileged",
        "wxn=1 | '' | execute | the level 3 leaf does not permit it: CD.WXN is 1, and the page is"
            + " writable"
      })
  void faultsOfStage1NameTheBitThatCausesThem(
      String context, String leaf, String access, String reason) {
    BareGuest guest = BareGuest.up();
    long root = guest.allocate(4096);
    long cd = guest.allocate(64);
    guest.store(cd, BareGuest.cd(1, root).with(context));
    guest.storeSte(5, BareGuest.translatingSte(cd));
    guest.map(root, VA, 3, BareGuest.page(PA).with(leaf));

    assertThat(rule(guest, ask(NONE, VA, access)))
        .isEqualTo("stage 1: " + reason + ". CD.A is 1, R is 1, S is 0");
  }

  @ParameterizedTest
  @CsvSource({
    "61, APTable[0] is 1 in a table above: no unprivileged access, read",
    "62, APTable[1] is 1 in a table above: read-only, write",
    "60, UXNTable (XNTable) is 1 in a table above, execute"
  })
  void limitsOfATableAboveAreNamed(int bit, String reason, String access) {
    BareGuest guest = BareGuest.up();
    long root = guest.translatingStream(5, 1);
    guest.map(root, VA, PA);
    long slot = BareGuest.descriptorAddress(root, VA, 0);
    guest.store(slot, guest.load(slot) | 1L << bit);
    assertThat(rule(guest, ask(NONE, VA, access))).contains("does not permit it: " + reason + ".");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "s2ap=1 | write | S2AP[1] is 0: no write",
        "xn=2 | execute | XN[1:0] is 0b10",
        "af=0 | read | AF is 0 in the level 3 leaf, and so are STE.S2HA and S2AFFD",
        "valid=0 | read | the level 3 descriptor is invalid: bit 0 is 0"
      })
  void faultsOfStage2NameTheBitAndTheIntermediateAddress(
      String leaf, String access, String reason) {
    TwoStages two = new TwoStages();
    two.edit("s2pte", two.stage2.slot(TwoStages.IPA, 3), leaf);
    assertThat(rule(two.guest, ask(NONE, VA, access)))
        .startsWith("stage 2 for the input, IPA 0x123456000: ")
        .endsWith(reason + ". STE.S2R is 1, S2S is 0");
  }

  @ParameterizedTest
  @CsvSource({"4, 16, 0", "16, 17, 1", "64, 16, 1"})
  void aBlockWhereTheGranuleHasNoneNamesTheGranuleInItsUnit(int kib, int t0sz, int level) {
    BareGuest guest = BareGuest.up(BareGuest.smallCaches());
    long root = guest.allocate(1L << 16);
    for (int slot = 0; slot < 1 << 13; slot++) {
      guest.store(root + 8L * slot, PA | 1);
    }
    long cd = guest.allocate(64);
    int tg0 = kib == 4 ? 0 : kib == 64 ? 1 : 2;
    guest.store(cd, BareGuest.cd(1, root).set("t0sz", t0sz).set("tg0", tg0));
    guest.storeSte(5, BareGuest.translatingSte(cd));

    assertThat(rule(guest, ask(NONE, 0x1000, "read")))
        .startsWith(
            "stage 1: the level "
                + level
                + " descriptor is invalid: there are no blocks at this level with granule "
                + kib
                + " KiB. ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "read | CR0.SMMUEN is 0 and GBPA.ABORT is 0: every transaction passes | none",
        "ats | CR0.SMMUEN is 0: translation requests are denied | F_BAD_ATS_TREQ",
        "translated | CR0.SMMUEN is 0: translated transactions are forbidden | F_TRANSL_FORBIDDEN"
      })
  void whileTheSmmuIsDisabledNoTableCounts(String what, String rule, String event) {
    BareGuest guest = BareGuest.up();
    guest.translatingStream(5, 1);
    guest.writeRegister("CR0", 0b1_1110);
    assertThat(rule(guest, ask(NONE, VA, what))).isEqualTo(rule);
    assertThat(line(guest, ask(NONE, VA, what), "event: ")).startsWith(event);
  }

  @Test
  void gbpaAbortsWhileTheSmmuIsDisabled() {
    BareGuest guest = BareGuest.up();
    guest.writeRegister("CR0", 0);
    guest.writeRegister("GBPA", 1L << 31 | 1 << 20);
    assertThat(rule(guest, ask(NONE, VA, "read"))).contains("GBPA.ABORT is 1: every transaction");
    assertThat(line(guest, ask(NONE, VA, "read"), "result: ")).isEqualTo("aborted");
  }

  @Test
  void aStreamThatMayStallDoesAndOneOfPcieDoesNot() {
    BareGuest guest =
        BareGuest.up(BareGuest.smallCaches().change(f -> f.platformStreams(Set.of(5))));
    long cd = guest.allocate(64);
    guest.store(cd, BareGuest.cd(1, guest.allocate(4096)).set("s", 1));
    guest.storeSte(5, BareGuest.translatingSte(cd));
    guest.storeSte(6, BareGuest.translatingSte(cd));

    assertThat(explain(guest, ask(5, NONE, VA, "read")))
        .contains("result: stalls until CMD_RESUME or CMD_STALL_TERM\n", " Stall=1 ");
    assertThat(explain(guest, ask(6, NONE, VA, "read")))
        .contains("S is 1, but streams of PCIe never stall\nresult: aborted\n", " Stall=0 ");
    assertThat(guest.smmu.counters().of(SmmuCounter.STALLS)).isZero();
    guest.submit(Structure.command("RESUME").set("stream", 5).set("stag", 0));
    guest.run();
    assertThat(guest.outputs.resumed).isEmpty();
  }

  @Test
  void streamsWithStage2AloneShowItsTlb() {
    TwoStages two = new TwoStages();
    two.stream("config=6");
    Question question = ask(NONE, TwoStages.IPA + 8, "read");
    assertThat(line(two.guest, question, "TLB of stage 2: "))
        .isEqualTo("holds nothing for this address");
    assertThat(two.read(TwoStages.IPA)).isEqualTo(PA);
    assertThat(line(two.guest, question, "TLB of stage 2: "))
        .isEqualTo(
            "holds this address -> 0x48000008, 4 KiB, unprivileged RWX, privileged RWX: permits the"
                + " access");
  }

  @Test
  void anExplanationChangesNoMemoryNoCacheNoQueueAndNoCount() {
    BareGuest guest = BareGuest.up();
    long root = guest.allocate(4096);
    long cd = guest.allocate(64);
    guest.store(cd, BareGuest.cd(1, root).with("ha=1 hd=1"));
    guest.storeSte(5, BareGuest.translatingSte(cd));
    guest.map(root, VA, 3, BareGuest.page(PA).with("af=0 ap2=1 dbm=1"));
    guest.map(root, VA + 0x1000, PA + 0x1000);
    guest.map(root, VA + 0x2000, PA + 0x2000);
    // Two entries are all that the TLB holds: the first one is the next to go.
    guest.read(5, NONE, VA + 0x1000);
    guest.read(5, NONE, VA + 0x2000);
    long[] memory = guest.tables();
    SmmuCounters counters = guest.smmu.counters();

    for (String what : new String[] {"write", "read", "ats write", "translated", "execute"}) {
      for (long address = VA; address < VA + 0x4000; address += 0x1000) {
        guest.smmu.explain(ask(NONE, address, what));
        guest.smmu.explain(ask(4, NONE, address, what));
      }
      guest.smmu.explain(ask(NONE, VA + 0x1000, what));
    }

    assertThat(explain(guest, ask(NONE, VA, "write")))
        .contains("hardware would store this: access flag or dirty state");
    assertThat(guest.tables()).isEqualTo(memory);
    assertThat(guest.smmu.counters()).isEqualTo(counters);
    assertThat(guest.takeEvents()).isEmpty();
    assertThat(guest.activeErrors()).isZero();
    assertThat(guest.access(5, NONE, VA, true)).isEqualTo(Outcome.TRANSLATED);
    guest.map(root, VA + 0x1000, PA);
    guest.map(root, VA + 0x2000, PA);
    assertThat(guest.read(5, NONE, VA + 0x2000)).as("still cached").isEqualTo(PA + 0x2000);
    assertThat(guest.read(5, NONE, VA + 0x1000)).as("evicted").isEqualTo(PA);
  }
}
