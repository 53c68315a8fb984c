package org.smmulator.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingTest {
  private static final String FILE =
      """
      machine: {name: x}
      guest: external
      bus: {maxDevices: 9}
      devices:
        - {id: '00:04.0', model: dma, name: small}
        - {id: '00:05.0', model: dma}
      """;
  private static final String SCENARIO =
      "machine: {name: x}\nscenario: {steps: [{process: {name: a, pages: 1}}]}\n";

  private static MachineConfig with(String yaml, String... settings) throws ConfigException {
    return ConfigFile.parse(
        "x.yaml", yaml, Stream.of(settings).map(each -> Setting.parse("--set", each)).toList());
  }

  /** Setting a value is the same as having it in the file. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "smmu.tlbEntries=64 | maxDevices: 9} | maxDevices: 9}\\nsmmu: {tlbEntries: 64}",
        "smmu.tlbEntries=0x40 | maxDevices: 9} | maxDevices: 9}\\nsmmu: {tlbEntries: 64}",
        "smmu.tlbEntries=infinite | maxDevices: 9} | maxDevices: 9}\\nsmmu: {tlbEntries: infinite}",
        "smmu={tlbWays: 2} | maxDevices: 9} | maxDevices: 9}\\nsmmu: {tlbWays: 2}",
        "bus.maxDevices=8 | maxDevices: 9 | maxDevices: 8",
        "bus.listen[1]=unix:b | 9} | 9, listen: ['127.0.0.1:7701', 'unix:b']}",
        "http.listen=null | maxDevices: 9} | maxDevices: 9}\\nhttp: {listen: null}",
        "http.listen= | maxDevices: 9} | maxDevices: 9}\\nhttp: {listen: null}",
        "guest.clock=wall | external | {kind: external, clock: wall}",
        "guest=built-in | external | built-in",
        "devices[0].atc=16x4 | small} | small, atc: 16x4}",
        "devices[small].atc=16x4 | small} | small, atc: 16x4}",
        "devices[00:04.0].atc=16x4 | small} | small, atc: 16x4}",
        "devices[00:05.0].name=large | dma}\\n | dma, name: large}\\n",
        "devices[2]={id: 00:06.0, model: edu} | dma}\\n | dma}\\n  - {id: '00:06.0', model: edu}",
        "devices=[] | devices:\\n | other:\\n"
      })
  void aSettingIsAValueInTheFile(String setting, String from, String to) throws ConfigException {
    String edited =
        setting.equals("devices=[]")
            ? FILE.substring(0, FILE.indexOf("devices:"))
            : FILE.replace(from.replace("\\n", "\n"), to.replace("\\n", "\n"));
    assertThat(edited).isNotEqualTo(FILE);

    assertThat(with(FILE, setting)).isEqualTo(ConfigFile.parse("x.yaml", edited));
  }

  @Test
  void stepsAreReachedByTheirNumberAndWord() throws ConfigException {
    MachineConfig config =
        with(
            SCENARIO,
            "scenario.steps[0].process.pages=7",
            "scenario.seed=3",
            "scenario.steps[1].exit.process=a");

    assertThat(config.scenario())
        .isEqualTo(
            new ScenarioConfig(
                3, 600, List.of(new Step.StartProcess("a", 7), new Step.Exit("a", true))));
  }

  @Test
  void ofTwoSettingsTheLaterOneCounts() throws ConfigException {
    assertThat(with(FILE, "smmu.tlbWays=2", "smmu.tlbWays=1").smmu().tlbWays()).isEqualTo(1);
    assertThat(with(FILE, "smmu.tlbWays=2", "smmu={}").smmu().tlbWays()).isEqualTo(4);
  }

  @Test
  void aValueThatTheFileHasWrongCanBeSetRight() throws ConfigException {
    String wrong = FILE.replace("maxDevices: 9", "maxDevices: 9999");
    assertThatThrownBy(() -> with(wrong)).hasMessageStartingWith("x.yaml:3: bus.maxDevices: 9999");
    assertThat(with(wrong, "bus.maxDevices=3").bus().maxDevices()).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "smmu.tlbEntrys=64 | --set: smmu.tlbEntrys: unknown key; did you mean tlbEntries?",
        "smu.tlbEntries=64 | --set: smu: unknown key; did you mean smmu?",
        "smmu.tlbEntries=65 | --set: smmu.tlbEntries: 65 is not a power of two; use 64 or 128",
        "smmu.tlbEntries= | --set: smmu.tlbEntries: has no value; use a power of two from 2 to"
            + " 1048576 entries or infinite",
        "smmu.tlbEntries=2 | --set: smmu.tlbWays: 4 ways are more than the 2 entries of the TLB;"
            + " use 2 or less",
        "guest.poison=yes | --set: guest.poison: 'yes' is not a switch; use true or false",
        "machine={ramMiB: 64} | --set: machine.name: missing; add lower-case letters, digits and"
            + " '-', such as alice-2",
        "bus.listen=127.0.0.1:1 | --set: bus.listen: '127.0.0.1:1' is not a list; use [HOST:PORT"
            + " (up to 65535) or unix:PATH (up to 106 bytes)]",
        "bus.maxDevices=1 | x.yaml:4: devices: 2 devices are more than bus.maxDevices (1); raise it or"
            + " remove devices",
        "devices[1].id=00:04.0 | --set: devices[1].id: 00:04.0 is already the id of devices[0]; use"
            + " another",
        "devices[smal].atc=1x1 | --set: devices: there is no element 'smal'; did you mean small?",
        "devices[4].atc=1x1 | --set: devices: there is no element '4'; use small, 00:05.0 or 2 (a new"
            + " one)",
        "devices.atc=1x1 | --set: devices: is a list; name one of its elements, as in"
            + " devices[small].atc",
        "bus.maxDevices.x=1 | --set: bus.maxDevices: is a single value; leave out '.x'",
        "bus[0]=1 | --set: bus: is not a list; leave out '[0]'",
        "smmu={a: [ | --set: smmu: not YAML: expected the node content, but found '<stream"
            + " end>'; correct the value",
        "smmu={tlbWays: 1, tlbWays: 2} | --set: smmu.tlbWays: given twice; keep one of them",
        "smmu={tlbWays: *b} | --set: '*b' names nothing that is complete above; add '&b'"
      })
  void saysWhatIsWrongInWhichOptionAndWhatWouldBeRight(String setting, String sentence) {
    assertThatThrownBy(() -> with(FILE, setting))
        .isInstanceOf(ConfigException.class)
        .hasMessage(sentence);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "=1", "a..b=1", ".a=1", "a[=1", "a[]=1", "a b=1", "[0]=1"})
  void whatIsNoSettingIsRefused(String text) {
    assertThatThrownBy(() -> Setting.parse("--set", text))
        .hasMessage(
            "'"
                + text
                + "' is not KEY=VALUE; use one such as smmu.tlbEntries=64 or devices[0].atc=16x4");
  }

  /** What the file has there counts no more, nor do its lines. */
  @Test
  void problemsOfTheFileStandBeforeThoseOfOptions() {
    ConfigException e =
        catchThrowableOfType(
            ConfigException.class,
            () -> with(FILE + "smmu: {tlbWays: 3}\nhttp: {x: 1}\n", "guest.poison=1", "smmu={}"));

    assertThat(e.problems())
        .containsExactly(
            "x.yaml:8: http.x: unknown key; right are listen",
            "--set: guest.poison: 1 is not a switch; use true or false");
  }

  @Test
  void textIsNeverTakenForYaml() throws ConfigException {
    for (String text : List.of("unix:it's", "unix:a, b: [", "unix:#")) {
      List<Setting> settings = List.of(Setting.ofTexts("--bus", "bus.listen", List.of(text)));
      assertThat(ConfigFile.parse("x.yaml", FILE, settings).bus().listen()).containsExactly(text);
    }
    assertThatThrownBy(
            () ->
                ConfigFile.parse(
                    "x.yaml", FILE, List.of(Setting.ofText("--http", "http.listen", "null"))))
        .hasMessage(
            "--http: http.listen: 'null' is not right; use HOST:PORT (up to 65535), such as"
                + " 127.0.0.1:9464");
  }

  static Stream<Path> configs() throws IOException {
    return ReferenceTest.configs();
  }

  @ParameterizedTest
  @MethodSource("configs")
  void aMachineWrittenAsAFileIsReadAsTheSameMachine(Path file) throws ConfigException {
    MachineConfig machine = ConfigFile.load(file);
    assertThat(ConfigFile.parse("again.yaml", MachineYaml.write(machine))).isEqualTo(machine);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null", "true", "on", "n", "e", "0x10", "1e3", "~", "-", "a: b", "# a", "'", "\"",
        "00:04.0", "12", "1_0", " a ", "[", "{", "*a", "&a", "!a", "%a", "@a", "`a", "?", "...",
        "---", "=", "<<", "ä\u20ac", "a\\n", ",", "|", ">"
      })
  void whateverTextAMachineHasIsReadAgain(String text) throws ConfigException {
    Setting record = Setting.ofText("--set", "devices[0].record", text);
    MachineConfig machine = ConfigFile.parse("x.yaml", FILE, List.of(record));
    assertThat(machine.devices().get(0).record()).isEqualTo(text);

    assertThat(ConfigFile.parse("again.yaml", MachineYaml.write(machine))).isEqualTo(machine);
  }

  @Test
  void aMachineWrittenAsAFileGivesEveryKey() throws ConfigException {
    assertThat(MachineYaml.write(with(FILE, "smmu.tlbEntries=infinite")))
        .startsWith(
            "machine:\n  name: x\n  ramMiB: 1024\n  ramFile: null\n  exposed: false\nsmmu:\n")
        .contains("  tlbEntries: infinite\n", "  features: null\n", "  loseInvalidation: null\n")
        .contains("  architecture: \"3.2\"\n", "- id: 00:04.0\n", "  atc: 64x4\n")
        .contains("  port: \"tcp:127.0.0.1:7702,server=on\"\n")
        .endsWith("\nscenario: null\n");
  }
}
