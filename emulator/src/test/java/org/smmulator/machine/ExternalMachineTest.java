package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What a harness does with the machine. */
class ExternalMachineTest extends DrivenMachine {
  private static final int SID = EDU_SID;

  /** A stream without a device. */
  private static final int BARE = 0x40;

  private static final long IOVA = 0x0ab0_0000L;
  private static final long PAGE = 0x4020_0000L;
  private static final long EDU = 0x1000_0000L;

  @Test
  void aHarnessProgramsTheSmmuWithRawNumbersAndReadsTheResult() throws Exception {
    Harness harness = startBare();
    harness.bringUp();
    harness.translate(SID);
    harness.map(IOVA, PAGE);
    harness.perform("writeq 0x%x 0x1122334455667788", PAGE + 0x10);

    assertThat(harness.ask("smmu_read 0x20 - 0xab00010 8")).isEqualTo("OK 0x8877665544332211");
    assertThat(harness.ask("smmu_write 0x20 - 0xab00012 3 0xabcdef")).isEqualTo("OK");
    assertThat(harness.ask("read 0x40200010 8")).isEqualTo("OK 0x8877abcdef332211");
    assertThat(harness.ask("smmu_read 0x20 - 0xab01000 1")).isEqualTo("FAIL UR");
    assertThat(harness.number("readq 0x%x", Harness.EVENTS) & 0xff)
        .as("F_TRANSLATION")
        .isEqualTo(0x10);
    assertThat(harness.number("readl 0x%x", Harness.EVENTS + 4)).as("StreamID").isEqualTo(SID);
  }

  @Test
  void aWholePageIsOneTransactionAndMoreIsRefused() throws Exception {
    Harness harness = startBare();
    harness.perform("memset 0x40200000 4096 0x5a");

    assertThat(harness.ask("smmu_read 1 - 0x40200000 4096")).isEqualTo("OK 0x" + "5a".repeat(4096));
    assertThat(harness.ask("smmu_read 1 - 0x40200001 4096"))
        .startsWith("ERR 4096 bytes at 0x40200001 cross a page of 4 KiB");
    assertThat(harness.ask("smmu_read 1 - 0x40200000 4097")).startsWith("ERR SIZE is 4097");
    assertThat(harness.ask("smmu_read 1 - 0x40200000 0")).startsWith("ERR SIZE is 0");
  }

  @Test
  void whereNoMemoryAnswersATransactionIsACompleterAbort() throws Exception {
    Harness harness = startBare();
    assertThat(harness.ask("smmu_read 1 - 0x1000 4")).isEqualTo("FAIL CA");
    assertThat(harness.ask("smmu_write 1 - 0x1000 4 0x00")).isEqualTo("FAIL CA");
  }

  @Test
  void anInjectedWriteToTheMsiFrameIsAnInterrupt() throws Exception {
    Harness harness = startBare();
    harness.perform("irq_intercept_in gic");
    harness.perform("smmu_write 1 - 0x08020040 4 0x53000000");
    assertThat(harness.takeLines()).containsExactly("IRQ raise 51", "IRQ lower 51");
    harness.perform("writel 0x08020040 80");
    assertThat(harness.takeLines()).containsExactly("IRQ raise 48", "IRQ lower 48");
  }

  @Test
  void theWiredLinesComeInTheOrderOfQemuBeforeTheAnswerOfTheirCause() throws Exception {
    Harness harness = startBare();
    harness.bringUp();
    harness.translate(BARE);
    harness.ask("smmu_read 0x40 - 0xab00000 4");
    assertThat(harness.takeLines()).as("not asked for").isEmpty();
    harness.perform("irq_intercept_out smmu");

    harness.ask("smmu_read 0x40 - 0xab00000 4");
    assertThat(harness.takeLines()).as("event").isEmpty();
    harness.writeRegister(0x100ac, harness.readRegister(0x100a8));
    harness.ask("smmu_read 0x40 - 0xab00000 4");
    assertThat(harness.takeLines()).as("event").containsExactly("IRQ raise 0", "IRQ lower 0");
    harness.perform("smmu_page_request 0x40 - 0xab00000 3 r last");
    assertThat(harness.takeLines()).as("PRI").containsExactly("IRQ raise 1", "IRQ lower 1");
    harness.command(0x46 | 1 << 12, 0);
    assertThat(harness.takeLines()).as("sync").containsExactly("IRQ raise 2", "IRQ lower 2");
    harness.command(0xff, 0);
    assertThat(harness.takeLines()).as("gerror").containsExactly("IRQ raise 3", "IRQ lower 3");
    assertThat(harness.ask("irq_intercept_in gic")).isEqualTo("FAIL IRQ intercept already enabled");
    assertThat(harness.ask("irq_intercept_out smmu")).isEqualTo("OK");
    assertThat(harness.ask("irq_intercept_out /machine/uart")).startsWith("FAIL Unknown device");
  }

