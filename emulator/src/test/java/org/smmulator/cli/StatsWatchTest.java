package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.web.FakeWatched;
import org.smmulator.web.WebServer;

@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StatsWatchTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final HandTicks ticks = new HandTicks();
  private final AtomicInteger asked = new AtomicInteger();

  private int execute(String args) {
    return SmmulatorCommand.commandLine(FakeLauncher::new, () -> List::of, ticks, null)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args.split(" "));
  }

  @Test
  void printsDifferencesPerSecondAtEachInterval() throws IOException {
    try (WebServer web = FakeWatched.growing(asked)) {
      assertThat(execute("stats --watch --interval 4 --count 2 --http " + web.address())).isZero();
    }
    assertThat(ticks.pauses).containsExactly(4_000_000_000L, 4_000_000_000L);
    assertThat(asked).hasValue(3);
    assertThat(out.toString().lines().filter(line -> line.startsWith("After")))
        .containsExactly("After 4.0 s, for each second", "After 8.0 s, for each second");
    assertThat(out.toString()).containsPattern("ATC lookups +2\\.5 ");
    assertThat(err).hasToString("");
  }

  @Test
  void endsWithTheMachineAndSaysSo() throws IOException {
    WebServer web = FakeWatched.growing(asked);
    Ticks closing =
        new Ticks() {
          @Override
          public long nanos() {
            return ticks.nanos();
          }

          @Override
          public void pause(long nanos) {
            ticks.pause(nanos);
            if (ticks.pauses.size() == 3) {
              web.close();
            }
          }
        };
    int code =
        SmmulatorCommand.commandLine(FakeLauncher::new, () -> List::of, closing, null)
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute("stats", "--watch", "--http", web.address());

    assertThat(code).as("%s", err).isZero();
    assertThat(out.toString().lines().filter(line -> line.startsWith("After"))).hasSize(2);
    assertThat(err.toString().strip())
        .isEqualTo(
            "smmulator: the machine at http://"
                + web.address()
                + " has ended; it was watched for 6.0 s");
  }

  /** The real program, at its real intervals. */
  @Test
  void endsWithASignalAndSaysSo() throws Exception {
    try (WebServer web = FakeWatched.growing(asked)) {
      Process process =
          RealProcess.of("stats", "--watch", "--interval", "0.1", "--http", web.address()).start();
      BufferedReader printed = process.inputReader();
      RealProcess.readUntil(printed, line -> line.startsWith("After"));
      process.toHandle().destroy();
      String complaints = RealProcess.complaints(process);

      assertThat(process.waitFor()).as(complaints).isEqualTo(143);
      assertThat(complaints)
          .startsWith("smmulator: the machine at http://" + web.address() + " goes on; it was")
          .hasLineCount(1);
    }
  }

  @Test
  void aMachineThatIsNotThereIsAnError() throws IOException {
    WebServer web = FakeWatched.growing(asked);
    web.close();
    assertThat(execute("stats --watch --http " + web.address())).isEqualTo(3);
    assertThat(err.toString()).contains("does not answer; start a machine with");
    assertThat(ticks.pauses).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--watch --interval 0 | --interval: 0.0 is out of range; use 0.1 to 3600 seconds",
        "--watch --interval NaN | --interval: NaN is out of range; use 0.1 to 3600 seconds",
        "--watch --count 0 | --count: 0 is out of range; use 1 or more",
        "--watch --json | --json has no differences; leave it out, or leave out --watch",
        "--interval 1 | --interval and --count go with --watch; add it, or leave them out"
      })
  void misuseIsOneSentence(String args, String sentence) {
    assertThat(execute("stats " + args)).isEqualTo(2);
    assertThat(err.toString().strip()).isEqualTo("smmulator: " + sentence);
  }
}
