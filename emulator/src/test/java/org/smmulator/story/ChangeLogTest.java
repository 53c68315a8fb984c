package org.smmulator.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.smmulator.record.Detail;
import org.smmulator.record.EventKind;
import org.smmulator.record.Recorder;

class ChangeLogTest {
  private final Recorder recorder = new Recorder(Detail.COMMANDS);
  private final ChangeLog changes = new ChangeLog();
  private long now;

  ChangeLogTest() {
    recorder.addReader(changes);
  }

  private long record(EventKind kind, String who, long cause, long a, long b, long c) {
    return recorder.record(kind, ++now, recorder.name(who), cause, a, b, c, 0);
  }

  private long munmap(long cause) {
    int alice = recorder.name("alice");
    long call =
        record(EventKind.CALL_BEGINS, "scenario", cause, alice, recorder.name("munmap"), 0x1000);
    long notifier =
        record(EventKind.NOTIFIER_BEGINS, "scenario", call, alice, recorder.name("range"), 0x1000);
    for (String device : List.of("00:04.0", "00:05.0")) {
      long invalidation = record(EventKind.INVALIDATION, device, notifier, 5, 0x1000, 0x1fff);
      record(EventKind.ENTRIES_DROPPED, device, invalidation, 3, 0x1000, 0x1fff);
      record(EventKind.INVALIDATION_COMPLETED, device, invalidation, 5, 0x1000, 0x1fff);
    }
    return call;
  }

  @Test
  void aCallHasEverythingThatFollowedFromItDownToTheDevices() {
    long step = record(EventKind.STEP_BEGINS, "scenario", 0, recorder.name("munmap alice"), 1, 16);
    long call = munmap(step);
    record(EventKind.PAGE_REQUEST, "00:04.0", 0, 5, 0x2000, 1);
    recorder.deliver();

    assertThat(changes.calls()).hasSize(1);
    ChangeLog.Change change = changes.calls().get(0);
    assertThat(change.id()).isEqualTo(call);
    assertThat(change.what()).startsWith("alice munmap: 0x1000");
    assertThat(change.begun()).isEqualTo(2);
    assertThat(change.latest()).isEqualTo(9);
    assertThat(change.events()).isEqualTo(8);
    assertThat(change.devices())
        .containsExactly(
            new ChangeLog.OnDevice("00:04.0", 1, 1, 3), new ChangeLog.OnDevice("00:05.0", 1, 1, 3));
    List<ChangeLog.Line> lines = changes.lines(call);
    assertThat(lines).extracting(ChangeLog.Line::depth).containsExactly(0, 1, 2, 3, 3, 2, 3, 3);
    assertThat(lines)
        .extracting(ChangeLog.Line::who)
        .containsSubsequence("scenario", "00:04.0", "00:05.0");
    assertThat(changes.steps().last()).containsExactly(new ChangeLog.Step(1, "munmap alice"));
    assertThat(changes.steps().begun()).isEqualTo(1);
    assertThat(changes.pageRequests()).hasSize(1);
  }

  @Test
  void ofEachSortTheLastOnesAreKept() {
    long first = munmap(0);
    record(EventKind.PAGE_REQUEST, "00:04.0", 0, 5, 0x2000, 1);
    for (int i = 0; i < ChangeLog.KEPT; i++) {
      munmap(0);
    }
    recorder.deliver();

    assertThat(changes.calls()).hasSize(ChangeLog.KEPT);
    assertThat(changes.lines(first)).as("gone").isNull();
    assertThat(changes.json(first)).isNull();
    assertThat(changes.pageRequests()).as("not driven out by calls").hasSize(1);
  }

  @Test
  void aLongChangeKeepsItsFirstLinesAndCountsAll() {
    long call = munmap(0);
    for (int i = 0; i < 1000; i++) {
      record(EventKind.COMMAND, "smmu", call, 0x46, 0, 0);
    }
    recorder.deliver();

    assertThat(changes.lines(call)).hasSize(ChangeLog.LINES);
    assertThat(changes.calls().get(0).events()).isEqualTo(1008);
  }

  @Test
  void anotherChangeIsAnotherVersion() {
    long before = changes.version();
    munmap(0);
    recorder.deliver();
    assertThat(changes.version()).isGreaterThan(before);
  }
}
