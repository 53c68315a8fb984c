package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.config.Configs;
import org.smmulator.config.GuestConfig;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.PortAddress;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.MachineLauncher;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.Summaries;
import org.smmulator.metrics.Summary;
import org.smmulator.metrics.SummaryJson;
import org.smmulator.web.FakeWatched;
import org.smmulator.web.WebServer;
import picocli.CommandLine;

@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SmmulatorCommandTest {
  private static final String MACHINE = "machine: {name: x}\nhttp: {listen: null}\n";
  private static final String EXTERNAL = MACHINE + "guest: external\n";
  private static final String SCENARIO =
      MACHINE + "scenario: {steps: [{process: {name: alice, pages: 1}}]}\n";

  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final FakeLauncher launcher = new FakeLauncher();

  private int execute(String... args) {
    return SmmulatorCommand.commandLine(() -> launcher)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  private String file(String yaml) throws IOException {
    return Files.writeString(folder.resolve("machine.yaml"), yaml).toString();
  }

  @Test
  void runPrintsTablesAndWritesTheSameAsJson() throws IOException {
    Path json = folder.resolve("summary.json");

    assertThat(execute("run", file(SCENARIO), "--summary", json.toString())).isZero();
    assertThat(out.toString()).contains("ATC hit ratio", "Verdict: PASSED");
    assertThat(err.toString()).contains("half of it");
    assertThat(SummaryJson.read(Files.readString(json))).isEqualTo(Summaries.passed());
    assertThat(launcher.closed).isEqualTo(1);
  }

  @Test
  void theCommandThatIsGivenIsThereAsWithAllOthersBesideIt() {
    Map<String, CommandLine> all = SmmulatorCommand.commandLine(() -> launcher).getSubcommands();
    for (String name : all.keySet()) {
      Map<String, CommandLine> given =
          SmmulatorCommand.commandLine(new String[] {"-vv", name, "run"}).getSubcommands();
      if (Set.of("help", "generate-completion").contains(name)) {
        assertThat(given).containsOnlyKeys(all.keySet());
      } else {
        assertThat(given).containsOnlyKeys(name);
        assertThat(usage(given, name)).isEqualTo(usage(all, name));
      }
    }
    assertThat(SmmulatorCommand.commandLine(new String[] {"rum"}).getSubcommands())
        .containsOnlyKeys(all.keySet());
  }

  private static String usage(Map<String, CommandLine> commands, String name) {
    return Objects.requireNonNull(commands.get(name)).getUsageMessage();
  }

  @Test
  void runFailsIfTheVerdictFails() throws IOException {
    launcher.summary = Summaries.failed();

    assertThat(execute("run", file(SCENARIO))).isEqualTo(1);
    assertThat(out.toString()).contains("Verdict: FAILED", "stale access: device 00:04.0, PASID 7");
  }

  @Test
  void aRunThatCheckedNothingHasNotRun() throws IOException {
    launcher.summary = Summary.EMPTY;

    assertThat(execute("run", file(SCENARIO))).isEqualTo(5);
  }

  @Test
  void helpSaysWhatExitCode5Means() {
    assertThat(execute("run", "--help")).isZero();
    assertThat(out.toString().replaceAll("\\s+", " "))
        .contains(" 5 nothing was found, but not all was run: an operation or step did not end,");
  }

  @Test
  void runSaysWhenTheScenarioDidNotFinish() throws IOException {
    launcher.ending = MachineLauncher.Ending.TIMED_OUT;

    assertThat(execute("run", file(SCENARIO))).isEqualTo(4);
    assertThat(out.toString()).contains("Verdict: CUT SHORT");
    assertThat(err.toString()).contains("the scenario did not finish in scenario.timeoutSeconds");
  }

  @Test
  void runPrintsTablesEvenIfAStepCannotBeDone() throws IOException {
    launcher.scenarioFailure = new UserException(ExitCode.NOT_RUN, "step 3 cannot be done");

    assertThat(execute("run", file(SCENARIO))).isEqualTo(5);
    assertThat(out.toString()).contains("Verdict: CUT SHORT");
    assertThat(err.toString()).contains("smmulator: step 3 cannot be done");
    assertThat(launcher.closed).isEqualTo(1);
  }

  @Test
  void seedReplacesTheSeedOfTheFile() throws IOException {
    execute("run", file(SCENARIO), "--seed", "42");

    MachineConfig config = Objects.requireNonNull(launcher.config);
    assertThat(Objects.requireNonNull(config.scenario()).seed()).isEqualTo(42);
  }

  @Test
  void guestPortReplacesThePortOfTheFile() throws IOException {
    launcher.guestPort = "unix:/tmp/here,server=on";

    assertThat(execute("run", file(EXTERNAL), "--guest-port", "unix:/tmp/there")).isZero();
    MachineConfig config = Objects.requireNonNull(launcher.config);
    assertThat(config.guest().port()).isEqualTo(PortAddress.parse("unix:/tmp/there"));
    assertThat(err.toString()).contains("guest port: unix:/tmp/here,server=on");
    assertThat(out.toString()).as("tables when the harness is gone").contains("SMMU\n");
  }

  @Test
  void vfioUserReplacesTheGuestOfTheFile() throws IOException {
    launcher.guestPort = "vfio-user in there";
    String shared = "machine={name: x, ramFile: ram}";
    for (String yaml : List.of(MACHINE, EXTERNAL)) {
      assertThat(
              execute(
                  "run",
                  file(yaml),
                  "--vfio-user",
                  "there",
                  "--set",
                  "smmu.without=[BTM]",
                  "--set",
                  shared))
          .isZero();
      MachineConfig config = Objects.requireNonNull(launcher.config);
      assertThat(config.guest().kind()).isEqualTo(GuestConfig.Kind.VFIO_USER);
      assertThat(config.guest().directory()).isEqualTo("there");
    }
    assertThat(execute("run", file(MACHINE), "--vfio-user", "there")).isEqualTo(2);
    assertThat(err.toString())
        .contains("smmu.without: over vfio-user nobody hears", "machine.ramFile: a guest over");
  }

  @Test
  void guestPortIsRefusedWhereItCannotBe() throws IOException {
    assertThat(execute("run", file(MACHINE), "--guest-port", "unix:/tmp/there")).isEqualTo(2);
    assertThat(err.toString()).contains("--guest-port: this machine has no guest port;");
    assertThat(execute("run", file(EXTERNAL), "--guest-port", "/tmp/there")).isEqualTo(2);
    assertThat(err.toString()).contains("--guest-port: guest port '/tmp/there' names no kind of");
    assertThat(launcher.config).isNull();
  }

  @Test
  void guestPortIsRefusedBeyondTheLoopback() throws IOException {
    assertThat(execute("run", file(EXTERNAL), "--guest-port", "tcp:192.168.0.7:7702")).isEqualTo(2);
    assertThat(err.toString().strip())
        .isEqualTo(
            "smmulator: --guest-port: 192.168.0.7:7702 is not on the loopback interface, so that"
                + " other computers take part; use 127.0.0.1:7702, or add machine.exposed: true");
    assertThat(launcher.config).isNull();
  }

  @Test
  void whatIsExposedIsWarnedOf() throws IOException {
    launcher.guestPort = "tcp:192.168.0.7:7702";
    String exposed = file(EXTERNAL.replace("name: x", "name: x, exposed: true"));

    assertThat(execute("run", exposed, "--guest-port", "tcp:192.168.0.7:7702")).isZero();
    assertThat(err.toString())
        .startsWith(
            "smmulator: warning: guest.port: 192.168.0.7:7702 is not on the loopback interface"
                + " (machine.exposed): whoever reaches it may use it");
    assertThat(execute("run", exposed)).isZero();
    assertThat(err.toString()).containsOnlyOnce("warning");
  }

  @Test
  void badConfigurationStartsNothing() throws IOException {
    String file = file(MACHINE + "smmu:\n  tlbEntries: 100\n");

    assertThat(execute("run", file)).isEqualTo(2);
    assertThat(err.toString().strip())
        .isEqualTo(file + ":4: smmu.tlbEntries: 100 is not a power of two; use 64 or 128");
    assertThat(launcher.config).isNull();
  }

  @Test
  void portInUseStartsNothing() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      String file = file("machine: {name: x}\nhttp: {listen: '" + address + "'}\n");

      assertThat(execute("run", file)).isEqualTo(2);
      assertThat(err.toString().strip())
          .isEqualTo(
              "smmulator: http.listen: "
                  + address
                  + " cannot be used: Address already in use; use another with --http, or"
                  + " --no-http");
      assertThat(launcher.config).isNull();
    }
  }

  @Test
  void httpServerGoesIfTheMachineCannotStart() throws IOException {
    String address;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      address = "127.0.0.1:" + free.getLocalPort();
    }
    launcher.startFailure =
        new UserException(ExitCode.USAGE, "bus.listen: 127.0.0.1:7701 is in use");
    String file = file("machine: {name: x}\nhttp: {listen: '" + address + "'}\n");

    assertThat(execute("run", file)).isEqualTo(2);
    assertThat(err.toString().strip()).isEqualTo("smmulator: bus.listen: 127.0.0.1:7701 is in use");
    WebServer.start(address, new FakeWatched()).close();
  }

  @Test
  void summaryThatCannotBeWrittenIsRefusedBeforeTheStart() throws IOException {
    Path json = folder.resolve("missing/summary.json");

    assertThat(execute("run", file(SCENARIO), "--summary", json.toString())).isEqualTo(2);
    assertThat(err.toString()).startsWith("smmulator: --summary: " + json + " cannot be written; ");
    assertThat(launcher.config).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"scenario", "none"})
  void machineStaysUntilItIsInterrupted(String kind) throws Exception {
    String yaml =
        (kind.equals("none") ? MACHINE : SCENARIO).replace("listen: null", "listen: '127.0.0.1:0'");
    String file = file(yaml);
    Thread run = new Thread(() -> execute("run", file, "--stay"));
    run.start();
    launcher.started.await();
    assertThat(launcher.closed).isZero();
    run.interrupt();
    run.join();

    assertThat(launcher.closed).isEqualTo(1);
    assertThat(err.toString())
        .contains("smmulator attach dma --bus 127.0.0.1:7701", "live page: http://127.0.0.1:");
  }

  @Test
  void checkSaysWhatDepartsFromTheArchitecture() throws IOException {
    String file =
        file(MACHINE + "guest: external\ndevices: [{id: '00:04.0', model: dma, stall: true}]\n");

    assertThat(execute("check", file)).isZero();
    assertThat(out.toString().lines())
        .containsExactly(
            file + ": ok",
            file
                + ": devices[0].stall: departs from the architecture: PCIe streams must not stall"
                + " (IHI 0070 3.12.2), and here later requests pass those that are stalled");
  }

  @Test
  void checkReportsEveryProblemOfEveryFile() throws IOException {
    String bad = file(MACHINE + "smmu: {tlbWays: 3}\nguest: {poison: 1}\n");
    String good = Configs.folder().resolve("quickstart.yaml").toString();

    assertThat(execute("check", good)).isZero();
    assertThat(execute("check", good, bad, "missing.yaml")).isEqualTo(2);
    assertThat(out.toString().lines()).containsExactly(good + ": ok", good + ": ok");
    assertThat(err.toString().lines())
        .satisfiesExactly(
            ways ->
                assertThat(ways)
                    .isEqualTo(bad + ":3: smmu.tlbWays: 3 is not a power of two; use 2 or 4"),
            poison ->
                assertThat(poison)
                    .isEqualTo(bad + ":4: guest.poison: 1 is not a switch; use true or false"),
            missing -> assertThat(missing).startsWith("missing.yaml: no such file; "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "run | Missing required parameter: 'CONFIG'; see 'smmulator run --help'",
        "fly | Unmatched argument at index 0: 'fly'; see 'smmulator --help'",
        "statz | Unmatched argument at index 0: 'statz'; did you mean stats, attach or atc?",
        "run x --summry | Unknown option: '--summry'; did you mean --summary?",
        "help fly | Unknown subcommand 'fly'; see 'smmulator --help'",
        "attach | Missing required parameter: 'MODEL'; see 'smmulator attach --help'",
        "attach dma --sabotage x | 'x' is no such bug; use keep-invalidated;",
        "attach gpu --bus :1 | 'gpu' is not a device model; use dma, edu, iommu-testdev",
        "attach iommu-testdev --bus :1 | lives in a machine only; list it under devices in a file",
        "attach edu --bus :1 --option mask=1 | --option: edu has no option mask; it has dmaMaskBits",
        "attach dma --bus :1 --option dmaMaskBits=1 | --option: dma has no option dmaMaskBits; it has"
            + " queues, pri",
        "attach edu --bus :1 --option dmaMaskBits=65 | --option: dmaMaskBits: 65 is out of range; use"
            + " 0 to 64 bits",
        "attach edu --bus :1 --option dmaMaskBits=wide | --option: dmaMaskBits: 'wide' is not a whole"
            + " number; use 0 to 64 bits",
        "attach edu --bus :1 --option dmaMaskBits | NAME=VALUE",
        "attach edu --bus :1 --queues 1 | --queues: edu has no option queues; it has dmaMaskBits",
        "attach dma --bus :1 --plugins none | --plugins: none: there is no such folder; name one with"
            + " jars of plug-ins",
        "check x --plugins none | --plugins: none: there is no such folder; name one with jars of",
        "attach dma --bus :1 --atc 3x4 | 3 sets are not a power of two up to 65536; use 2 or 4"
            + " sets;",
        "attach dma --bus :1 --id 4 | '4' is not a PCI id; use BUS:DEVICE.FUNCTION in hexadecimal",
        "attach dma --bus x | bus address \"x\" has no port; write HOST:PORT or unix:PATH;",
        "attach dma --bus 192.168.0.7:1 | --bus: 192.168.0.7:1 is not on the loopback interface;"
            + " add --exposed if that is meant",
        "attach dma --bus :1 --queues 4097 | --queues: 4097 is out of range; use 1 to 4096",
        "attach dma --bus :1 --pri 257 | --pri: 257 is out of range; use 0 to 256",
        "attach dma --bus :1 --count 7937 | --count: 7937 is out of range; use 1 to 7936",
        "attach dma --bus :1 --count 2 --id 00:04.0 | --count: --id is for one device; leave it out",
        "attach dma --bus :1 --count 2 --record x | --count: --record is for one device; leave it",
        "explain --address 0 --access read | --device or --stream is missing; see",
        "explain --stream 1 --access read | --page or --address is missing; see",
        "explain --stream 1 --address 0 | Missing required option: '--access=ACCESS'; see",
        "explain --stream 1 --address 0 --access read --http x | --http: 'x' is not an address;"
            + " use",
        "stats --http x | --http: 'x' is not an address; use HOST:PORT (up to 65535), such as"
            + " 127.0.0.1:9464"
      })
  void misuseIsOneSentence(String args, String sentence) {
    assertThat(execute(args.split(" "))).isEqualTo(2);
    assertThat(err.toString()).startsWith("smmulator: ").contains(sentence).hasLineCount(1);
  }

  @Test
  void withoutACommandItSaysWhichThereAre() {
    assertThat(execute()).isEqualTo(2);
    assertThat(err.toString())
        .startsWith(
            "smmulator: no command; use run, hunt, attach, stats, top, ps, atc, explain, do, monitor,"
                + " events, decode, atc-curve, check, schema, system-aarch64, qemu, help or generate-completion; see"
                + " 'smmulator --help'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "run --help",
        "hunt --help",
        "attach --help",
        "stats --help",
        "top --help",
        "ps --help",
        "atc --help",
        "explain --help",
        "events --help",
        "events cat --help",
        "events filter --help",
        "events stats --help",
        "decode --help",
        "atc-curve --help",
        "check --help",
        "schema --help",
        "system-aarch64 --help",
        "help --help",
        "help run",
        "generate-completion --help"
      })
  void helpDocumentsEveryExitCode(String args) {
    assertThat(execute(args.split(" "))).isZero();
    for (ExitCode code : ExitCode.values()) {
      assertThat(out.toString()).contains(code.code() + " ").contains(code.meaning());
    }
  }

  @Test
  void unexpectedFailuresAreInternalErrors() throws IOException {
    CommandLine line =
        SmmulatorCommand.commandLine(
            () -> {
              throw new IllegalStateException("broken invariant");
            });
    line.setErr(new PrintWriter(err, true));

    assertThat(line.execute("run", file(SCENARIO))).isEqualTo(70);
    assertThat(err.toString()).contains("smmulator: internal error", "broken invariant");
  }
}
