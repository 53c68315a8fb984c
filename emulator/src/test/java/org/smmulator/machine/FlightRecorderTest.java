package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jdk.jfr.Recording;
import jdk.jfr.RecordingState;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.record.Detail;
import org.smmulator.record.EventKind;
import org.smmulator.record.EventReader;
import org.smmulator.record.Recorder;
import org.smmulator.story.FlightRecorderEvents;
import tools.jackson.databind.JsonNode;

/** The events as the JVM's flight recorder has them. */
class FlightRecorderTest {
  @TempDir private Path folder;

  private ToldEvents run() throws Exception {
    Path events = folder.resolve("events");
    CommandRun run = CommandRun.ofLittle(folder, "--simulated", "--events", events + "");
    assertThat(run.code()).as(run.err()).isZero();
    return new ToldEvents(events);
  }

  private List<RecordedEvent> recorded(Recording recording) throws Exception {
    Path file = folder.resolve("recording.jfr");
    if (recording.getState() == RecordingState.RUNNING) {
      recording.stop();
    }
    recording.dump(file);
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().startsWith("smmulator."))
        .sorted(Comparator.comparingLong(event -> event.getLong("id")))
        .toList();
  }

  @Test
  void areThoseOfTheKindsThatARecordingAsksFor() throws Exception {
    try (Recording recording = new Recording()) {
      for (String kind : List.of("stepBegins", "invalidation", "entriesDropped", "command")) {
        recording.enable("smmulator." + kind);
      }
      recording.start();
      ToldEvents told = run();
      Map<String, List<RecordedEvent>> byKind = new HashMap<>();
      for (RecordedEvent event : recorded(recording)) {
        String kind = event.getEventType().getName().substring("smmulator.".length());
        byKind.computeIfAbsent(kind, k -> new ArrayList<>()).add(event);
      }
      assertThat(byKind.keySet())
          .containsExactlyInAnyOrder("stepBegins", "invalidation", "entriesDropped", "command");
      for (Map.Entry<String, List<RecordedEvent>> kind : byKind.entrySet()) {
        List<JsonNode> same = told.all(kind.getKey());
        assertThat(kind.getValue()).as(kind.getKey()).hasSameSizeAs(same);
        for (int i = 0; i < same.size(); i++) {
          assertSame(kind.getValue().get(i), same.get(i));
        }
      }
      RecordedEvent step = byKind.getOrDefault("stepBegins", List.of()).get(4);
      assertThat(step.getString("step")).isEqualTo("munmap alice 4-11");
      assertThat(step.getLong("pages")).isEqualTo(8);
      assertThat(step.getEventType().getDescription()).isEqualTo("begins {step}");
    }
  }

  /** Begins and ends a recording while a machine runs, which tells it everything. */
  private static final class Visitor implements EventReader {
    final Recorder recorder;
    final Recording recording;
    final List<Long> requests = new ArrayList<>();
    long last;
    long begun;
    long ended;

    Visitor(Recorder recorder, Recording recording) {
      this.recorder = recorder;
      this.recording = recording;
    }

    @Override
    public Detail detail() {
      return Detail.COMMANDS;
    }

    @Override
    public void event(org.smmulator.record.RecordedEvent event) {
      last = event.id();
      if (event.kind() == EventKind.TRANSLATION_REQUEST) {
        requests.add(last);
      }
    }

    /** Called now and then while the machine runs; it goes on in any case. */
    boolean look() {
      recorder.deliver();
      if (recording.getState() == RecordingState.NEW && last > 0) {
        assertThat(recorder.records(EventKind.TRANSLATION_REQUEST)).isFalse();
        begun = last;
        recording.start();
        assertThat(recorder.records(EventKind.TRANSLATION_REQUEST)).isTrue();
      } else if (recording.getState() == RecordingState.RUNNING && requests.size() > 100) {
        recording.stop();
        ended = last;
        assertThat(recorder.records(EventKind.TRANSLATION_REQUEST)).isFalse();
      }
      return false;
    }
  }

  @Test
  void areThoseFromThenOnWhenARecordingBeginsInTheMiddle() throws Exception {
    Recorder recorder = new Recorder();
    String yaml = Machines.configs("little.yaml").replace("operations: 300", "operations: 2000");
    try (Recording recording = new Recording();
        FlightRecorderEvents events = FlightRecorderEvents.of(recorder)) {
      events.listen();
      recording.enable("smmulator.translationRequest");
      Visitor visitor = new Visitor(recorder, recording);
      recorder.addReader(visitor);
      new Launcher()
          .simulate(Machines.config(folder, yaml), recorder, Machines.silence(), visitor::look);
      recorder.deliver();
      assertThat(visitor.begun).isPositive();
      assertThat(visitor.ended).isBetween(visitor.begun + 100, visitor.last - 1);
      assertThat(recorded(recording))
          .extracting(event -> event.getLong("id"))
          .isEqualTo(visitor.requests);
    }
  }

  private static void assertSame(RecordedEvent event, JsonNode told) {
    assertThat(event.getLong("id")).isEqualTo(told.get("id").asLong());
    assertThat(event.getLong("cause")).isEqualTo(told.get("cause").asLong());
    assertThat(event.getLong("nanos")).isEqualTo(told.get("t").asLong());
    assertThat(event.getString("who")).isEqualTo(told.get("who").asString());
  }

  @Test
  void areOffUnlessAskedForByName() throws Exception {
    try (Recording recording = new Recording()) {
      recording.start();
      run();
      assertThat(recorded(recording)).isEmpty();
    }
  }
}