  @Test
  void aSyncWaitsForTheInvalidationsThatTheHarnessHasNotCompleted() throws Exception {
    Harness harness = startBare();
    harness.bringUp();
    harness.translate(BARE);
    harness.map(IOVA, PAGE);
    assertThat(harness.ask("smmu_ats 0x40 - 0xab00000 1"))
        .isEqualTo(String.format("OK 0x%016x", PAGE | 0b11));
    assertThat(harness.ask("smmu_read 0x40 - 0x40200000 1 translated")).isEqualTo("OK 0x00");

    harness.command(0x40 | (long) BARE << 32, IOVA);
    assertThat(harness.takeLines()).containsExactly("ATC_INV 0 0x40 - 0xab00000 0x1000");
    harness.command(0x46, 0);
    assertThat(harness.allCommandsDone()).isFalse();
    assertThat(harness.ask("atc_inv_done 1")).startsWith("FAIL");
    harness.perform("atc_inv_done 0");

    assertThat(harness.allCommandsDone()).isTrue();
    assertThat(harness.ask("atc_inv_done 0")).as("once only").startsWith("FAIL");
  }

  @Test
  void anInvalidationLeftAloneTimesOutInVirtualTime() throws Exception {
    Harness harness = startBare();
    harness.bringUp();
    harness.command(0x40 | 1 << 11 | 5 << 12 | (long) BARE << 32, 52);
    assertThat(harness.takeLines()).containsExactly("ATC_INV 0 0x40 0x5 0x0 0x10000000000000000");
    harness.command(0x46, 0);
    harness.perform("irq_intercept_out smmu");

    assertThat(harness.number("clock_step 59999999999")).isEqualTo(59_999_999_999L);
    assertThat(harness.takeLines()).isEmpty();
    assertThat(harness.number("clock_step")).isEqualTo(60_000_000_000L);

    assertThat(harness.takeLines()).containsExactly("IRQ raise 3", "IRQ lower 3");
    assertThat(harness.readRegister(Harness.CMDQ_CONS) >> 24)
        .as("CERROR_ATC_INV_SYNC")
        .isEqualTo(3);
    assertThat(harness.ask("atc_inv_done 0")).startsWith("FAIL");
  }

  @Test
  void theTagOfAnInvalidationGivenUpIsOutOfUseUntilItsAnswerComes() throws Exception {
    Harness harness = startBare();
    harness.bringUp();
    harness.command(0x40 | (long) BARE << 32, 52);
    assertThat(harness.takeLines()).containsExactly("ATC_INV 0 0x40 - 0x0 0x10000000000000000");
    harness.number("clock_step");
    for (int i = 0; i < 31; i++) {
      harness.command(0x40 | (long) BARE << 32, 52);
    }
    assertThat(harness.takeLines()).hasSize(31).noneMatch(line -> line.startsWith("ATC_INV 0 "));
    harness.command(0x40 | (long) BARE << 32, 52);
    assertThat(harness.takeLines()).as("waits for a tag").isEmpty();
    assertThat(harness.ask("atc_inv_done 0")).as("nobody waits for it").startsWith("FAIL");
    assertThat(harness.takeLines()).containsExactly("ATC_INV 0 0x40 - 0x0 0x10000000000000000");
  }

  @Test
  void invalidationsBeyondThirtyTwoWaitForATag() throws Exception {
    Harness harness = startBare();
    harness.bringUp();
    for (int i = 0; i < 33; i++) {
      harness.command(0x40 | (long) (BARE + i) << 32, 52);
    }
    assertThat(harness.takeLines())
        .hasSize(32)
        .endsWith("ATC_INV 31 0x5f - 0x0 0x10000000000000000");
    harness.perform("atc_inv_done 7");
    assertThat(harness.takeLines()).containsExactly("ATC_INV 7 0x60 - 0x0 0x10000000000000000");
  }

  @Test
  void pageRequestsReachTheirQueueAndResponsesTheHarness() throws Exception {
    Harness harness = startBare();
    harness.bringUp();
    harness.translate(BARE);
    harness.perform("smmu_page_request 0x40 0x5 0xab01234 77 w x priv last");
    long low = harness.number("readq 0x%x", Harness.PAGE_REQUESTS);
    long high = harness.number("readq 0x%x", Harness.PAGE_REQUESTS + 8);
    assertThat(low & 0xffff_ffffL).as("StreamID").isEqualTo(BARE);
    assertThat(low >>> 32 & 0xf_ffff).as("SubstreamID").isEqualTo(5);
    assertThat(high).as("address and PRGI").isEqualTo(0xab0_1000L | 77);

    harness.command(0x41 | 1 << 11 | 5 << 12 | (long) BARE << 32, 77 | 2L << 12);

    assertThat(harness.takeLines()).hasSize(1).first().asString().startsWith("PRG 0x40 0x5 77 ");
  }

