package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.smmulator.bus.wire.AtcEntries;
import org.smmulator.bus.wire.AtcRead;
import org.smmulator.bus.wire.ErrorCode;
import org.smmulator.bus.wire.Hello;
import org.smmulator.pcie.ledger.Violation;

/** A root complex asks devices, honest and other ones, what their ATCs hold. */
class AtcQuestionsTest {
  private static final int ID = 0x20;
  private static final long EVERYWHERE = -1L;
  private static final AtcEntries.Entry FIRST =
      new AtcEntries.Entry(1, 3, 0x7f00_0000_1000L, 0x4000_1000L, 12, 0b11, 5);
  private static final AtcEntries.Entry SECOND =
      new AtcEntries.Entry(6, AtcEntries.NO_PASID, 0x2000, 0x4000_2000L, 21, 0b01, 0);

  private final TestMachine machine = new TestMachine();
  private final Notebook notes = new Notebook();

  /** What askers were told. */
  private static final class Notebook implements AtcContents.Asker {
    final List<AtcContents> told = new ArrayList<>();
    final List<String> refused = new ArrayList<>();

    @Override
    public void told(AtcContents contents) {
      told.add(contents);
    }

    @Override
    public void refused(String why) {
      refused.add(why);
    }
  }

  private ScriptedDevice device = machine.attach(ID);

  private void ask(AtcContents.Asker asker) {
    machine.root.askAtc(ID, 0, EVERYWHERE, asker);
    machine.run();
  }

  private void tell(long first, long next, int sets, AtcEntries.Entry... entries) {
    device.tell(new AtcEntries(first, next, sets, 2, List.of(entries)));
    machine.run();
  }

  @Test
  void asksForEachPartWhenTheOneBeforeHasCome() {
    ask(notes);
    assertThat(device.questions).containsExactly(new AtcRead(0, 0, EVERYWHERE));
    tell(0, 3, 4, FIRST);
    assertThat(device.questions).hasSize(2).endsWith(new AtcRead(3, 0, EVERYWHERE));
    assertThat(notes.told).isEmpty();
    tell(3, 8, 4, SECOND);
    assertThat(device.questions).hasSize(2);
    assertThat(notes.told)
        .containsExactly(new AtcContents("device", "00:04.0", 4, 2, List.of(FIRST, SECOND), true));
    assertThat(machine.violationTexts()).isEmpty();
  }

  @Test
  void asksForTheNextAskerThen() {
    Notebook other = new Notebook();
    ask(notes);
    machine.root.askAtc(ID, 0x2000, 0x2fff, other);
    machine.run();
    assertThat(device.questions).hasSize(1);
    tell(0, 8, 4, FIRST, SECOND);
    assertThat(device.questions).endsWith(new AtcRead(0, 0x2000, 0x2fff));
    tell(0, 8, 4, SECOND);
    assertThat(notes.told).hasSize(1);
    assertThat(other.told.get(0).entries()).containsExactly(SECOND);
  }

  @Test
  void neverAsksADeviceThatDoesNotKnowTheQuestion() {
    Hello older = new Hello(1, 1, 0x28, "old", "older", 4352, 256, 256, 10);
    ScriptedDevice old = machine.attach(new ScriptedDevice(older, 0));
    machine.root.askAtc(0x28, 0, EVERYWHERE, notes);
    machine.run();
    assertThat(old.questions).isEmpty();
    assertThat(old.closed).isNull();
    assertThat(notes.refused)
        .containsExactly(
            "device 'older' (00:05.0) cannot tell what its ATC holds: it speaks an older version"
                + " of the bus protocol");
  }

  @Test
  void saysThatNoDeviceIsThere() {
    machine.root.askAtc(0x28, 0, EVERYWHERE, notes);
    assertThat(notes.refused).containsExactly("no device is attached at 00:05.0");
  }

  @Test
  void saysThatTheDeviceLeft() {
    ask(notes);
    device.link().close(ErrorCode.SHUTDOWN, "gone");
    machine.run();
    assertThat(notes.refused).containsExactly("device 'device' (00:04.0) left while it was asked");
  }

  @Test
  void asksNothingMoreOfADeviceThatOwesAnAnswer() {
    ask(notes);
    machine.root.giveUpAtc(ID, notes);
    Notebook later = new Notebook();
    ask(later);
    assertThat(later.refused)
        .containsExactly(
            "device 'device' (00:04.0) has not told yet what its ATC holds, though it was asked"
                + " before");
    tell(0, 3, 4, FIRST);
    Notebook last = new Notebook();
    ask(last);
    tell(0, 8, 4, FIRST);
    assertThat(device.questions).hasSize(2);
    assertThat(last.told).hasSize(1);
    assertThat(notes.told).isEmpty();
    assertThat(notes.refused).isEmpty();
    assertThat(machine.violationTexts()).isEmpty();
  }

