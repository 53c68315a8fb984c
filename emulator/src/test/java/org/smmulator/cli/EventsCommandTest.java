package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.machine.CommandRun;
import org.smmulator.machine.Launcher;
import picocli.CommandLine;

/** The file of a simulated run, read back, and files that are none. */
class EventsCommandTest {
  @TempDir private static Path folder;

  private static Path story;
  private static List<String> lines = List.of();

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void simulate() throws Exception {
    story = folder.resolve("story.jsonl");
    assertThat(CommandRun.ofLittle(folder, "--simulated", "--events", story + "").code()).isZero();
    lines = Files.readAllLines(story);
  }

  private int execute(String... args) {
    CommandLine line = SmmulatorCommand.commandLine(Launcher::new);
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err, true));
    return line.execute(args);
  }

  /** Lines of {@code events COMMAND} over the simulated run. */
  private List<String> told(String command, String... options) {
    List<String> words = new ArrayList<>(List.of("events", command, story + ""));
    words.addAll(Arrays.asList(options));
    out.getBuffer().setLength(0);
    assertThat(execute(words.toArray(String[]::new))).as(err.toString()).isZero();
    return out.toString().lines().toList();
  }

  @Test
  void catHasALineForEachEventInOrder() {
    List<String> told = told("cat");
    assertThat(told).hasSameSizeAs(lines);
    assertThat(told).allMatch(line -> line.matches("\\d+\\.\\d{3} us #\\d+ .+: .+"));
    assertThat(told).anyMatch(line -> line.endsWith(" scenario: begins munmap alice 4-11"));
  }

  @Test
  void aTreeHasTheSameLinesEachBelowItsCause() {
    List<String> flat = told("cat", "--step", "munmap alice 4-11");
    List<String> tree = told("cat", "--tree", "--step", "munmap alice 4-11");
    assertThat(tree.stream().map(String::strip)).containsExactlyInAnyOrderElementsOf(flat);
    List<String> shape =
        tree.stream()
            .filter(line -> line.matches(".*(begins munmap|alice munmap: |driver: mmInv.* of ).*"))
            .map(line -> line.replaceFirst("\\S.*", "|"))
            .toList();
    assertThat(shape).containsExactly("|", "  |", "      |");
  }

  @Test
  void aFilteredFileIsAFileOfEvents() throws Exception {
    List<String> filtered = told("filter", "--kind", "invalidation,invalidationCompleted");
    assertThat(filtered).isNotEmpty().allMatch(lines::contains);
    assertThat(filtered).allMatch(line -> line.contains("\"kind\":\"invalidation"));
    Path again = Files.write(folder.resolve("filtered"), filtered);
    out.getBuffer().setLength(0);
    assertThat(execute("events", "filter", again + "", "--device", "00:04.0", "--text")).isZero();
    assertThat(out.toString().lines())
        .isNotEmpty()
        .allMatch(line -> line.contains(" 00:04.0: invalidation"));
  }

  @Test
  void aDeviceIsFoundByItsNameAndItsId() {
    List<String> byName = told("filter", "--device", "tiny-atc");
    assertThat(byName).isNotEmpty().isEqualTo(told("filter", "--device", "00:04.0"));
    assertThat(byName).anyMatch(line -> line.contains("\"kind\":\"mmExitBegins\""));
    assertThat(byName).noneMatch(line -> line.contains("\"who\":\"00:05.0\""));
  }

  @Test
  void whatFollowedFromAnEventIsItsSubtree() {
    String begins =
        lines.stream().filter(line -> line.contains("begins kill bob")).findFirst().orElseThrow();
    String id = begins.replaceFirst(".*\"id\":(\\d+),.*", "$1");
    List<String> subtree = told("filter", "--cause", id);
    assertThat(subtree.get(0)).isEqualTo(begins);
    assertThat(subtree).isEqualTo(told("filter", "--step", "kill bob"));
    assertThat(subtree).anyMatch(line -> line.contains("\"kind\":\"pasidFreed\""));
    assertThat(told("filter", "--cause", id, "--kind", "framesFreed")).hasSize(1);
  }

  @Test
  void aProcessIsFollowedAndAStepHasANumber() {
    List<String> bob = told("filter", "--process", "bob");
    assertThat(bob).anyMatch(line -> line.contains("\"kind\":\"invalidationCompleted\""));
    assertThat(bob).noneMatch(line -> line.contains("\"process\":\"alice\""));
    List<String> first = told("filter", "--step", "1", "--kind", "stepBegins");
    assertThat(first).singleElement().asString().contains("\"number\":1,");
  }

  @Test
  void timesBoundWhatIsShown() {
    List<String> early = told("filter", "--until", "0.2ms");
    List<String> late = told("filter", "--from", "200001ns");
    assertThat(early).isNotEmpty();
    assertThat(early.size() + late.size()).isEqualTo(lines.size());
  }

  @Test
  void statsCountAndTellHowLongThingsTook() {
    List<String> told = told("stats");
    long commands = lines.stream().filter(line -> line.contains("\"kind\":\"command\"")).count();
    assertThat(told).anyMatch(line -> line.matches(String.format("  command +%,d", commands)));
    assertThat(told).containsSubsequence("Events", "Steps", "From beginning to end");
    assertThat(told).anyMatch(line -> line.matches("  munmap alice 4-11 +\\d+ +1 +\\d+ +2 +0"));
    assertThat(told)
        .anyMatch(line -> line.matches("  invalidation of 00:05.0 +\\d+( +[\\d,.]+ us){4}"));
    assertThat(told).anyMatch(line -> line.startsWith("  page request of 00:04.0 "));
  }

  @Test
  void quantilesAreThoseOfTheTimes() throws Exception {
    StringBuilder text = new StringBuilder();
    for (int i = 1; i <= 100; i++) {
      text.append(event(0, 2L * i - 1, 0, "callBegins", ",\"call\":\"munmap\""));
      text.append(event(i * 1000L, 2L * i, 2L * i - 1, "callEnds", ""));
    }
    Path file = Files.writeString(folder.resolve("hundred"), text);
    assertThat(execute("events", "stats", file + "")).isZero();
    assertThat(out.toString())
        .containsPattern("munmap +100 +50.000 us +90.000 us +99.000 us +100.000 us");
  }

  private static String event(long nanos, long id, long cause, String kind, String more) {
    return String.format(
        "{\"t\":%d,\"id\":%d,\"cause\":%d,\"who\":\"x\",\"kind\":\"%s\",\"what\":\"y\"%s}%n",
        nanos, id, cause, kind, more);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "--device 00:09.0 | no event is of device '00:09.0'; there are 00:04.0, 00:05.0, tiny-atc, small-atc",
        "--process carol | no event is of process 'carol'; there are alice, amy, bob",
        "--step nothing | no event is of step 'nothing'; there are process alice,",
        "--kind munmap | 'munmap' is no kind of event; there are taskRuns, stepBegins,",
        "--from 5 | '5' is no time; use a number with ns, us, ms or s, such as 1.5ms",
        "--from 5m | '5m' is no time; use a number with ns, us, ms or s, such as 1.5ms",
      })
  void whatIsNotThereIsOneSentence(String options, String sentence) {
    List<String> words = new ArrayList<>(List.of("events", "filter", story + ""));
    words.addAll(List.of(options.split(" ")));
    assertThat(execute(words.toArray(String[]::new))).isEqualTo(2);
    assertThat(err.toString()).startsWith("smmulator: ").contains(sentence).hasLineCount(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "hello | line 3 is no JSON; each line of --events is an object",
        "[1] | line 3 is no JSON object; each line of --events is one",
        "{} | line 3 has no number 't'; each event has",
        "{\"t\":1.5} | line 3 has no number 't'; each event has",
        "{\"t\":99999999999999999999} | line 3 has no number 't'; each event has",
        "{\"t\":-1} | line 3 has 't' -1; 0 or more would be right",
        "{\"t\":0,\"who\":7} | line 3 has no text 'who'; each event has",
        "{\"t\":0,\"who\":\"x\",\"what\":\"y\",\"id\":1} | line 3 has 'id' 1; 3 or more would be right",
        "{\"t\":0,\"who\":\"x\",\"what\":\"y\",\"id\":9,\"cause\":9} | line 3 has event 9 because of event 9, which came after it",
        "{\"t\":0,\"who\":\"x\",\"what\":\"y\",\"id\":9,\"cause\":0,\"kind\":\"z\"} | line 3 has an event of kind 'z', which is none",
        "{\"t\":0,\"who\":\"x\",\"what\":\"y\",\"id\":3} x | line 3 is no JSON; each line of --events is an object",
      })
  void aLineThatIsNoEventIsRefusedWithItsNumber(String bad, String sentence) throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("bad"),
            event(0, 1, 0, "taskRuns", "") + event(0, 2, 1, "taskRuns", "") + bad + "\n");
    for (String command : List.of("cat", "filter", "stats")) {
      err.getBuffer().setLength(0);
      assertThat(execute("events", command, file + "")).isEqualTo(2);
      assertThat(err.toString()).isEqualToIgnoringNewLines("smmulator: " + file + ": " + sentence);
    }
    assertThat(out.toString()).as("those before it").contains("#2 x: y");
  }

  @Test
  void aFileThatWasCutOffIsToldSo() throws Exception {
    String whole = event(0, 1, 0, "taskRuns", "") + event(0, 2, 1, "taskRuns", "");
    Path file = Files.writeString(folder.resolve("cut"), whole.substring(0, whole.length() - 9));
    assertThat(execute("events", "cat", file + "")).isEqualTo(2);
    assertThat(err.toString()).contains("line 2 ends in the middle: the file was cut off there");
    Files.writeString(file, whole.stripTrailing());
    assertThat(execute("events", "cat", file + "")).as("only the end of the line").isZero();
  }

  @Test
  void aLineWithoutAnEndIsNotRead() throws Exception {
    Path file = Files.writeString(folder.resolve("long"), "{\"t\":0" + " ".repeat(1 << 20));
    assertThat(execute("events", "cat", file + "")).isEqualTo(2);
    assertThat(err.toString()).contains("line 1 is longer than 65536 characters, and so no event");
    Files.writeString(file, "[".repeat(60_000) + "\n");
    assertThat(execute("events", "cat", file + "")).isEqualTo(2);
    assertThat(err.toString()).contains("line 1 is no JSON");
  }

  /** A chain of causes as long as the file. */
  @Test
  void aDeepTreeNeedsNoDeepStackAndIsIndentedWithinABound() throws Exception {
    StringBuilder text = new StringBuilder();
    for (int i = 1; i <= 50_000; i++) {
      text.append(event(0, i, i - 1, "taskRuns", ""));
    }
    Path file = Files.writeString(folder.resolve("deep"), text);
    assertThat(execute("events", "cat", "--tree", file + "")).isZero();
    assertThat(out.toString().lines()).hasSize(50_000).allMatch(line -> line.length() < 150);
  }

  @Test
  void notesOfAHuntAreShownAndAnEmptyFileIsNone() throws Exception {
    String note = "{\"t\":0,\"who\":\"hunt\",\"what\":\"repeat it so\"}\n";
    Path file = Files.writeString(folder.resolve("find"), note + event(0, 77, 5, "taskRuns", ""));
    assertThat(execute("events", "cat", "--tree", file + "")).isZero();
    assertThat(out.toString().lines()).containsExactly("hunt: repeat it so", "0.000 us #77 x: y");
    Files.writeString(file, "");
    assertThat(execute("events", "cat", file + "")).isEqualTo(2);
    assertThat(err.toString()).contains("is empty; 'run --events FILE' writes one");
    assertThat(execute("events", "stats", folder.resolve("none") + "")).isEqualTo(2);
    assertThat(err.toString()).contains("none cannot be read: ");
  }

  @Test
  void withoutACommandItSaysWhichThereAre() {
    assertThat(execute("events")).isEqualTo(2);
    assertThat(err.toString()).contains("no command; use cat, filter or stats");
  }
}