  @Test
  void aTransactionThatStallsIsDoneWhenSoftwareResumesIt() throws Exception {
    Harness harness =
        start(
            "guest: {kind: external, port: 'unix:"
                + folder.resolve("s")
                + ",server=on'}\n"
                + "smmu: {platformStreams: [64, 65]}\n");
    harness.bringUp();
    harness.translate(BARE);
    harness.translate(BARE + 1);
    long context = harness.number("readq 0x%x", Harness.CONTEXT);
    harness.perform("writeq 0x%x 0x%x", Harness.CONTEXT, context | 1L << 44);
    harness.map(IOVA, PAGE);
    harness.perform("writel 0x%x 0x12345678", PAGE + 0x1000);

    assertThat(harness.ask("smmu_read 0x40 - 0xab01000 4")).isEqualTo("OK STALLED 1");
    assertThat(harness.ask("smmu_write 0x41 - 0xab02000 4 0x00")).isEqualTo("OK STALLED 2");
    long first = harness.number("readl 0x%x", Harness.EVENTS + 8);
    long second = harness.number("readl 0x%x", Harness.EVENTS + 32 + 8);
    assertThat(first >>> 31).as("Stall").isEqualTo(1);
    harness.map(IOVA + 0x1000, PAGE + 0x1000);
    harness.command(0x44 | 1 << 12 | (long) BARE << 32, first & 0xffff);
    assertThat(harness.takeLines()).containsExactly("DONE 1 OK 0x78563412");
    harness.command(0x44 | 1 << 13 | (long) (BARE + 1) << 32, second & 0xffff);
    assertThat(harness.takeLines()).containsExactly("DONE 2 FAIL abort");
  }

  @Test
  void aResetIsPowerOnButForMemoryAndTime() throws Exception {
    Harness harness = startBare();
    harness.bringUp();
    harness.enable(SID, EDU);
    harness.perform("writel 0x%x 0x5a5a", EDU + 0x04);
    harness.perform("writel 0x40000000 0x1234");
    harness.command(0x40 | (long) BARE << 32, 52);
    harness.number("clock_step 5");
    harness.takeLines();

    harness.perform("reset");

    assertThat(harness.readRegister(0x20)).as("CR0").isZero();
    assertThat(harness.number("readl 0x%x", Harness.ECAM + (SID << 12) + 0x10)).as("BAR").isZero();
    assertThat(harness.number("readl 0x%x", Harness.ECAM + (SID << 12))).isEqualTo(0x11e8_1234L);
    assertThat(harness.number("readl 0x40000000")).isEqualTo(0x1234);
    assertThat(harness.ask("atc_inv_done 0")).startsWith("FAIL");
    assertThat(harness.number("clock_step")).as("no time-out is left").isEqualTo(5);
    harness.enable(SID, EDU);
    assertThat(harness.number("readl 0x%x", EDU + 0x04)).as("a new edu").isZero();
    assertThat(harness.number("readl 0x090c0000")).as("present").isEqualTo(0xc000_0020L);
  }

  @Test
  void memoryCommandsAnswerAsQemuDoes() throws Exception {
    Harness harness = startBare();
    harness.perform("writeq 0x40000000 0x8877665544332211");
    assertThat(harness.ask("readb 0x40000000")).isEqualTo("OK 0x0000000000000011");
    assertThat(harness.ask("readw 0x40000001")).isEqualTo("OK 0x0000000000003322");
    assertThat(harness.ask("readl 1073741824")).isEqualTo("OK 0x0000000044332211");
    assertThat(harness.ask("readq 010000000000")).isEqualTo("OK 0x8877665544332211");
    assertThat(harness.ask("read 0x40000000 3")).isEqualTo("OK 0x112233");
    assertThat(harness.ask("b64read 0x40000000 3")).isEqualTo("OK ESIz");
    harness.perform("writeb 0x40000000 0x1ff");
    harness.perform("writew 0x40000002 -1");
    harness.perform("writel 0x40000004 0");
    assertThat(harness.ask("readq 0x40000000")).isEqualTo("OK 0x00000000ffff22ff");
    harness.perform("write 0x40000000 4 0xA1b2");
    assertThat(harness.ask("read 0x40000000 4")).isEqualTo("OK 0xa1b20000");
    harness.perform("b64write 0x40000001 2 ESIz");
    assertThat(harness.ask("read 0x40000000 4")).isEqualTo("OK 0xa1112200");
    harness.perform("memset 0x40000000 3 0x7");
    harness.perform("memset 0 0 0");
    assertThat(harness.ask("read 0x40000000 4")).isEqualTo("OK 0x07070700");
    assertThat(harness.ask("endianness")).isEqualTo("OK little");
  }

