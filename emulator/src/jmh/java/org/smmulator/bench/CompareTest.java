package org.smmulator.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.config.Configs;
import picocli.CommandLine;

/** The comparison of two builds: its statistics, its mistakes, and one small run. */
@Timeout(300)
class CompareTest {
  private static final BenchmarkRow ROW =
      new BenchmarkRow("org.smmulator.bench.AtcHitBenchmark.hit", Map.of("entries", "256"));

  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void aRatioIsTheMedianOfTheRoundsEachAgainstItsOwnA() {
    // The computer is twice as slow in the second round, and B takes a tenth more in all of them.
    Ratios ratios = Ratios.of(List.of(11.0, 22.0, 33.0), List.of(10.0, 20.0, 30.0));
    assertThat(ratios.median()).isEqualTo(1.1);
    assertThat(ratios.most()).isEqualTo(ratios.least());

    Ratios spread = Ratios.of(List.of(8.0, 10.0, 12.0, 30.0), List.of(10.0, 10.0, 10.0, 10.0));
    assertThat(spread).isEqualTo(new Ratios(1.1, 0.8, 3.0));
    assertThat(Ratios.median(List.of(3.0, 1.0, 2.0))).isEqualTo(2);
  }

  /** A takes 10 ns, and 9.8 to 10.2 again; B takes what is given, by both clocks. */
  @ParameterizedTest
  @CsvSource({
    "10.1, 10.1, same, false",
    "10.3, 10.1, slower: wall, false",
    "10.6, 10.1, slower: wall, true",
    "10.1, 10.6, slower: CPU, true",
    "11, 11, 'slower: wall, CPU', true",
    "9.7, 10, faster: wall, false",
    "9, 11, slower: CPU; faster: wall, true"
  })
  void aRowIsTheSameWithinTheRangeInWhichADiffersFromItself(
      double wall, double cpu, String judgement, boolean beyond) {
    RowComparison rounds = new RowComparison();
    for (double again : new double[] {9.8, 10, 10.2}) {
      rounds.add(new Measured(10, 10), new Measured(wall, cpu), new Measured(again, again));
    }
    assertThat(rounds.judgement()).isEqualTo(judgement);
    assertThat(rounds.isBeyond(1.05)).isEqualTo(beyond);
    assertThat(rounds.line(ROW))
        .startsWith("AtcHitBenchmark.hit entries=256  ")
        .contains(String.format(Locale.ROOT, " %.3f ", wall / 10), "0.98-1.02")
        .endsWith(judgement);
  }

  /** Of three A, one was disturbed: nothing below that can be told from chance. */
  @Test
  void whereADiffersMuchFromItselfNothingIsSlower() {
    RowComparison rounds = new RowComparison();
    rounds.add(new Measured(10, 10), new Measured(11, 11), new Measured(10, 10));
    rounds.add(new Measured(10, 10), new Measured(11, 11), new Measured(13, 10));
    assertThat(rounds.judgement()).isEqualTo("slower: CPU");
  }

  @Test
  void rowsAreTheBenchmarksWithEachValueOfEachParameter() {
    List<BenchmarkRow> rows =
        BenchmarkRow.parse(
            List.of(
                "Benchmarks: ",
                "org.smmulator.bench.TlbMissBenchmark.walk",
                "  param \"spacing\" = {DENSE, SPARSE}",
                "  param \"walkEntries\" = {0, 256}",
                "org.smmulator.bench.TlbiAsidBenchmark.tlbiAsid"));
    assertThat(rows)
        .extracting(BenchmarkRow::name)
        .containsExactly(
            "TlbMissBenchmark.walk spacing=DENSE walkEntries=0",
            "TlbMissBenchmark.walk spacing=DENSE walkEntries=256",
            "TlbMissBenchmark.walk spacing=SPARSE walkEntries=0",
            "TlbMissBenchmark.walk spacing=SPARSE walkEntries=256",
            "TlbiAsidBenchmark.tlbiAsid");
  }

  @Test
  void throughputIsReadAsTimeAndIterationsByTheirMedian() throws ComparisonException {
    String json =
        """
        [{"primaryMetric": {"scoreUnit": "ops/ns", "rawData": [[0.5, 0.25, 0.2]]},
          "secondaryMetrics": {"javaThreadsCpu": {"scoreUnit": "ns/op", "rawData": [[7, 9, 8]]}}}]
        """;
    assertThat(Measured.parse(json)).isEqualTo(new Measured(4, 8));
  }