  @Test
  void forgetsAnAskerWhoGaveUpBeforeItsTurn() {
    Notebook hasty = new Notebook();
    ask(notes);
    ask(hasty);
    machine.root.giveUpAtc(ID, hasty);
    tell(0, 8, 4);
    assertThat(device.questions).hasSize(1);
    assertThat(notes.told).hasSize(1);
    assertThat(hasty.told).isEmpty();
  }

  @Test
  void takesNoMoreAskersThanAFew() {
    for (int i = 0; i < AtcQuestions.MOST_WAITING; i++) {
      ask(notes);
    }
    assertThat(notes.refused).isEmpty();
    ask(notes);
    assertThat(notes.refused)
        .containsExactly(
            "device 'device' (00:04.0) is asked by 16 others what its ATC holds; ask again");
  }

  @Test
  void entriesThatNobodyAskedForAreAViolation() {
    tell(0, 8, 4, FIRST);
    assertViolation("tells entries of its ATC that nobody asked for");
    assertThat(device.closed).isNull();
  }

  @Test
  void anAnswerToAnotherQuestionIsAViolation() {
    ask(notes);
    tell(1, 8, 4, FIRST);
    assertViolation("tells entries of its ATC that nobody asked for");
    assertRefused("tells entries of its ATC that nobody asked for");
  }

  @Test
  void twoAnswersToOneQuestionAreAViolation() {
    ask(notes);
    tell(0, 8, 4);
    tell(0, 8, 4);
    assertThat(notes.told).hasSize(1);
    assertViolation("tells entries of its ATC that nobody asked for");
  }

  @Test
  void anAnswerThatGetsNowhereIsAViolation() {
    ask(notes);
    tell(0, 0, 4);
    assertViolation("tells nothing of entry 0 of its ATC");
    assertRefused("tells nothing of entry 0 of its ATC");
  }

  @Test
  void aCacheThatChangesItsSizeIsAViolation() {
    ask(notes);
    tell(0, 3, 4);
    tell(3, 8, 8);
    assertViolation("tells of an ATC of 8 x 2 entries that had 4 x 2");
  }

  @Test
  void pagesThatNobodyAskedForAreAViolation() {
    for (long page : new long[] {0x1000, 0x3000}) {
      machine.root.askAtc(ID, 0x2000, 0x2fff, notes);
      machine.run();
      tell(0, 8, 4, new AtcEntries.Entry(1, 3, page, 0, 12, 1, 0));
    }
    assertThat(machine.violationTexts())
        .hasSize(2)
        .containsOnly("tells of a page in its ATC that nobody asked for");
  }

  /** 2^24 entries, all valid: the asker gets as many as one can show, and is told so. */
  @Test
  void takesNoMoreEntriesThanItsBound() {
    ask(notes);
    int parts = 0;
    for (long next = 0; notes.told.isEmpty(); next += AtcEntries.MOST) {
      List<AtcEntries.Entry> entries = new ArrayList<>();
      for (long number = next; number < next + AtcEntries.MOST; number++) {
        entries.add(new AtcEntries.Entry(number, 3, number << 12, 0, 12, 1, 0));
      }
      device.tell(new AtcEntries(next, next + AtcEntries.MOST, 1 << 23, 2, entries));
      machine.run();
      parts++;
    }
    assertThat(parts).isEqualTo(AtcContents.MOST_ENTRIES / AtcEntries.MOST);
    assertThat(notes.told.get(0).entries()).hasSize(AtcContents.MOST_ENTRIES);
    assertThat(notes.told.get(0).whole()).isFalse();
    assertThat(device.questions).hasSize(parts);
    assertThat(Collections.frequency(device.questions, device.questions.get(0))).isOne();
  }

  private void assertViolation(String text) {
    assertThat(machine.violations.violations())
        .singleElement()
        .isEqualTo(
            new Violation(
                Violation.Kind.PROTOCOL,
                "00:04.0",
                Violation.NONE,
                Violation.NONE,
                Violation.NONE,
                text));
  }

  private void assertRefused(String how) {
    assertThat(notes.refused)
        .containsExactly("device 'device' (00:04.0) does not tell what its ATC holds; it " + how);
  }
}