  @Test
  void registersAnswerToTheirSizesAndRangesInWords() throws Exception {
    Harness harness = startBare();
    harness.perform("writeq 0x09050080 0x40100000");
    assertThat(harness.ask("readq 0x09050080")).isEqualTo("OK 0x0000000040100000");
    assertThat(harness.ask("read 0x09050080 8")).isEqualTo("OK 0x0000104000000000");
    harness.perform("write 0x09050080 8 0x0000204000000000");
    assertThat(harness.ask("readl 0x09050080")).isEqualTo("OK 0x0000000040200000");
  }

  @Test
  void configurationSpaceIsThereForThoseWhoArePlugged() throws Exception {
    Harness harness = startBare();
    long edu = Harness.ECAM + (SID << 12);
    assertThat(harness.number("readl 0x%x", Harness.ECAM)).isEqualTo(0x0008_1b36L);
    assertThat(harness.number("readl 0x%x", edu)).isEqualTo(0x11e8_1234L);
    assertThat(harness.number("readw 0x%x", edu + 2)).isEqualTo(0x11e8);
    assertThat(harness.number("readq 0x%x", edu) & 0xffff_ffffL).isEqualTo(0x11e8_1234L);
    assertThat(harness.number("readl 0x%x", Harness.ECAM + (0x28 << 12))).isEqualTo(0x0005_1b36L);
    assertThat(harness.number("readl 0x%x", Harness.ECAM + (0x30 << 12))).isEqualTo(0xffff_ffffL);
  }

  @Test
  void eduMovesDataThroughTheSmmuAHundredVirtualMillisecondsLater() throws Exception {
    Harness harness = startBare();
    harness.bringUp();
    harness.translate(SID);
    harness.map(IOVA, PAGE);
    harness.enable(SID, EDU);
    assertThat(harness.number("readl 0x%x", EDU)).isEqualTo(0x0100_00edL);
    harness.perform("write 0x40200000 8 0x0123456789abcdef");
    harness.perform("irq_intercept_in gic");

    harness.perform("writeq 0x%x 0x%x", EDU + 0x80, IOVA);
    harness.perform("writeq 0x%x 0x40000", EDU + 0x88);
    harness.perform("writeq 0x%x 8", EDU + 0x90);
    harness.perform("writeq 0x%x 1", EDU + 0x98);
    assertThat(harness.number("clock_step")).isEqualTo(100_000_000L);
    harness.perform("writeq 0x%x 0x40000", EDU + 0x80);
    harness.perform("writeq 0x%x 0x%x", EDU + 0x88, IOVA + 0x100);
    harness.perform("writeq 0x%x 7", EDU + 0x98);
    assertThat(harness.number("clock_set 199999999")).isEqualTo(199_999_999L);
    assertThat(harness.ask("read 0x40200100 8")).isEqualTo("OK 0x0000000000000000");
    assertThat(harness.takeLines()).isEmpty();
    assertThat(harness.number("clock_step 1")).isEqualTo(200_000_000L);

    assertThat(harness.ask("read 0x40200100 8")).isEqualTo("OK 0x0123456789abcdef");
    assertThat(harness.takeLines()).as("INTA of slot 4").containsExactly("IRQ raise 3");
    assertThat(harness.number("clock_step")).as("nothing to come").isEqualTo(200_000_000L);
    assertThat(harness.number("clock_set 5")).as("past").isEqualTo(200_000_000L);
  }

  @Test
  void theTestDeviceWorksWhileItsRegisterIsRead() throws Exception {
    Harness harness = startBare();
    harness.bringUp();
    harness.translate(0x28);
    harness.map(IOVA, PAGE);
    harness.enable(0x28, EDU);
    harness.perform("writel 0x%x 0x%x", EDU + 0x04, IOVA);
    harness.perform("writel 0x%x 0x%x", EDU + 0x1c, PAGE);
    harness.perform("writel 0x%x 8", EDU + 0x0c);
    harness.perform("writel 0x%x 1", EDU + 0x14);
    harness.ask(String.format("readl 0x%x", EDU));

    assertThat(harness.number("readl 0x%x", EDU + 0x10)).as("result").isZero();
    assertThat(harness.ask("read 0x40200000 8")).isEqualTo("OK 0x7856341278563412");
  }
}
