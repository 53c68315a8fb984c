package org.smmulator.machine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.cli.SmmulatorCommand;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** The whole machine on one seed: the real driver, the real SMMU and real ATCs, from the shell. */
class SimulatedMachineTest {
  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    CommandLine line = SmmulatorCommand.commandLine(Launcher::new);
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    List<String> all = new ArrayList<>(List.of("run"));
    all.addAll(List.of(args));
    return line.execute(all.toArray(String[]::new));
  }

  private String file(String yaml) throws Exception {
    return Files.writeString(folder.resolve("machine.yaml"), yaml).toString();
  }

  private String[] recorded(String file, int seed, String as) {
    return new String[] {
      file,
      "--simulated",
      "--seed",
      Integer.toString(seed),
      "--summary",
      folder.resolve(as + ".json").toString(),
      "--events",
      folder.resolve(as + ".events").toString()
    };
  }

  private void assertSame(String one, String other) throws Exception {
    assertThat(folder.resolve(other + ".json"))
        .hasSameBinaryContentAs(folder.resolve(one + ".json"));
    assertThat(folder.resolve(other + ".events"))
        .hasSameBinaryContentAs(folder.resolve(one + ".events"));
  }

  @Test
  void oneSeedIsOneRunInOneJvmAndInTwo() throws Exception {
    String file = file(Machines.configs("little.yaml"));
    assertThat(run(recorded(file, 3, "first"))).as(err.toString()).isZero();
    assertThat(run(recorded(file, 3, "second"))).isZero();
    assertThat(run(recorded(file, 4, "other"))).isZero();

    Process child = inAnotherJvm(recorded(file, 3, "third"));
    String said = new String(child.getErrorStream().readAllBytes(), UTF_8);
    assertThat(child.waitFor()).as(said).isZero();

    assertSame("first", "second");
    assertSame("first", "third");
    assertThat(Files.readString(folder.resolve("other.events")))
        .isNotEqualTo(Files.readString(folder.resolve("first.events")));
    assertThat(err.toString()).contains("simulated with seed 3: ", " hand-overs between tasks");
  }

  private static Process inAnotherJvm(String... args) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> command = new ArrayList<>(List.of(java, "-ea", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.addAll(List.of("org.smmulator.cli.SmmulatorCommand", "run"));
    command.addAll(List.of(args));
    return new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
  }

  @Test
  void manySeedsPassAndWhatWasCheckedIsSaid() throws Exception {
    assertThat(run(file(Machines.configs("little.yaml")), "--seeds", "1..10"))
        .as(err.toString())
        .isZero();
    assertThat(err.toString())
        .contains(
            "10 of 10 machines, ", " hand-overs, ", " accesses checked, ", "all seeds passed");
  }

  /** The way of one munmap, among everything else that goes on. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theEventsTellTheStoryOfAnMunmap(boolean simulated) throws Exception {
    Path events = folder.resolve("events");
    String yaml =
        Machines.configs("little.yaml") + "http: {listen: null}\nbus: {listen: ['127.0.0.1:0']}\n";
    List<String> arguments = new ArrayList<>(List.of(file(yaml), "--events", events.toString()));
    if (simulated) {
      arguments.add("--simulated");
    }
    assertThat(run(arguments.toArray(String[]::new))).as(err.toString()).isZero();

    List<String> told = told(events);
    int at = 0;
    for (String next :
        List.of(
            "scenario: begins munmap alice ",
            "scenario: alice notifier: invalidate_range 0x",
            "smmu: TLBI_NH_VA ",
            "smmu: SYNC ",
            "00:04.0: invalidation PASID 1 0x",
            "00:04.0: invalidation completed PASID 1 0x",
            "scenario: ends munmap alice ")) {
      at = indexAfter(at, told, next);
    }
    for (String kind :
        List.of(
            "00:05.0: translation request PASID 1 0x",
            "00:05.0: translation completion PASID 1 0x",
            "00:05.0: page request PASID 1 0x",
            "page faults of 00:05.0: alice page fault: 0x",
            "00:05.0: page response PASID 1 group ",
            "smmu: ATC_INV ")) {
      assertThat(told).as(kind).anyMatch(event -> event.startsWith(kind));
    }
    assertThat(told.contains("hardware: runs")).isEqualTo(simulated);
  }

  /** Each event as "who: what". */
  private static List<String> told(Path events) throws Exception {
    List<String> told = new ArrayList<>();
    for (String line : Files.readAllLines(events)) {
      JsonNode event = new ObjectMapper().readTree(line);
      assertThat(event.get("t").asLong()).isNotNegative();
      told.add(event.get("who").asString() + ": " + event.get("what").asString());
    }
    return told;
  }

  private static int indexAfter(int at, List<String> told, String start) {
    for (int i = at; i < told.size(); i++) {
      if (told.get(i).startsWith(start)) {
        return i;
      }
    }
    throw new AssertionError("no '" + start + "' after event " + at);
  }

  /** The checks know nothing of the bug; the first seeds find it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2x2, sabotage: keep-invalidated | {} | stale accesses",
        "2x2 | {loseInvalidation: 3} | protocol violations",
        "2x2 | {reuseFrameEarly: true} | frames freed under a live grant"
      })
  void aPlantedBugEndsTheSeedsWithACommandThatRepeatsIt(String atc, String bug, String row)
      throws Exception {
    String yaml =
        Machines.configs("little.yaml").replace("atc: 2x2", "atc: " + atc)
            + "bus: {invalidationTimeoutMillis: 5}\nsabotage: "
            + bug;
    assertThat(run(file(yaml), "--seeds", "1..50")).as(err.toString()).isEqualTo(1);
    assertThat(err.toString()).contains(": the checks found a violation; to repeat it:");
    List<String> lines = err.toString().lines().toList();
    String repeat = lines.get(lines.size() - 1);
    assertThat(repeat).startsWith("smmulator run " + folder).contains(" --simulated --seed ");
    assertThat(out.toString()).containsPattern(row + " +[1-9]");

    out.getBuffer().setLength(0);
    List<String> words = Arrays.asList(repeat.split(" ", -1));
    assertThat(run(words.subList(2, words.size()).toArray(String[]::new))).isEqualTo(1);
    assertThat(out.toString()).containsPattern(row + " +[1-9]");
  }

  @Test
  void whatCannotBeSimulatedIsOneSentence() throws Exception {
    assertThat(run(file("machine: {name: bare}\n"), "--simulated")).isEqualTo(2);
    assertThat(err.toString()).contains("--simulated needs a scenario");
    assertThat(run(file("machine: {name: bare}\n"), "--seeds", "5..1")).isEqualTo(2);
    assertThat(err.toString()).contains("'5..1' is no range of seeds; use one such as 1..1000");
    String external = file("machine: {name: bare}\nguest: external\n");
    assertThat(run(external, "--seeds", "1..2")).isEqualTo(2);
    assertThat(err.toString()).contains("a simulated machine needs the built-in guest");
    String little = file(Machines.configs("little.yaml"));
    assertThat(run(little, "--simulated", "--stay")).isEqualTo(2);
    assertThat(run(little, "--seeds", "1..2", "--events", folder.resolve("e").toString()))
        .isEqualTo(2);
    String recording = Machines.configs("little.yaml").replace("atc: 2x2", "atc: 2x2, record: r");
    assertThat(run(file(recording), "--seeds", "1..2")).isEqualTo(2);
    assertThat(err.toString()).contains("--seeds: device 00:04.0 records to r");
  }
}
