package org.smmulator.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecorderTest {
  private static final EventText TEXT =
      new EventText(
          new EventText.Entries() {
            @Override
            public String command(long word0, long word1) {
              return "command " + word0 + " " + word1;
            }

            @Override
            public String event(long[] record) {
              return record.length + " words";
            }
          });

  private static final class Kept implements EventReader {
    final Detail detail;
    final List<Long> ids = new ArrayList<>();
    final List<String> texts = new ArrayList<>();

    Kept(Detail detail) {
      this.detail = detail;
    }

    @Override
    public Detail detail() {
      return detail;
    }

    @Override
    public void event(RecordedEvent event) {
      ids.add(event.id());
      texts.add(event.nanos() + " " + event.who() + ": " + TEXT.of(event) + " <- " + event.cause());
    }
  }

  private static long freed(Recorder recorder, long frames) {
    return recorder.record(
        EventKind.FRAMES_FREED, 10 * frames, recorder.name("task"), 7, frames, 0, 0, 0);
  }

  @Test
  void offItRecordsNothingAndNeverTurnsOn() {
    assertThat(new Recorder().isOn()).isFalse();
    assertThat(freed(Recorder.OFF, 1)).isEqualTo(Recorder.NO_CAUSE);
    Recorder.OFF.carry(Carrier.COMMAND_QUEUE, 1, 2);
    assertThat(Recorder.OFF.carried(Carrier.COMMAND_QUEUE, 1)).isEqualTo(Recorder.NO_CAUSE);
    assertThatThrownBy(() -> Recorder.OFF.addReader(new Kept(Detail.CHANGES)))
        .isInstanceOf(IllegalStateException.class);
    assertThat(Recorder.OFF.isOn()).isFalse();
  }

  @Test
  void aReaderIsToldWhoDidWhatWhenAndWhy() {
    Recorder recorder = new Recorder();
    Kept kept = new Kept(Detail.CHANGES);
    recorder.addReader(kept);
    assertThat(freed(recorder, 3)).isEqualTo(1);
    assertThat(kept.texts).as("not at once").isEmpty();
    recorder.deliver();
    assertThat(kept.texts).containsExactly("30 task: frees 3 frames <- 7");
  }

  @Test
  void whatNoReaderWantsIsNotRecorded() {
    Recorder recorder = new Recorder();
    recorder.addReader(new Kept(Detail.CHANGES));
    assertThat(recorder.records(EventKind.FRAMES_FREED)).isTrue();
    assertThat(recorder.records(EventKind.COMMAND)).isFalse();
    assertThat(recorder.record(EventKind.COMMAND, 0, 0, 0, 0, 0, 0, 0)).isZero();
    assertThat(freed(recorder, 1)).isEqualTo(1);
    recorder.addReader(new Kept(Detail.COMMANDS));
    assertThat(recorder.records(EventKind.COMMAND)).isTrue();
    assertThat(recorder.records(EventKind.TASK_RUNS)).isFalse();
  }

  @Test
  void aReaderMayComeLaterAndGo() {
    Recorder recorder = new Recorder();
    Kept first = new Kept(Detail.CHANGES);
    recorder.addReader(first);
    freed(recorder, 1);
    Kept second = new Kept(Detail.COMMANDS);
    recorder.addReader(second);
    freed(recorder, 2);
    assertThat(recorder.records(EventKind.COMMAND)).isTrue();
    recorder.removeReader(second);
    assertThat(recorder.records(EventKind.COMMAND)).isFalse();
    freed(recorder, 3);
    recorder.removeReader(first);
    assertThat(recorder.isOn()).isFalse();
    assertThat(freed(recorder, 4)).isZero();
    recorder.deliver();
    assertThat(first.ids).containsExactly(1L, 2L, 3L);
    assertThat(second.ids).containsExactly(2L);
  }

  /** In the time between, nobody said why an entry is there. */
  @Test
  void afterAPauseCausesFromBeforeAreForgotten() {
    Recorder recorder = new Recorder();
    Kept kept = new Kept(Detail.CHANGES);
    recorder.addReader(kept);
    recorder.carry(Carrier.COMMAND_QUEUE, 5, 77);
    recorder.removeReader(kept);
    recorder.addReader(kept);
    assertThat(recorder.carried(Carrier.COMMAND_QUEUE, 5)).isZero();
  }

  @Test
  void asMuchIsRecordedAsItsReadersWantNow() {
    Detail[] wanted = {Detail.NOTHING};
    Recorder recorder = new Recorder();
    recorder.addReader(
        new EventReader() {
          @Override
          public Detail detail() {
            return wanted[0];
          }

          @Override
          public void event(RecordedEvent event) {}
        });
    assertThat(recorder.isOn()).isFalse();
    wanted[0] = Detail.TRAFFIC;
    assertThat(recorder.isOn()).as("nobody has said so").isFalse();
    recorder.readersChanged();
    assertThat(recorder.records(EventKind.TASK_RUNS)).isTrue();
    wanted[0] = Detail.CHANGES;
    recorder.readersChanged();
    assertThat(recorder.records(EventKind.TASK_RUNS)).isFalse();
    assertThat(recorder.records(EventKind.FRAMES_FREED)).isTrue();
  }

  /** More than any ring holds: the readers have it all, in order; the ring has the last. */
  @Test
  void readersLoseNothingAndTheRingKeepsTheLast() {
    Recorder recorder = new Recorder();
    Kept kept = new Kept(Detail.CHANGES);
    recorder.addReader(kept);
    int events = 100_000;
    for (int i = 1; i <= events; i++) {
      freed(recorder, i);
    }
    recorder.deliver();
    assertThat(kept.ids).hasSize(events).isSorted().endsWith((long) events);
    Kept late = new Kept(Detail.CHANGES);
    long gone = recorder.replay(late);
    assertThat(gone + late.ids.size()).isEqualTo(events);
    assertThat(late.ids).isEqualTo(kept.ids.subList((int) gone, events)).hasSizeLessThan(events);
    assertThat(late.texts).isEqualTo(kept.texts.subList((int) gone, events));
  }

  @Test
  void withoutAReaderTheOldestAreDroppedAndCounted() {
    Recorder recorder = new Recorder(Detail.CHANGES);
    for (int i = 1; i <= 20_000; i++) {
      freed(recorder, i);
    }
    Kept late = new Kept(Detail.CHANGES);
    assertThat(recorder.replay(late)).isPositive().isEqualTo(20_000 - late.ids.size());
    assertThat(late.ids).endsWith(20_000L);
  }

  @Test
  void whoTakesAnEntryLearnsWhyItIsThereUnlessItIsAnotherOne() {
    Recorder recorder = new Recorder(Detail.CHANGES);
    recorder.carry(Carrier.COMMAND_QUEUE, 5, 77);
    recorder.carry(Carrier.PAGE_REQUEST_QUEUE, 5, 88);
    assertThat(recorder.carried(Carrier.COMMAND_QUEUE, 5)).isEqualTo(77);
    assertThat(recorder.carried(Carrier.PAGE_REQUEST_QUEUE, 5)).isEqualTo(88);
    assertThat(recorder.carried(Carrier.COMMAND_QUEUE, 5 + (1 << 13))).isZero();
    assertThat(recorder.carried(Carrier.COMMAND_QUEUE, 6)).isZero();
  }

  @Test
  void saysRangesAndNumbersAsPeopleDo() {
    Recorder recorder = new Recorder();
    Kept kept = new Kept(Detail.COMMANDS);
    recorder.addReader(kept);
    recorder.record(EventKind.INVALIDATION, 0, 0, 0, 7, 0, -1, 0);
    recorder.record(EventKind.INVALIDATION, 0, 0, 0, -1, 0x1000, 0x2fff, 0);
    recorder.record(EventKind.INVALIDATION, 0, 0, 0, 7, 0, 0x7fff_ffff, 0);
    recorder.record(EventKind.CALL_BEGINS, 0, 0, 0, 0, 0, 0, 0xffff_ffff_ffffL);
    recorder.record(EventKind.ENTRIES_DROPPED, 0, 0, 0, 0, 0, -1, 0);
    recorder.record(EventKind.ENTRIES_DROPPED, 0, 0, 0, 3, 0, -1, 0);
    recorder.record(EventKind.ENTRIES_DROPPED, 0, 0, 0, 1, 0x1000, 0x1fff, 0);
    recorder.record(EventKind.ENTRIES_DROPPED, 0, 0, 0, 2, 0, 0x1fff, 0);
    recorder.deliver();
    assertThat(kept.texts)
        .containsExactly(
            "0 : invalidation PASID 7 all addresses <- 0",
            "0 : invalidation 0x1000 to 0x2fff <- 0",
            "0 : invalidation PASID 7 0x0 to 0x7fffffff <- 0",
            "0 :  : all addresses <- 0",
            "0 : dropped nothing <- 0",
            "0 : dropped 3 entries; it did not list their pages <- 0",
            "0 : dropped 1 entry of 0x1000 to 0x1fff <- 0",
            "0 : dropped 2 entries of 0x0 to 0x1fff <- 0");
  }

  @Test
  void namesHaveOneNumberEachAndABound() {
    Recorder recorder = new Recorder(Detail.CHANGES);
    assertThat(recorder.name("a")).isEqualTo(recorder.name("a")).isNotEqualTo(recorder.name("b"));
    Set<Integer> numbers = new HashSet<>();
    for (int i = 0; i < 70_000; i++) {
      numbers.add(recorder.name("task " + i));
    }
    assertThat(numbers).hasSizeBetween(60_000, 1 << 16);
    assertThat(recorder.nameOf(recorder.name("one more"))).isEqualTo("others");
    assertThat(recorder.nameOf(recorder.name("task 5"))).isEqualTo("task 5");
  }

  /** Each row can be put into words, and says what its values are. */
  @ParameterizedTest
  @EnumSource
  void everyRowHasASentenceOfItsFields(EventKind kind) {
    Recorder recorder = new Recorder();
    Kept kept = new Kept(Detail.TRAFFIC);
    recorder.addReader(kept);
    recorder.record(kind, 0, recorder.name("who"), 0, 2, 2, 2, 2);
    recorder.deliver();
    assertThat(kept.texts.get(0)).startsWith("0 who: ").doesNotContain("{", "}");
    Set<String> names = new HashSet<>();
    for (EventKind.Field field : kind.fields()) {
      assertThat(names.add(field.name())).as(field.name()).isTrue();
      assertThat(field.meaning()).isNotBlank().doesNotEndWith(".");
    }
    assertThat(kind.fields()).hasSizeLessThanOrEqualTo(4);
    if (kind.phase() == EventKind.Phase.BEGINS) {
      String end = kind.name().replaceFirst("(_BEGINS)?$", "");
      assertThat(EventKind.values())
          .as("something ends what began")
          .anyMatch(
              other ->
                  other.phase() == EventKind.Phase.ENDS
                      && other.track() == kind.track()
                      && other.name().startsWith(end));
    }
  }

  /** Others are told in batches; a watch must not be. */
  @Test
  void aWatchIsToldAtTheMomentAndOnlyWhileItIsThere() {
    Recorder recorder = new Recorder();
    List<String> told = new ArrayList<>();
    EventWatch watch =
        new EventWatch() {
          @Override
          public Detail detail() {
            return Detail.CHANGES;
          }

          @Override
          public void recorded(EventKind kind, long firstValue) {
            told.add(kind + " " + firstValue);
          }
        };
    recorder.addWatch(watch);
    assertThat(recorder.records(EventKind.FRAMES_FREED)).isTrue();
    assertThat(recorder.records(EventKind.COMMAND)).isFalse();
    freed(recorder, 3);
    assertThat(told).containsExactly("FRAMES_FREED 3");
    recorder.removeWatch(watch);
    assertThat(recorder.isOn()).isFalse();
    freed(recorder, 4);
    assertThat(told).hasSize(1);
    assertThatThrownBy(() -> Recorder.OFF.addWatch(watch)).hasMessage("this recorder stays off");
  }
}
