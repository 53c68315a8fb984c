package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.config.ConfigException;
import org.smmulator.config.ConfigFile;
import org.smmulator.config.Configs;
import org.smmulator.config.MachineConfig;
import org.smmulator.metrics.Summaries;

/** Options instead of keys of a machine file. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SettingOptionsTest {
  private static final String SCENARIO =
      "machine: {name: x}\nscenario: {steps: [{process: {name: alice, pages: 1}}]}\n";

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

  private String scenario() throws IOException {
    return Files.writeString(folder.resolve("machine.yaml"), SCENARIO).toString();
  }

  @Test
  void runTakesTheValuesOfOptions() throws IOException {
    String[] command = {
      "run",
      scenario(),
      "--http",
      "127.0.0.1:0",
      "--bus",
      "unix:a",
      "--bus",
      "unix:b",
      "--set",
      "smmu.tlbEntries=64",
      "--set=guest.clock=wall"
    };
    assertThat(execute(command)).isZero();

    MachineConfig config = Objects.requireNonNull(launcher.config);
    assertThat(config.bus().listen()).containsExactly("unix:a", "unix:b");
    assertThat(config.http().listen()).isEqualTo("127.0.0.1:0");
    assertThat(config.smmu().tlbEntries()).isEqualTo(64);
    assertThat(config.guest().clock()).hasToString("WALL");
    assertThat(err.toString()).contains("live page: http://127.0.0.1:");
  }

  @Test
  void noHttpStartsNoServer() throws IOException {
    assertThat(execute("run", scenario(), "--no-http")).isZero();
    assertThat(err.toString()).doesNotContain("live page");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--set smmu.tlbEntries=65 | --set: smmu.tlbEntries: 65 is not a power of two; use 64 or 128",
        "--bus 0.0.0.0:7 | --bus: bus.listen[0]: 0.0.0.0:7 is not on the loopback interface, so that"
            + " other computers take part; use 127.0.0.1:7, or add machine.exposed: true",
        "--http 9464 | --http: http.listen: '9464' is not right; use HOST:PORT (up to 65535), such"
            + " as 127.0.0.1:9464",
        "--http 127.0.0.1:7701 | --http: http.listen: 127.0.0.1:7701 overlaps bus.listen[0]; use"
            + " another port or path",
        "--set x | smmulator: --set: 'x' is not KEY=VALUE; use one such as smmu.tlbEntries=64 or"
            + " devices[0].atc=16x4",
        "--no-http --http 127.0.0.1:1 | smmulator: --http and --no-http say opposite things; leave"
            + " out one of them"
      })
  void aWrongValueIsNamedByItsOption(String options, String sentence) throws IOException {
    for (String command : new String[] {"run", "check"}) {
      err.getBuffer().setLength(0);
      assertThat(execute((command + " " + scenario() + " " + options).split(" "))).isEqualTo(2);
      assertThat(err.toString().strip()).isEqualTo(sentence);
      assertThat(launcher.config).isNull();
    }
  }

  @Test
  void checkTakesTheValuesOfOptions() throws IOException {
    String file =
        Files.writeString(folder.resolve("wrong.yaml"), SCENARIO + "smmu: {tlbWays: 3}\n")
            .toString();
    assertThat(execute("check", file)).isEqualTo(2);
    assertThat(execute("check", file, "--set", "smmu.tlbWays=2")).isZero();
  }

  @Test
  void printConfigPrintsTheMachineThatWouldRun() throws IOException, ConfigException {
    String quickstart = Configs.folder().resolve("quickstart.yaml").toString();
    String[] words = {
      "run",
      quickstart,
      "--print-config",
      "--seed",
      "9",
      "--no-http",
      "--bus",
      "unix:it's",
      "--set",
      "devices[small-atc].atc=1x1"
    };

    assertThat(execute(words)).isZero();
    assertThat(launcher.config).isNull();
    MachineConfig printed = ConfigFile.parse("printed", out.toString());
    String again = Files.writeString(folder.resolve("again.yaml"), out.toString()).toString();
    assertThat(execute("run", again)).isZero();
    assertThat(launcher.config).isEqualTo(printed);
    assertThat(printed.devices().get(0).atc()).hasToString("1x1");
    assertThat(printed.bus().listen()).containsExactly("unix:it's");
    assertThat(printed.http().listen()).isNull();
    assertThat(Objects.requireNonNull(printed.scenario()).seed()).isEqualTo(9);
  }

  @Test
  void theLineThatRepeatsAFailedSeedNamesTheOptionsToo() throws IOException {
    launcher.summary = Summaries.failed();
    String file = scenario();
    String[] command = {
      "run",
      file,
      "--seeds",
      "3..3",
      "--set",
      "smmu.tlbWays=2",
      "--set",
      "machine={name: y}",
      "--bus",
      "unix:it's",
      "--no-http"
    };
    assertThat(execute(command)).isEqualTo(1);
    assertThat(err.toString())
        .contains(
            "\nsmmulator run "
                + file
                + " --bus 'unix:it'\\''s' --no-http --set smmu.tlbWays=2 --set 'machine={name: y}'"
                + " --simulated --seed 3\n");
  }
}
