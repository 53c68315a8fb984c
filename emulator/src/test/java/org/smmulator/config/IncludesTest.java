package org.smmulator.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Machine files made of several, and values that are named once and used again. */
class IncludesTest {
  private static final String MACHINE = "machine: {name: x, ramMiB: 64}\n";

  @TempDir private Path folder;

  private Path write(String name, String yaml) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, yaml);
  }

  private MachineConfig load(String yaml) throws IOException, ConfigException {
    return ConfigFile.load(write("main.yaml", yaml));
  }

  private String problem(String yaml) {
    try {
      load(yaml);
    } catch (ConfigException e) {
      return String.valueOf(e.getMessage()).replace(folder + "/", "");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("accepted: " + yaml);
  }

  @Test
  void keysOfTheIncludedFileStandUnderThoseThatAreWrittenHere() throws Exception {
    write("base.yaml", "include: board/x.yaml\nsmmu: {tlbEntries: 64, tlbWays: 2}\n");
    write("board/x.yaml", MACHINE + "bus: {include: bus.yaml}\n");
    write("board/bus.yaml", "maxDevices: 3\nlisten: ['127.0.0.1:0', '127.0.0.1:0']\n");
    MachineConfig config =
        load("include: base.yaml\nsmmu: {tlbWays: 4}\nbus: {listen: ['127.0.0.1:1']}\n");
    assertThat(config.machine().name()).isEqualTo("x");
    assertThat(config.smmu().tlbEntries()).isEqualTo(64);
    assertThat(config.smmu().tlbWays()).isEqualTo(4);
    assertThat(config.bus().maxDevices()).isEqualTo(3);
    assertThat(config.bus().listen()).containsExactly("127.0.0.1:1");
  }

  @Test
  void theElementsOfAnIncludedListStandInTheListAndMayBeAllOfIt() throws Exception {
    write("start.yaml", "- process: {name: alice, pages: 8}\n- process: {name: bob, pages: 8}\n");
    String head = MACHINE + "scenario:\n  steps:\n";
    write("checks.yaml", "- verify: {process: alice}\n");
    MachineConfig some =
        load(
            head
                + "    - include: start.yaml\n    - exit: {process: bob}\n"
                + "    - repeat: {times: 2, steps: {include: checks.yaml}}\n");
    assertThat(Objects.requireNonNull(some.scenario()).steps())
        .extracting(StepWords::of)
        .containsExactly("process alice", "process bob", "exit bob", "repeat 2");
  }

  @Test
  void aProblemIsToldWithTheFileThatItIsIn() throws Exception {
    write("steps.yaml", "# a comment\n- verify: {process: bob}\n- verfy: {process: bob}\n");
    write("bad.yaml", "a: [\n");
    write("twice.yaml", "smmu:\n  tlbWays: 4\n  tlbWays: 4\n");
    assertThat(problem(MACHINE + "scenario:\n  steps:\n    - include: steps.yaml\n"))
        .isEqualTo("steps.yaml:3: scenario.steps[1].verfy: unknown step; did you mean verify?");
    assertThat(problem("include: bad.yaml\n")).startsWith("bad.yaml:1: not YAML: ");
    assertThat(problem(MACHINE + "include: twice.yaml\n"))
        .isEqualTo(
            "twice.yaml:3: include.smmu.tlbWays: given twice, first in line 2; keep one of them");
    write("value.yaml", "smmu:\n  tlbWays: many\n");
    assertThat(problem(MACHINE + "include: value.yaml\n"))
        .startsWith("value.yaml:2: smmu.tlbWays: 'many' is not a whole number; use ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/etc/hostname | '/etc/hostname' is absolute; use a path from the including file's folder",
        "none.yaml | 'none.yaml' is not there; use a path from the including file's folder",
        "main.yaml | 'main.yaml' is included by itself; remove one of the includes",
        "below | 'below' is no regular file; name one",
        "text.yaml | text.yaml is no section; name a file with keys, or with a list",
        "empty.yaml | empty.yaml is empty; name a file with keys, or with a list"
      })
  void whatMayNotBeIncludedIsRefusedWhereItIsNamed(String name, String sentence) throws Exception {
    Files.createDirectory(folder.resolve("below"));
    write("text.yaml", "text\n");
    write("empty.yaml", "# nothing\n");
    assertThat(problem("# one\ninclude: " + name + "\n"))
        .isEqualTo("main.yaml:2: include: " + sentence);
  }

  @Test
  void nothingOutsideOfTheFolderIsReadWhateverLeadsThere() throws Exception {
    Path inner = Files.createDirectory(folder.resolve("inner"));
    Path secret = write("secret.yaml", MACHINE);
    Files.createSymbolicLink(inner.resolve("link.yaml"), secret);
    for (String name : List.of("../secret.yaml", "link.yaml")) {
      Path file = Files.writeString(inner.resolve("x.yaml"), "include: " + name + "\n");
      assertThatThrownBy(() -> ConfigFile.load(file))
          .hasMessage(
              file
                  + ":1: include: '"
                  + name
                  + "' is outside of the machine file's folder; move it there");
    }
  }

  /** Who opened a pipe without a writer would wait for ever. */
  @Test
  @Timeout(60)
  void aPipeIsNotOpened() throws Exception {
    Path pipe = folder.resolve("pipe");
    Process made = new ProcessBuilder("mkfifo", pipe.toString()).start();
    assumeTrue(made.waitFor() == 0, "no mkfifo");
    assertThat(problem("include: pipe\n")).contains("'pipe' is no regular file");
  }

  @Test
  void filesThatIncludeEachOtherOrTooManyEndWithASentence() throws Exception {
    write("a.yaml", "include: b.yaml\n");
    write("b.yaml", "include: a.yaml\n");
    assertThat(problem("include: a.yaml\n"))
        .isEqualTo(
            "b.yaml:1: include.include.include: 'a.yaml' is included by itself; remove one of the includes");
    for (int i = 0; i < 12; i++) {
      write("deep" + i + ".yaml", i == 11 ? MACHINE : "include: deep" + (i + 1) + ".yaml\n");
    }
    assertThat(problem("include: deep0.yaml\n"))
        .contains("files are included 10 deep; use 8 or less");
    write("leaf.yaml", "[]\n");
    String many = "    - include: leaf.yaml\n".repeat(65);
    assertThat(problem(MACHINE + "scenario:\n  steps:\n" + many))
        .isEqualTo(
            "main.yaml:68: scenario.steps[0].include: more than 64 files are included; write some of"
                + " them out");
  }

  @Test
  void anAliasIsWhatItNamesAndAMergeKeyWhatIsNotWritten() throws Exception {
    MachineConfig config =
        load(
            MACHINE
                + """
                devices:
                  - &small {id: '00:04.0', model: dma, atc: &size 16x4, queues: 3}
                  - {<<: *small, id: '00:05.0', queues: 5}
                  - {<<: [{queues: 7}, *small], id: '00:06.0', atc: *size} # \ud83d\ude00
                  - {id: '00:07.0', model: &d dma, name: !!str &n x, atc: 16x4, queues: 2}
                  - {id: '00:08.0', model: *d, name: *n, atc: 16x4, queues: 2}
                """);
    assertThat(config.devices()).extracting(DeviceConfig::queues).containsExactly(3, 5, 7, 2, 2);
    assertThat(config.devices())
        .extracting(device -> device.id().toString())
        .containsExactly("00:04.0", "00:05.0", "00:06.0", "00:07.0", "00:08.0");
    assertThat(config.devices().get(4).name()).isEqualTo("x");
    assertThat(config.devices())
        .extracting(device -> String.valueOf(device.atc()))
        .containsOnly("16x4");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "smmu: *m | main.yaml:2: '*m' names nothing that is complete above; add '&m'",
        "smmu: &m {tlbWays: *m} | main.yaml:2: '*m' names nothing that is complete above; add '&m'",
        "smmu: {<<: 7} | main.yaml:2: smmu.<<: takes a mapping, or a list of them; use '<<: *name'",
        "smmu: {<<: {tlbWay: 2}} | main.yaml:2: smmu.tlbWay: unknown key; did you mean tlbWays?"
      })
  void aliasesThatNameNothingAreRefused(String line, String sentence) {
    assertThat(problem(MACHINE + line + "\n")).isEqualTo(sentence);
  }

  /** The place is that of the value, which somebody must correct. */
  @Test
  void aWrongValueIsToldAtItsOwnLine() {
    assertThat(problem(MACHINE + "smmu: &m\n  tlbWays: many\nbus: *m\n"))
        .contains("main.yaml:3: smmu.tlbWays: 'many'", "main.yaml:3: bus.tlbWays: unknown key");
  }

  /** A billion values in some lines, and the same by includes. */
  @Test
  @Timeout(60)
  void aFewLinesDoNotStandForMoreThanFitsIntoMemory() throws Exception {
    StringBuilder laughs = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    StringBuilder merges = new StringBuilder("b0: &b0 {a: 1}\n");
    for (int i = 1; i < 12; i++) {
      String ten = ("*a" + (i - 1) + ", ").repeat(10);
      laughs.append("a").append(i).append(": &a").append(i).append(" [").append(ten).append("]\n");
      merges.append("b").append(i).append(": &b").append(i).append(" {");
      for (int k = 0; k < 10; k++) {
        merges.append("k").append(k).append(": *b").append(i - 1).append(", ");
      }
      merges.append("}\n");
    }
    for (StringBuilder bomb : List.of(laughs, merges)) {
      assertThat(problem(bomb.toString()))
          .isEqualTo(
              "main.yaml:1: aliases and includes stand for more than 250000 values; write less of"
                  + " them");
    }
  }
}
