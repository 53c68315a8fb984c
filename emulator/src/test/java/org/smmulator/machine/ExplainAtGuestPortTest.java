package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.smmu.explain.Question;
import org.smmulator.smmu.port.Transaction;

/** A driver's author, who reads FAIL UR at the guest port, asks there why. */
class ExplainAtGuestPortTest extends DrivenMachine {
  private static final long IOVA = 0xab0_0000;

  private Harness begin() throws Exception {
    Harness harness = startBare();
    harness.bringUp();
    harness.translate(EDU_SID);
    harness.map(IOVA, 0x4020_0000);
    return harness;
  }

  @Test
  void sayWhyATransactionWasRefused() throws Exception {
    Harness harness = begin();
    assertThat(harness.ask("smmu_write 0x20 - 0xab01000 4 0x00")).isEqualTo("FAIL UR");
    harness.takeLines();

    String answer = harness.ask("explain --stream 0x20 --address 0xab01000 --access write");

    List<String> lines = harness.takeLines();
    Question question =
        new Question(
            EDU_SID,
            Transaction.NO_SUBSTREAM,
            0xab0_1000,
            Question.Kind.UNTRANSLATED,
            true,
            false,
            false);
    assertThat(lines)
        .containsExactlyElementsOf(
            Objects.requireNonNull(machine).explain(question).stream()
                .map(line -> "EXPLAIN " + line)
                .toList())
        .anyMatch(line -> line.startsWith("EXPLAIN rule: stage 1: the level 3 "))
        .contains("EXPLAIN result: aborted", "EXPLAIN device: 'edu@00:04.0' (edu) at 00:04.0")
        .contains("EXPLAIN ATC: the device holds nothing of this page");
    assertThat(answer).isEqualTo("OK " + lines.size());
  }

  @Test
  void takesTheOptionsOfTheCommandLine() throws Exception {
    Harness harness = begin();
    assertThat(
            harness.ask(
                "explain --device 00:04.0 --pasid 5 --address 0xab00010 --access read --kind ats"
                    + " --privileged"))
        .startsWith("OK ");
    assertThat(harness.takeLines())
        .first()
        .asString()
        .startsWith("EXPLAIN ")
        .contains("stream 0x20, PASID 0x5", "privileged");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "explain | ERR access is missing; give --access ..",
        "explain --stream 0x20 --access read | ERR address is missing; give --address ..",
        "explain 0x20 | ERR explain has options, such as --stream 0x20, and no '0x20'",
        "explain --stream | ERR explain needs a value of --stream",
        "explain --stream 1 --stream 2 | ERR stream: given more than once; give one",
        "explain --colour red | ERR 'colour': no such parameter; there are stream, device, pasid,"
            + " process, address, page, access, privileged, kind",
        "explain --device x --address 0 --access read | ERR device: nothing attached is called 'x';"
            + " there are edu@00:04.0, iommu-testdev@00:05.0",
        "explain --stream 1 --process alice --page 0 --access read | FAIL the guest is a program of"
            + " yours; it knows its processes",
      })
  void answersAWrongQuestionWithOneSentence(String question, String answer) throws Exception {
    Harness harness = begin();
    harness.takeLines();
    assertThat(harness.ask(question)).isEqualTo(answer);
    assertThat(harness.takeLines()).isEmpty();
  }
}
