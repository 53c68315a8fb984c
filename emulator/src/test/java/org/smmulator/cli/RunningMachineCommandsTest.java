package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.smmulator.bus.wire.AtcEntries;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.metrics.StreamsTable;
import org.smmulator.metrics.Summaries;
import org.smmulator.metrics.Summary;
import org.smmulator.metrics.SummaryJson;
import org.smmulator.pcie.AtcContents;
import org.smmulator.smmu.explain.Question;
import org.smmulator.web.FakeWatched;
import org.smmulator.web.WebServer;

/** The commands that turn to a machine which runs in another process. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RunningMachineCommandsTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int execute(String... args) {
    return SmmulatorCommand.commandLine(FakeLauncher::new)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  @Test
  void statsPrintsTheTablesOfARunningMachine() throws IOException {
    try (WebServer server =
        WebServer.start("127.0.0.1:0", new FakeWatched(Summaries::failed, question -> List.of()))) {
      assertThat(execute("stats", "--http", server.address())).isZero();
      assertThat(out.toString()).contains("1,234,567", "Verdict: FAILED");
      assertThat(execute("stats", "--json", "--http", server.address())).isZero();
      assertThat(out.toString()).endsWith(SummaryJson.write(Summaries.failed()));
    }
  }

  @Test
  void statsSaysThatNoMachineAnswers() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    assertThat(execute("stats", "--http", "127.0.0.1:" + port)).isEqualTo(3);
    assertThat(err.toString().strip())
        .isEqualTo(
            "smmulator: http://127.0.0.1:"
                + port
                + " does not answer; start a machine with 'smmulator run', or give its address"
                + " with --http");
  }

  @Test
  void explainPrintsWhatARunningMachineSays() throws IOException {
    List<Question> asked = new ArrayList<>();
    try (WebServer server =
        WebServer.start(
            "127.0.0.1:0",
            new FakeWatched(
                () -> Summary.EMPTY,
                question -> {
                  asked.add(question);
                  return List.of("one", "two");
                }))) {
      String[] question =
          ("explain --stream 00:04.0 --pasid 5 --address 0x7f0000001000 --access execute"
                  + " --privileged --kind ats --http "
                  + server.address())
              .split(" ");
      assertThat(execute(question)).isZero();
    }
    assertThat(out).hasToString("one\ntwo\n");
    assertThat(asked)
        .containsExactly(
            new Question(
                0x20, 5, 0x7f00_0000_1000L, Question.Kind.TRANSLATION_REQUEST, false, true, true));
  }

  @Test
  void psPrintsTheProcessesOfARunningMachine() throws IOException {
    ProcessTable table =
        new ProcessTable(
            List.of(
                new ProcessTable.Row(
                    "alice", "running", 5, 7, "0x7fff0", 64, List.of("small (00:04.0, live)")),
                new ProcessTable.Row("bob", "exited", null, null, "0x7ffe0", 1, List.of())),
            List.of(
                new ProcessTable.Quarantined(
                    3, List.of("large (00:05.0)"), "did not say it stopped")),
            List.of("large (00:05.0) is isolated since 1.000 ms: it is slow"));
    try (WebServer server =
        WebServer.start(
            "127.0.0.1:0", new FakeWatched(() -> Summary.EMPTY, question -> List.of(), table))) {
      assertThat(execute("ps", "--http", server.address())).isZero();
      assertThat(out.toString().replaceAll(" +", " "))
          .isEqualTo(
              """
               process state PASID ASID buffer pages devices
               alice running 5 7 0x7fff0 64 small (00:04.0, live)
               bob exited - - 0x7ffe0 1 -
              PASID 3 is in quarantine: large (00:05.0) did not say it stopped
              large (00:05.0) is isolated since 1.000 ms: it is slow
              """);
      assertThat(execute("ps", "--json", "--http", server.address())).isZero();
      assertThat(out.toString()).endsWith(table.json());
    }
  }

  private static StreamsTable streams(boolean external) {
    return new StreamsTable(
        external,
        "stream table at 0x1000, LOG2SIZE=8, linear",
        List.of(
            new StreamsTable.Row(
                "0x20",
                "small",
                "00:04.0",
                "stage 1",
                null,
                new StreamsTable.Fields("full", "CD 0", true, 0),
                List.of(
                    new StreamsTable.Pasid(null, 1, "0x2000", 48, "RA", null, 0),
                    new StreamsTable.Pasid(5, 7, null, null, "S", "the CD is ILLEGAL: why", 1234)),
                2,
                List.of("CDs 0x40 to 0x7f: the fetch aborts (0x3000)")),
            new StreamsTable.Row(
                "0x100", null, null, "bypass", null, null, List.of(), 0, List.of())),
        3,
        List.of("small (00:04.0) is isolated since 1.000 ms: it is slow"));
  }

  private static final String STREAMS =
      """
      stream table at 0x1000, LOG2SIZE=8, linear
       stream device Config EATS S1DSS S1STALLD VMID PASID ASID TTB0 bits faults granted
       0x20 small (00:04.0) stage 1 full CD 0 1 0 - 1 0x2000 48 RA 0
       5 7 - - S 1,234
       0x100 platform bypass - - - -
      stream 0x20 PASID 5: the CD is ILLEGAL: why
      stream 0x20: and 2 PASIDs more
      stream 0x20: CDs 0x40 to 0x7f: the fetch aborts (0x3000)
      and 3 streams more
      small (00:04.0) is isolated since 1.000 ms: it is slow
      """;

  @Test
  void psPrintsTheStreamsOfAnExternalGuest() throws IOException {
    try (WebServer server = WebServer.start("127.0.0.1:0", new FakeWatched().with(streams(true)))) {
      assertThat(execute("ps", "--http", server.address())).isZero();
      assertThat(out.toString().replaceAll(" +", " ")).isEqualTo(STREAMS);
      assertThat(execute("ps", "--json", "--http", server.address())).isZero();
      assertThat(out.toString()).endsWith(streams(true).json());
    }
  }

  @Test
  void psPrintsTheStreamsOfTheBuiltInKernelBesideItsProcesses() throws IOException {
    try (WebServer server =
        WebServer.start("127.0.0.1:0", new FakeWatched().with(streams(false)))) {
      assertThat(execute("ps", "--http", server.address())).isZero();
      assertThat(out).hasToString("no process\n");
      out.getBuffer().setLength(0);
      assertThat(execute("ps", "--streams", "--http", server.address())).isZero();
      assertThat(out.toString().replaceAll(" +", " ")).isEqualTo("no process\n\n" + STREAMS);
      assertThat(execute("ps", "--streams", "--json", "--http", server.address())).isZero();
      assertThat(out.toString()).endsWith(streams(false).json());
    }
  }

  @Test
  void atcPrintsWhatADeviceHolds() throws IOException {
    AtcContents contents =
        new AtcContents(
            "small",
            "00:04.0",
            16,
            4,
            List.of(
                new AtcEntries.Entry(9, 5, 0x7fff0000L, 0x4000_3000L, 21, 0b11, 1234),
                new AtcEntries.Entry(10, AtcEntries.NO_PASID, 0x1000, 0x2000, 12, 0b10001, 0)),
            false);
    ProcessTable table =
        new ProcessTable(
            List.of(
                new ProcessTable.Row("alice", "running", 5, 7, "0x7fff0", 64, List.of("small"))),
            List.of(),
            List.of());
    try (WebServer server =
        WebServer.start(
            "127.0.0.1:0",
            new FakeWatched(Summaries::passed, question -> List.of(), table, id -> contents))) {
      assertThat(execute("atc", "small", "--http", server.address())).isZero();
      assertThat(out.toString().replaceAll(" +", " "))
          .isEqualTo(
              """
              ATC of 'small' (00:04.0), 16 sets x 4 ways: 2 entries and more
               set way PASID process page translated size permissions age
               2 1 5 alice 0x7fff0000 0x40003000 2 MiB rw 1,234
               2 2 - - 0x1000 0x2000 4 KiB ru 0
              """);
      out.getBuffer().setLength(0);
      assertThat(execute("atc", "00:04.0", "--process", "alice", "--http", server.address()))
          .isZero();
      assertThat(out.toString()).contains("alice").doesNotContain("4 KiB");
      assertThat(execute("atc", "small", "--set", "3", "--json", "--http", server.address()))
          .isZero();
      assertThat(out.toString()).endsWith("\"whole\":false,\"entries\":[]}\n");
      assertThat(execute("atc", "small", "--set", "16", "--http", server.address())).isEqualTo(2);
      assertThat(execute("atc", "nobody", "--http", server.address())).isEqualTo(2);
    }
    assertThat(err.toString())
        .isEqualToNormalizingNewlines(
            """
            smmulator: set: the ATC of 'small' has sets 0 to 15
            smmulator: device: nothing attached is called 'nobody'; there are small
            """);
  }

  @Test
  void explainSaysWhatTheMachineCannotUnderstand() throws IOException {
    try (WebServer server = WebServer.start("127.0.0.1:0", new FakeWatched())) {
      String[] question =
          ("explain --stream x&y --address 0 --access read --http " + server.address()).split(" ");
      assertThat(execute(question)).isEqualTo(2);
    }
    assertThat(err.toString().strip())
        .isEqualTo(
            "smmulator: stream: 'x&y' is not a number from 0 to 0xffffffff; use one such as 0x20 or"
                + " 32");
  }

  @Test
  void attachSaysThatNoMachineListens() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    assertThat(execute("attach", "dma", "--bus", "127.0.0.1:" + port)).isEqualTo(3);
    assertThat(err.toString())
        .startsWith("smmulator: no machine listens: ")
        .contains("127.0.0.1:" + port, "Connection refused", "; start one with 'smmulator run'");
  }
}
