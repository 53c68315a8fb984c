package org.smmulator.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.execution.explore.Meetings;
import org.smmulator.execution.explore.Story;

class HuntCommandTest {
  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private static final Story CALM =
      new Story("calm", List.of("both at once"), (run, met) -> count(run, met, true), "");

  private static final Story RACY =
      new Story("racy", List.of("both at once"), (run, met) -> count(run, met, false), "");

  /** Two tasks count one up each; if not at once, a count can get lost. */
  private static void count(DeterministicExecution execution, Meetings meetings, boolean atOnce) {
    int[] count = {0};
    int[] counting = {0};
    int[] done = {0};
    execution.raceBegins();
    for (int i = 0; i < 2; i++) {
      execution.spawn(
          "counter " + i,
          () -> {
            if (counting[0]++ > 0) {
              meetings.meet("both at once");
            }
            int seen = count[0];
            execution.yieldPoint();
            count[0] = (atOnce ? count[0] : seen) + 1;
            counting[0]--;
            done[0]++;
          });
    }
    while (done[0] < 2) {
      execution.yieldPoint();
    }
    execution.raceEnds();
    meetings.checked(1);
    if (count[0] != 2) {
      throw new IllegalStateException("counted " + count[0] + ", not 2");
    }
  }

  private int hunt(String... args) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    List<String> all = new ArrayList<>(List.of("hunt"));
    all.addAll(List.of(args));
    return SmmulatorCommand.commandLine(
            FakeLauncher::new, () -> () -> List.of(CALM, RACY), Ticks.OF_THE_SYSTEM, null)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }

  /** But for what depends on the speed of this computer. */
  private String tables() {
    return withoutSpeed(out.toString());
  }

  @Test
  void aStoryThatEndsWellInAllOrdersIsSaidToHaveBeenTold() {
    assertThat(hunt("calm", "--seeds", "1..40", "--jobs", "2")).as(err.toString()).isZero();
    assertThat(tables())
        .containsPattern("calm +default order +8 +8")
        .containsPattern("calm +priorities, depth 2 +40 +40")
        .containsPattern("calm +priorities, depth 4 +40 +40")
        .containsPattern("calm +uniform +40 +40")
        .containsPattern("calm +all +168 +168 +0")
        .containsPattern("calm +both at once +[1-9]");
    assertThat(err.toString()).contains("168 orders, 168 accesses checked, 0 finds; ");
    String first = tables();
    hunt("calm", "--seeds", "1..40", "--jobs", "2");
    assertThat(tables()).isEqualTo(first);
  }

  @Test
  void whatIsFoundIsKeptAndItsLineRepeatsIt() throws Exception {
    String finds = folder.resolve("kept").toString();
    assertThat(hunt("all", "--seeds", "1..20", "--finds", finds)).isEqualTo(1);
    assertThat(tables()).containsPattern("racy +all +[1-9].* +1\n").contains("calm");
    assertThat(err.toString()).contains("counted 1, not 2; to repeat it:");
    String line = lineThatStarts("smmulator hunt racy --seed ");
    assertThat(line).contains(" --schedule ");
    Path kept;
    try (var files = Files.list(Path.of(finds))) {
      kept = files.toList().get(0);
    }
    List<String> events = Files.readAllLines(kept);
    assertThat(events.get(0)).contains(line);
    assertThat(events.get(1)).contains("counted 1, not 2");
    assertThat(events)
        .anyMatch(event -> event.contains("\"who\":\"counter 1\",\"kind\":\"taskRuns\","));

    List<String> again = new ArrayList<>(Arrays.asList(line.split(" ", -1)).subList(2, 7));
    again.addAll(List.of("--finds", folder.resolve("again").toString()));
    assertThat(hunt(again.toArray(String[]::new))).isEqualTo(1);
    assertThat(err.toString()).contains("counted 1, not 2", line);
    assertThat(folder.resolve("again").resolve(kept.getFileName()))
        .hasSameTextualContentAs(withTheSameWords(kept));
  }

  /** The second line says how it was found, which is not how it was repeated. */
  private Path withTheSameWords(Path kept) throws Exception {
    List<String> lines = new ArrayList<>(Files.readAllLines(kept));
    Path other = folder.resolve("again").resolve(kept.getFileName());
    lines.set(1, Files.readAllLines(other).get(1));
    return Files.write(folder.resolve("same"), lines);
  }

  private String lineThatStarts(String start) {
    return err.toString().lines().filter(line -> line.startsWith(start)).findFirst().orElseThrow();
  }

  @Test
  void aHuntThatIsOverSaysWhereTheNextOneGoesOn() {
    assertThat(hunt("calm", "--minutes", "0.001", "--first-seed", "70", "--jobs", "1")).isZero();
    long orders = numberAt("([0-9,]+) orders, [0-9,]+ accesses checked, 0 finds");
    long next = numberAt("goes on with --first-seed ([0-9]+)");
    // Each turn tells five seeds, of which each has four orders, after one in the default order.
    assertThat(orders).isEqualTo((next - 70) / 5 * 21);
  }

  /** What the last line with it says. */
  private long numberAt(String pattern) {
    Matcher found = Pattern.compile(pattern).matcher(err.toString());
    assertThat(found.find()).as(err.toString()).isTrue();
    String number = found.group(1);
    while (found.find()) {
      number = found.group(1);
    }
    return Long.parseLong(number.replace(",", ""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "calmer | there is no story 'calmer'; use all or one of calm, racy",
        "all --seed 3 | --seed repeats one story; name it: calm, racy",
        "calm --schedule 1+1 | --schedule: name the --seed with it",
        "calm --seed 1 --schedule x | 'x' in 'x' is no deviation; write point+delays",
        "calm --minutes 0 | --minutes: use a number above 0",
        "calm --jobs 0 | --jobs: 0 is out of range; use 1 or more",
        "calm --seeds 5..1 | '5..1' is no range of seeds; use one such as 1..1000",
      })
  void misuseIsOneSentence(String args, String sentence) {
    assertThat(hunt(args.split(" "))).isEqualTo(2);
    assertThat(err.toString()).startsWith("smmulator: ").contains(sentence).hasLineCount(1);
  }

  /** The stories of whole machines, in this JVM and in another one. */
  @Test
  void oneSeedOfAMachineIsOneRunInTwoJvms() throws Exception {
    String[] args = {"hunt", "removal-beside-invalidation", "--seed", "5"};
    int code =
        SmmulatorCommand.commandLine(FakeLauncher::new)
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(args);
    assertThat(code).as(err.toString()).isZero();
    assertThat(out.toString()).contains("an invalidation is lost with the link");
    assertThat(withoutSpeed(inAnotherJvm(args))).isEqualTo(tables());
  }

  private static String withoutSpeed(String text) {
    return text.replaceAll(" +[0-9,]+\\.[0-9]", "");
  }

  private static String inAnotherJvm(String... args) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> command = new ArrayList<>(List.of(java, "-ea", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add("org.smmulator.cli.SmmulatorCommand");
    command.addAll(List.of(args));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).isZero();
    return said;
  }
}