  @Test
  void oneRowIsComparedInJvmsOfTheirOwn() throws Exception {
    BenchmarkJar.installProfiler(folder);
    BenchmarkJar here = here();
    CompareCommand command = new CompareCommand();
    CommandLine line = new CommandLine(command).setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    line.parseArgs(
        "A",
        "B",
        "AtcHit.*=256",
        "--rounds=1",
        "--warmups=1",
        "--iterations=1",
        "--millis=50",
        "--limit=1e9");

    assertThat(command.compare(here, here)).as(err.toString()).isZero();

    assertThat(err.toString()).contains("rows: 1, of 1 rounds", "round 1 of 1");
    assertThat(out.toString().lines())
        .hasSize(3)
        .last()
        .asString()
        .matches("AtcHitBenchmark.hit entries=256( +[0-9.]+){3} +[0-9.]+-.*(same|slower|faster).*");
    Matcher cpu = Pattern.compile("256 +([0-9.]+) .*?-[0-9.]+ +([0-9.]+) ").matcher(out.toString());
    assertThat(cpu.find()).isTrue();
    assertThat(Double.parseDouble(cpu.group(1))).as("wall").isPositive();
    assertThat(Double.parseDouble(cpu.group(2))).as("CPU").isPositive();
  }

  @Test
  void mistakesAreOneSentence() throws Exception {
    Path text = Files.writeString(folder.resolve("text.jar"), "no jar");
    assertThat(execute(folder.resolve("no.jar"), text)).isEqualTo(2);
    assertThat(err.toString()).endsWith("copy emulator/target/benchmarks.jar\n").contains("no.jar");
    assertThat(execute(text, text)).isEqualTo(2);
    assertThat(err.toString()).contains("text.jar: JMH failed, and said:\n");
    assertThat(execute(text, text, "--rounds", "0")).isEqualTo(2);
    assertThat(err.toString()).endsWith("--rounds: 0 is out of range; use 1 or more\n");
    assertThat(execute(text)).isEqualTo(2);
    assertThat(err.toString()).contains("Missing required parameter: 'B.jar'");
    assertThatThrownBy(() -> Measured.parse("[]"))
        .hasMessage("JMH ran 0 benchmarks instead of one");
  }

  @Test
  void rowsThatNobodyHasAreAMistake() throws Exception {
    BenchmarkJar.installProfiler(folder);
    BenchmarkJar here = here();
    for (String rows : List.of("NoSuchRow", "(")) {
      CompareCommand command = new CompareCommand();
      new CommandLine(command).parseArgs("A", "B", rows);
      assertThatThrownBy(() -> command.compare(here, here))
          .isInstanceOf(ComparisonException.class)
          .hasMessageContaining("'" + rows + "'");
    }
  }

  /** Only B's machine is told something that it does not understand, and so it alone fails. */
  @Test
  void aPropertyIsOfBAlone() throws Exception {
    BenchmarkJar.installProfiler(folder);
    CompareCommand command = new CompareCommand();
    CommandLine line = new CommandLine(command).setErr(new PrintWriter(err));
    line.parseArgs(
        "A", "B", "Dma.*=64", "--rounds=1", "--warmups=0", "--iterations=1", "--millis=1");
    BenchmarkJar b = here("B", List.of("smmulator.bench.events=perhaps"));
    assertThatThrownBy(() -> command.compare(here("A", List.of()), b))
        .isInstanceOf(ComparisonException.class)
        .hasMessageContaining("B: JMH failed")
        .hasMessageContaining("smmulator.bench.events: perhaps; use on or off");
  }

  @Test
  void quickIsShortAndShowsCpuTime() {
    assertThat(Benchmarks.jmhArguments("Sync", "--quick"))
        .startsWith("Sync", "-f", "1")
        .contains("150ms", JavaThreadsCpu.class.getName())
        .doesNotContain("--quick");
    assertThat(Benchmarks.jmhArguments("Sync")).containsExactly("Sync");
  }

  private BenchmarkJar here() {
    return here("here", List.of());
  }

  private BenchmarkJar here(String name, List<String> properties) {
    return new BenchmarkJar(name, System.getProperty("java.class.path"), properties, folder);
  }

  private int execute(Object... words) {
    CommandLine line = Benchmarks.commandLine();
    line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err, true));
    return line.execute(Stream.of(words).map(Object::toString).toArray(String[]::new));
  }

  /** The commands of the README, and the rows that are compared when none are named. */
  @Test
  void theReadmeNamesBenchmarksThatExist() throws IOException {
    Path root = Configs.folder().resolveSibling("");
    Path sources = root.resolve("emulator/src/jmh/java/org/smmulator/bench");
    String readme = Files.readString(root.resolve("emulator/README.md"));
    Matcher line =
        Pattern.compile("(?m)^    java -jar \\S*benchmarks.jar([^#\n]*)").matcher(readme);
    int commands = 0;
    while (line.find()) {
      commands++;
      String words = line.group(1).strip();
      if (words.startsWith("compare ")) {
        String arguments = words.substring("compare ".length()).replace("\"", "");
        Benchmarks.commandLine()
            .parseArgs(Pattern.compile(" +").splitAsStream(arguments).toArray(String[]::new));
      }
      Matcher quoted = Pattern.compile("\"([^\"]*)\"").matcher(words);
      while (quoted.find()) {
        for (String part : Pattern.compile("\\|").splitAsStream(quoted.group(1)).toList()) {
          try (Stream<Path> files = Files.list(sources)) {
            assertThat(files).anyMatch(file -> file.getFileName().toString().startsWith(part));
          }
        }
      }
    }
    assertThat(commands).isGreaterThanOrEqualTo(4);
  }
}
