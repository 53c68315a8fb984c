package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The commands beyond QEMU's, on the machine with everything on. */
class ExtensionCommandsTest extends DrivenMachine {
  private static final int SID = 0x40;

  /** Outside of PCIe, and the only streams that may stall. */
  private static final int PLATFORM = 0x10000;

  private static final long IOVA = 0x0ab0_0000L;
  private static final long PAGE = 0x4020_0000L;
  private static final int ASID = 7;
  private static final int CR0 = 0x20;
  private static final int CR2 = 0x2c;
  private static final int PTM = 1 << 2;

  private static final long READ = 1;
  private static final long WRITE = 1 << 1;
  private static final long EXECUTE = 1 << 3;
  private static final long PRIVILEGED = 1 << 4;

  private Harness begin() throws Exception {
    Harness harness = startFile("bare.yaml");
    harness.bringUp();
    harness.translate(SID);
    harness.map(IOVA, PAGE);
    return harness;
  }

  /** Two contexts with the same tables; transactions without PASID use the first. */
  private static void addPasid(Harness harness) throws Exception {
    long entry = Harness.STREAM_TABLE + 64L * SID;
    long first = harness.number("readq 0x%x", entry);
    long second = harness.number("readq 0x%x", entry + 8);
    harness.perform("writeq 0x%x 0x%x", entry, first | 1L << 59);
    harness.perform("writeq 0x%x 0x%x", entry + 8, second | 2);
    for (int word = 0; word < 2; word++) {
      long value = harness.number("readq 0x%x", Harness.CONTEXT + 8L * word);
      harness.perform("writeq 0x%x 0x%x", Harness.CONTEXT + 64 + 8L * word, value);
    }
  }

  /** A leaf descriptor of the page of {@link #IOVA}, past all caches. */
  private static void leaf(Harness harness, int page, long descriptor) throws Exception {
    long table = Harness.TABLES + 0x3000 + 8 * (IOVA >> 12 & 511);
    harness.perform("writeq 0x%x 0x%x", table + 8L * page, descriptor);
  }

  private static String entries(long... entries) {
    StringBuilder answer = new StringBuilder("OK");
    for (long entry : entries) {
      answer.append(String.format(" 0x%016x", entry));
    }
    return answer.toString();
  }

  @Test
  void aTranslationRequestIsAnsweredWithAnEntryForEachPage() throws Exception {
    Harness harness = begin();
    leaf(harness, 1, (PAGE + 0x7000) | 0xc43);
    leaf(harness, 2, (PAGE + 0x3000) | 0xcc3);

    assertThat(harness.ask("smmu_ats 0x40 - 0xab00000 4"))
        .as("two writable pages and a read-only one; the completion ends where no page is")
        .isEqualTo(
            entries(PAGE | READ | WRITE, PAGE + 0x7000 | READ | WRITE, PAGE + 0x3000 | READ));
    assertThat(harness.ask("smmu_ats 0x40 - 0xab03000 1")).isEqualTo(entries(0));
    assertThat(harness.ask("smmu_ats 0x41 - 0xab00000 1")).as("no STE").isEqualTo("FAIL CA");
    harness.perform("writeq 0x%x 1", Harness.STREAM_TABLE + 64 * (SID + 2));
    assertThat(harness.ask("smmu_ats 0x42 - 0xab00000 1")).as("Config 0").isEqualTo("FAIL UR");
    assertThat(harness.ask("smmu_read 0x40 - 0x40203000 1 translated")).isEqualTo("OK 0x00");
  }

