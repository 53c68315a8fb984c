package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.smmulator.launch.Progress;

class ProgressTest {
  private static final long SECOND = 1_000_000_000L;

  private final StringWriter text = new StringWriter();
  private long now;

  private Progress progress(boolean terminal) {
    return new Progress(new PrintWriter(text), terminal, () -> now);
  }

  @Test
  void rewritesOneLineOnATerminal() {
    try (Progress progress = progress(true)) {
      progress.update("one");
      progress.update("too soon");
      now += SECOND;
      progress.update("two");
    }
    assertThat(text).hasToString("\r\u001b[Kone\r\u001b[Ktwo" + System.lineSeparator());
  }

  @Test
  void printsALineEveryFewSecondsElsewhere() {
    try (Progress progress = progress(false)) {
      for (int i = 0; i <= 12; i++) {
        progress.update("second " + i);
        now += SECOND;
      }
    }
    assertThat(text.toString().lines())
        .containsExactly("second 0", "second 5", "second 10", "second 12");
  }

  @Test
  void showsTheLastStateWhenItEnds() {
    try (Progress progress = progress(true)) {
      progress.update("one");
      progress.update("done");
    }
    assertThat(text).hasToString("\r\u001b[Kone\r\u001b[Kdone" + System.lineSeparator());
  }

  @Test
  void cutsALineThatATerminalWouldWrap() {
    try (Progress progress = progress(true)) {
      progress.update("x".repeat(500));
    }
    assertThat(text.toString().strip()).hasSizeLessThan(120).endsWith("...");
  }

  @Test
  void saysSomethingElseInALineOfItsOwnAndGoesOn() {
    try (Progress progress = progress(true)) {
      progress.update("one");
      progress.say("a device");
      now += SECOND;
      progress.update("one");
    }
    String end = System.lineSeparator();
    assertThat(text).hasToString("\r\u001b[Kone\r\u001b[Ka device" + end + "\r\u001b[Kone" + end);
  }
}
