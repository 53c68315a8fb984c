package org.smmulator.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.smmulator.record.EventKind;
import org.smmulator.record.Recorder;

class EventLinesTest {
  @Test
  void whatWasDeliveredCanBeReadBesideTheRun() {
    Recorder recorder = new Recorder();
    StringWriter file = new StringWriter();
    recorder.addReader(new EventLines(new BufferedWriter(file)));
    int step = recorder.name("munmap alice 1-2");
    recorder.record(EventKind.STEP_BEGINS, 7, recorder.name("scenario"), 0, step, 4, 2, 0);
    assertThat(file).hasToString("");

    recorder.deliver();
    assertThat(file.toString()).startsWith("{\"t\":7,\"id\":1,\"cause\":0,").endsWith("}\n");
  }
}