  @Test
  void privilegeAndExecutionAreAskedForWithAPasid() throws Exception {
    Harness harness = begin();
    addPasid(harness);
    leaf(harness, 1, (PAGE + 0x1000) | 0xc03);

    assertThat(harness.ask("smmu_ats 0x40 0x1 0xab00000 1 exec"))
        .isEqualTo(entries(PAGE | READ | WRITE | EXECUTE));
    assertThat(harness.ask("smmu_ats 0x40 0x1 0xab00000 1 priv exec"))
        .as("privileged software must not execute what others can write")
        .isEqualTo(entries(PAGE | READ | WRITE | PRIVILEGED));
    assertThat(harness.ask("smmu_ats 0x40 0x1 0xab01000 1")).isEqualTo(entries(0));
    assertThat(harness.ask("smmu_ats 0x40 0x1 0xab01000 1 nw priv"))
        .as("no write is asked for, none is granted")
        .isEqualTo(entries(PAGE + 0x1000 | READ | PRIVILEGED));
    assertThat(harness.ask("smmu_read 0x40 0x1 0xab01000 1")).isEqualTo("FAIL UR");
    assertThat(harness.ask("smmu_read 0x40 0x1 0xab01000 1 priv exec")).isEqualTo("OK 0x00");
    assertThat(harness.ask("smmu_write 0x40 0x1 0xab01000 1 0x5a priv")).isEqualTo("OK");
    assertThat(harness.ask("readb 0x40201000")).isEqualTo("OK 0x000000000000005a");
  }

  @Test
  void pageRequestGroupsAreAnsweredBySoftware() throws Exception {
    Harness harness = begin();
    harness.perform("smmu_page_request 0x40 - 0xab05000 9 r");
    harness.perform("smmu_page_request 0x40 - 0xab06000 9 w last");
    assertThat(harness.readRegister(0x100c8)).as("PRIQ_PROD").isEqualTo(2);
    assertThat(harness.takeLines()).isEmpty();

    harness.command(0x41 | (long) SID << 32, 9 | 2L << 12);
    harness.command(0x41 | (long) SID << 32, 10 | 1L << 12);
    harness.command(0x41 | 1 << 11 | 3 << 12 | (long) SID << 32, 11);

    assertThat(harness.takeLines())
        .as("success, invalid request, failure")
        .containsExactly("PRG 0x40 - 9 0", "PRG 0x40 - 10 1", "PRG 0x40 0x3 11 15");
  }

  @Test
  void theSmmuAnswersPageRequestsThatItCannotQueue() throws Exception {
    Harness harness = begin();
    for (int i = 0; i < 16; i++) {
      harness.perform("smmu_page_request 0x40 - 0x%x 1 r", IOVA);
    }
    harness.perform("smmu_page_request 0x40 - 0xab00000 2 r");
    assertThat(harness.takeLines()).as("only the last of a group has an answer").isEmpty();
    harness.perform("smmu_page_request 0x40 0x5 0xab00000 2 r last");
    assertThat(harness.takeLines()).as("overflow").containsExactly("PRG 0x40 0x5 2 0");

    harness.writeRegister(CR0, 0b1_1101);
    harness.perform("smmu_page_request 0x40 - 0xab00000 3 r");
    assertThat(harness.takeLines()).as("queue off").containsExactly("PRG 0x40 - 3 15");
  }

  @Test
  void invalidationsEndOneByOneOrTimeOutTogetherWithTime() throws Exception {
    Harness harness = begin();
    harness.perform("irq_intercept_out smmu");
    harness.command(0x40 | 1 << 9 | 1 << 11 | 5 << 12 | (long) SID << 32, IOVA | 1);
    harness.command(0x40 | (long) (SID + 1) << 32, IOVA);
    harness.command(0x46, 0);
    assertThat(harness.takeLines())
        .containsExactly(
            "ATC_INV 0 0x40 0x5 0xab00000 0x2000 global", "ATC_INV 1 0x41 - 0xab00000 0x1000");
    harness.perform("atc_inv_done 1");
    assertThat(harness.allCommandsDone()).isFalse();

    assertThat(harness.number("clock_step 60000000000")).isEqualTo(60_000_000_000L);

    assertThat(harness.takeLines()).containsExactly("IRQ raise 3", "IRQ lower 3");
    assertThat(harness.readRegister(Harness.CMDQ_CONS)).as("at the SYNC").isEqualTo(3 << 24 | 2);
    harness.writeRegister(0x64, 1);
    assertThat(harness.allCommandsDone()).as("acknowledged, the SYNC goes on").isTrue();
  }

