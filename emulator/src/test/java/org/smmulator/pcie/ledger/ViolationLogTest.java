package org.smmulator.pcie.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.smmulator.pcie.ledger.Violation.Kind;
import org.smmulator.pcie.ledger.ViolationLog.Group;
import org.smmulator.pcie.ledger.ViolationLog.Groups;

class ViolationLogTest {
  private final ViolationLog log = new ViolationLog(20);
  private final Logger logger = (Logger) LoggerFactory.getLogger(ViolationLog.class);
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

  @BeforeEach
  void listen() {
    lines.start();
    logger.addAppender(lines);
    logger.setAdditive(false);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(lines);
    logger.setAdditive(true);
  }

  private void record(Kind kind, String device, int pasid, String text) {
    log.record(new Violation(kind, device, pasid, 0x1000, Violation.NONE, text));
  }

  private List<String> said() {
    return lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  @Test
  void thoseThatDifferInNumbersOnlyAreOneGroup() {
    record(Kind.PROTOCOL, "00:04.0", 1, "no answer within 5 ms for 0xffa0; granted: 0x1, 0x2");
    record(Kind.PROTOCOL, "00:04.0", 1, "no answer within 7 ms for 0x12; granted: 0x1, 0x2, 0x3");
    record(Kind.PROTOCOL, "00:04.0", 1, "no answer within 7 ms for 0x12; granted: 0x1");
    Groups groups = log.groups(20);
    assertThat(groups.first()).extracting(Group::count).containsExactly(3L);
    assertThat(groups.first().get(0).first().text()).startsWith("no answer within 5 ms");
    assertThat(groups.leftOut()).isZero();
  }

  @Test
  void kindDevicePasidAndSentenceMakeAGroup() {
    record(Kind.PROTOCOL, "00:04.0", 1, "tag 1 is not in use");
    record(Kind.PROTOCOL, "00:04.0", 2, "tag 1 is not in use");
    record(Kind.PROTOCOL, "00:05.0", 1, "tag 1 is not in use");
    record(Kind.STALE_ACCESS, "00:04.0", 1, "tag 1 is not in use");
    record(Kind.PROTOCOL, "00:04.0", 1, "tag 1 is not known");
    assertThat(log.groups(20).first()).extracting(Group::count).containsOnly(1L).hasSize(5);
  }

  @Test
  void showsTheFirstGroupsAndSaysHowManyViolationsAreInNoneOfThem() {
    for (int i = 0; i < 377; i++) {
      record(Kind.STALE_ACCESS, "00:04.0", 1, "write without a live grant");
    }
    for (int pasid = 0; pasid < 30; pasid++) {
      for (int i = 0; i < 3; i++) {
        record(Kind.PROTOCOL, "00:04.0", pasid, "PASID prefix while PASID is disabled");
      }
    }
    record(Kind.DATA_MISMATCH, "00:05.0", 2, "CRC-32C is 0x1 and must be 0x2");

    Groups groups = log.groups(20);
    assertThat(groups.first()).hasSize(20);
    assertThat(groups.first().get(0).count()).isEqualTo(377);
    assertThat(groups.first().get(19).first().kind())
        .as("each kind is shown")
        .isEqualTo(Kind.DATA_MISMATCH);
    assertThat(groups.leftOut()).as("12 PASIDs, three times each").isEqualTo(36);
    assertThat(log.count(Kind.PROTOCOL)).isEqualTo(90);
  }

  @Test
  void theLogHasTheFirstOfAGroupAndThenItsPowersOfTen() {
    for (int i = 0; i < 468; i++) {
      record(Kind.STALE_ACCESS, "00:04.0", 1, "write " + i + " without a live grant");
    }
    String first =
        "STALE_ACCESS device 00:04.0 PASID 1 address 0x1000: write 0 without a live grant";
    assertThat(said())
        .containsExactly(first, "10 like it so far: " + first, "100 like it so far: " + first);
    log.close();
    log.close();
    assertThat(said().subList(3, said().size())).containsExactly("468 like it so far: " + first);
  }

  @Test
  void theLogSaysAtTheEndHowManyHadNoLine() {
    for (int pasid = 0; pasid < 1_000; pasid++) {
      record(Kind.PROTOCOL, "00:04.0", pasid, "PASID prefix while PASID is disabled");
    }
    assertThat(said()).hasSize(20);
    log.close();
    assertThat(said()).hasSize(21).last().isEqualTo("980 more violations of other groups");
  }
}
