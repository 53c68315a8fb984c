package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.metrics.Summaries;
import org.smmulator.metrics.Summary;
import org.smmulator.web.FakeWatched;
import org.smmulator.web.WebServer;
import picocli.CommandLine;

@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TopCommandTest {
  private static final Path SCRIPT = Path.of("/usr/bin/script");

  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final HandTicks ticks = new HandTicks();
  private final AtomicInteger asked = new AtomicInteger();

  private int execute(FakeScreen screen, String args) {
    return SmmulatorCommand.commandLine(FakeLauncher::new, () -> List::of, ticks, () -> screen)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args.split(" "));
  }

  @Test
  void showsTheDevicesWithTheirRatesOnATerminal() throws IOException {
    FakeScreen screen = new FakeScreen(ticks, FakeScreen.WAIT, 'q');
    String address;
    try (WebServer web = FakeWatched.growing(asked)) {
      address = web.address();
      assertThat(execute(screen, "top --sort device --http " + address)).isZero();
    }
    assertThat(screen.last())
        .isEqualTo(
            """
            the machine at http://ADDRESS, for 2.0 s
            SMMU:   TLB 0 lookups/s, - hit; 0 walks/s; 0 commands/s, ATC_INV 0; 0 events/s
            Guest:  421 PASIDs live, 422 quarantined; 5.0 page faults/s; 0 notifier calls/s
            Checks: 0 accesses/s; nothing found

              *DEVICE   NAME  HIT %  ACCESS/s  ATS/s  PRI/s  INVAL/s  DROP/s   IN ATC
              00:04.0  small    100      10.0    5.0    5.0      5.0     5.0  174/175
              00:05.0  large      -      10.0    5.0    5.0      5.0       -        -

            Sort by:  d device  n name  h hits  a accesses  t translations  p pages
                      i invalidations  x dropped  u used; r reverse, space refresh, q quit
            """
                .replace("ADDRESS", address));
    assertThat(screen.pages.get(0))
        .as("before the first interval")
        .anyMatch(line -> line.contains("00:04.0") && line.contains("  -  "));
    assertThat(screen.givenBack).isPositive();
    assertThat(out).hasToString("");
  }

  /** The order of the two devices, small (00:04.0) and large (00:05.0). */
  @ParameterizedTest
  @CsvSource({
    "'', 00:04.0", "r, 00:05.0", "rr, 00:04.0", "n, 00:05.0", "nn, 00:04.0", "d, 00:04.0",
    "dd, 00:05.0", "u, 00:04.0", "ur, 00:05.0", "h, 00:04.0", "x, 00:04.0", "z, 00:04.0"
  })
  void keysSortTheRows(String keys, String first) throws IOException {
    int[] pressed = (" " + keys + "q").chars().toArray();
    FakeScreen screen = new FakeScreen(ticks, pressed);
    try (WebServer web = FakeWatched.growing(asked)) {
      assertThat(execute(screen, "top --http " + web.address())).isZero();
    }
    assertThat(screen.last().lines().filter(line -> line.startsWith("  00:")).findFirst())
        .hasValueSatisfying(row -> assertThat(row).contains(first));
    assertThat(ticks.pauses).as("keys are answered at once").isEmpty();
  }

  @Test
  void showsOnlyWhatFitsOnTheTerminal() throws IOException {
    FakeScreen screen = new FakeScreen(ticks, 'q');
    screen.size = new Screen.Size(7, 30);
    try (WebServer web = FakeWatched.growing(asked)) {
      assertThat(execute(screen, "top --http " + web.address())).isZero();
    }
    assertThat(screen.pages.get(0)).hasSize(7).allMatch(line -> line.length() <= 30);
  }

  @Test
  void endsWithTheMachineAndSaysSo() throws IOException {
    WebServer web = FakeWatched.growing(asked);
    FakeScreen screen =
        new FakeScreen(ticks, FakeScreen.WAIT, FakeScreen.WAIT) {
          @Override
          public int awaitKey(long nanos) {
            if (pages.size() == 2) {
              web.close();
            }
            return super.awaitKey(nanos);
          }
        };
    assertThat(execute(screen, "top --interval 3 --http " + web.address())).as("%s", err).isZero();
    assertThat(screen.givenBack).isPositive();
    assertThat(err.toString().strip())
        .isEqualTo(
            "smmulator: the machine at http://"
                + web.address()
                + " has ended; it was watched for 6.0 s");
  }

  @Test
  void aFailedCheckIsToldAndAMachineWithoutDevicesToo() throws IOException {
    try (WebServer web =
            WebServer.start(
                "127.0.0.1:0", new FakeWatched(Summaries::failed, question -> List.of()));
        WebServer empty =
            WebServer.start(
                "127.0.0.1:0", new FakeWatched(() -> Summary.EMPTY, question -> List.of()))) {
      assertThat(execute(new FakeScreen(ticks), "top --batch --count 1 --http " + web.address()))
          .isZero();
      assertThat(out.toString())
          .contains("\nChecks: FAILED: 1 stale accesses, 6 overdue accesses\n");
      assertThat(execute(new FakeScreen(ticks), "top --batch --count 1 --http " + empty.address()))
          .isZero();
      assertThat(out.toString()).endsWith("\nno device is attached\n\n");
    }
  }

  @Test
  void aFailedCheckIsRed() throws IOException {
    FakeScreen screen = new FakeScreen(ticks, 'q');
    try (WebServer web =
        WebServer.start("127.0.0.1:0", new FakeWatched(Summaries::failed, question -> List.of()))) {
      CommandLine line =
          SmmulatorCommand.commandLine(FakeLauncher::new, () -> List::of, ticks, () -> screen);
      line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.ON));
      assertThat(line.execute("top", "--http", web.address())).isZero();
    }
    assertThat(screen.last()).contains("\n\u001b[1m\u001b[31mChecks: FAILED: 1 stale");
  }

  @Test
  void printsBlocksWithoutATerminal() throws IOException {
    FakeScreen unused = new FakeScreen(ticks);
    try (WebServer web = FakeWatched.growing(asked)) {
      String args = "top --batch --interval 5 --count 3 --sort hits --http " + web.address();
      assertThat(execute(unused, args)).isZero();
    }
    assertThat(unused.pages).isEmpty();
    assertThat(ticks.pauses).hasSize(3);
    assertThat(out.toString().lines().filter(line -> line.startsWith("the machine at"))).hasSize(3);
    assertThat(out.toString()).contains("*HIT %", "  00:04.0  small").doesNotContain("\u001b");
  }

  @Test
  void withoutATerminalItSaysWhatToDo() throws Exception {
    try (WebServer web = FakeWatched.growing(asked)) {
      Process process = RealProcess.of("top", "--http", web.address()).start();
      String complaints = RealProcess.complaints(process);
      assertThat(process.waitFor()).isEqualTo(2);
      assertThat(complaints.strip())
          .isEqualTo(
              "smmulator: there is no terminal to show this on; use --batch for plain lines");
    }
  }

  @Test
  void aColumnThatIsNoneIsRefused() {
    assertThat(execute(new FakeScreen(ticks), "top --sort size")).isEqualTo(2);
    assertThat(err.toString()).contains("--sort", "INVALIDATIONS").hasLineCount(1);
  }

  /** The real program on a real pseudo-terminal, which is as it was before whatever ends it. */
  @ParameterizedTest
  @ValueSource(strings = {"key", "signal"})
  void givesTheTerminalBackAsItWas(String end) throws Exception {
    assumeTrue(Files.isExecutable(SCRIPT), "no script to make a terminal");
    try (WebServer web = FakeWatched.growing(asked)) {
      String java =
          String.join(
              " ", RealProcess.command("top", "--interval", "0.1", "--http", web.address()));
      String shell =
          "stty -g > before; sh -c 'echo $$ > pid; exec " + java + "'; stty -g > after; echo BACK";
      Process process =
          new ProcessBuilder(SCRIPT.toString(), "-qec", shell, "/dev/null")
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .start();
      BufferedReader printed = process.inputReader();
      List<String> before = RealProcess.readUntil(printed, line -> line.contains("00:04.0"));
      assertThat(before).anyMatch(line -> line.contains("\u001b[?1049h\u001b[?25l"));
      if (end.equals("key")) {
        process.getOutputStream().write('q');
        process.getOutputStream().flush();
      } else {
        String pid = Files.readString(folder.resolve("pid")).strip();
        ProcessHandle.of(Long.parseLong(pid)).orElseThrow().destroy();
      }
      List<String> after = RealProcess.readUntil(printed, line -> line.contains("BACK"));

      assertThat(process.waitFor()).isZero();
      assertThat(after).anyMatch(line -> line.contains("\u001b[?25h\u001b[?1049l"));
      assertThat(folder.resolve("after")).hasSameTextualContentAs(folder.resolve("before"));
    }
  }
}