  @Test
  void nothingIsWaitedForAfterAReset() throws Exception {
    Harness harness = begin();
    for (int i = 0; i < 64; i++) {
      harness.command(0x40 | (long) SID << 32, IOVA);
    }
    harness.perform("reset");
    harness.bringUp();
    harness.command(0x46, 0);
    assertThat(harness.allCommandsDone()).isTrue();
    harness.number("clock_step 2000000000");
    harness.command(0x46, 0);
    assertThat(harness.allCommandsDone()).as("no time-out comes late").isTrue();
    assertThat(harness.ask("atc_inv_done 0")).startsWith("FAIL");
  }

  @Test
  void aSyncCanSendAnEventToTheCpus() throws Exception {
    Harness harness = begin();
    harness.command(0x40 | (long) SID << 32, IOVA);
    harness.command(0x46 | 2 << 12, 0);
    assertThat(harness.takeLines()).containsExactly("ATC_INV 0 0x40 - 0xab00000 0x1000");
    harness.perform("atc_inv_done 0");
    assertThat(harness.takeLines()).containsExactly("SEV");
  }

  @Test
  void maintenanceOfCpusReachesSharedAsidsWhenTheSmmuTakesPart() throws Exception {
    Harness harness = begin();
    harness.perform("writeb 0x%x 1", PAGE);
    harness.perform("writeb 0x%x 2", PAGE + 0x1000);
    share(harness, true);
    participate(harness, false);
    assertThat(harness.ask("smmu_read 0x40 - 0xab00000 1")).isEqualTo("OK 0x01");
    leaf(harness, 0, (PAGE + 0x1000) | 0xc43);

    harness.perform("cpu_tlbi %d 0x%x", ASID, IOVA);
    assertThat(harness.ask("smmu_read 0x40 - 0xab00000 1")).as("no part").isEqualTo("OK 0x01");
    participate(harness, true);
    harness.perform("cpu_tlbi 8 0x%x", IOVA);
    assertThat(harness.ask("smmu_read 0x40 - 0xab00000 1")).as("others").isEqualTo("OK 0x01");
    harness.perform("cpu_tlbi %d 0x%x leaf", ASID, IOVA);
    assertThat(harness.ask("smmu_read 0x40 - 0xab00000 1")).isEqualTo("OK 0x02");
  }

  @Test
  void eachFormOfCpuMaintenanceDropsTheTranslation() throws Exception {
    Harness harness = begin();
    share(harness, true);
    participate(harness, true);
    int value = 0;
    for (String scope : new String[] {"7 0xab00000", "7 -", "- 0xab00000 leaf", "- -"}) {
      harness.perform("writeb 0x%x %d", PAGE + 0x1000L * (value & 1), value);
      leaf(harness, 0, (PAGE + 0x1000L * (value & 1)) | 0xc43);
      harness.perform("cpu_tlbi " + scope);
      assertThat(harness.ask("smmu_read 0x40 - 0xab00000 1")).as(scope).isEqualTo("OK 0x0" + value);
      value++;
    }
    share(harness, false);
    harness.command(0x03 | (long) SID << 32, 0);
    harness.command(0x12 | (long) ASID << 48, IOVA);
    assertThat(harness.ask("smmu_read 0x40 - 0xab00000 1")).isEqualTo("OK 0x03");
    leaf(harness, 0, PAGE | 0xc43);
    harness.perform("cpu_tlbi 7 -");
    assertThat(harness.ask("smmu_read 0x40 - 0xab00000 1")).as("ASET").isEqualTo("OK 0x03");
  }

  /** CD.ASET, and the configuration cache forgets the CD. */
  private static void share(Harness harness, boolean shared) throws Exception {
    long context = harness.number("readq 0x%x", Harness.CONTEXT) & ~(1L << 47);
    harness.perform("writeq 0x%x 0x%x", Harness.CONTEXT, context | (shared ? 0 : 1L << 47));
    harness.command(0x06 | (long) SID << 32, 0);
  }

  /** CR2.PTM can be written while the SMMU is off; its TLB stays as it is. */
  private static void participate(Harness harness, boolean yes) throws Exception {
    harness.writeRegister(CR0, 0b1_1110);
    harness.writeRegister(CR2, (yes ? 0 : PTM) | 1 << 1);
    harness.writeRegister(CR0, 0b1_1111);
  }

  @Test
  void stalledTransactionsAreRetriedTerminatedOrAborted() throws Exception {
    Harness harness = beginStalling();
    assertThat(harness.ask("smmu_read 0x10000 - 0xab01000 2")).isEqualTo("OK STALLED 1");
    assertThat(harness.ask("smmu_read 0x10000 - 0xab02000 2")).isEqualTo("OK STALLED 2");
    assertThat(harness.ask("smmu_write 0x10000 - 0xab03000 2 0x1234")).isEqualTo("OK STALLED 3");
    assertThat(harness.ask("smmu_read 0x10000 - 0xab04000 2")).isEqualTo("OK STALLED 4");
    assertThat(harness.ask("smmu_read 0x10000 - 0xab00000 2")).as("not this").startsWith("OK 0x");

    resume(harness, 0, 0b01);
    assertThat(harness.takeLines()).as("stalls anew: no page is there").isEmpty();
    assertThat(harness.readRegister(0x100a8)).as("EVENTQ_PROD").isEqualTo(5);
    leaf(harness, 1, (PAGE + 0x1000) | 0xc43);
    resume(harness, 4, 0b01);
    assertThat(harness.takeLines()).as("retry").containsExactly("DONE 1 OK 0xcdab");
    resume(harness, 1, 0b00);
    assertThat(harness.takeLines()).as("terminate").containsExactly("DONE 2 OK 0x0000");
    resume(harness, 2, 0b00);
    assertThat(harness.takeLines()).as("write ignored").containsExactly("DONE 3 OK");
    resume(harness, 3, 0b10);
    assertThat(harness.takeLines()).as("abort").containsExactly("DONE 4 FAIL abort");
    resume(harness, 3, 0b10);
    assertThat(harness.takeLines()).as("once").isEmpty();
  }

  @Test
  void stalledTransactionsOfAStreamOrOfAllAreAborted() throws Exception {
    Harness harness = beginStalling();
    assertThat(harness.ask("smmu_read 0x10000 - 0xab01000 1")).isEqualTo("OK STALLED 1");
    assertThat(harness.ask("smmu_read 0x10001 - 0xab01000 1")).isEqualTo("OK STALLED 2");
    harness.command(0x45 | (long) PLATFORM << 32, 0);
    assertThat(harness.takeLines()).containsExactly("DONE 1 FAIL abort");
    harness.perform("reset");
    assertThat(harness.takeLines()).containsExactly("DONE 2 FAIL abort");
  }

  /** A stream table of two levels, as the platform's streams are far up; CD.S is set. */
  private Harness beginStalling() throws Exception {
    Harness harness = startFile("bare.yaml");
    harness.perform("writeq 0x40300800 0x%x", Harness.STREAM_TABLE | 9);
    harness.bringUp();
    harness.writeRegister(CR0, 0b1_1110);
    harness.perform("writeq 0x%x 0x40300000", Harness.SMMU + 0x80);
    harness.writeRegister(0x88, 1 << 16 | 8 << 6 | 17);
    harness.writeRegister(CR0, 0b1_1111);
    harness.translate(0);
    harness.translate(1);
    long context = harness.number("readq 0x%x", Harness.CONTEXT);
    harness.perform("writeq 0x%x 0x%x", Harness.CONTEXT, context | 1L << 44);
    harness.map(IOVA, PAGE);
    harness.perform("writew 0x%x 0xabcd", PAGE + 0x1000);
    return harness;
  }

  private static void resume(Harness harness, int record, int action) throws Exception {
    long tag = harness.number("readw 0x%x", Harness.EVENTS + 32L * record + 8);
    harness.command(0x44 | (long) action << 12 | (long) PLATFORM << 32, tag);
  }
}
