package org.smmulator.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code java -jar benchmarks.jar compare A.jar B.jar}. */
@Command(
    name = "java -jar benchmarks.jar compare",
    description = {
      "Compares the benchmarks of two builds, A before a change and B with it.",
      "",
      "Each round of a row runs A, B, and A once more, each in a JVM of its own and in another"
          + " order than the round before. The ratios B/A are medians over the rounds; A/A is the"
          + " range in which A differed from itself, and 1. A row is the same unless its B/A lies"
          + " outside of that.",
      "CPU time is that of all Java threads; real time also shows waiting, and what else runs"
          + " here.",
      ""
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:no row of B takes more than the limit",
      "1:a row does, by more than A differs from itself",
      "2:nothing was compared, and a sentence says why"
    })
public final class CompareCommand implements Callable<Integer> {
  static final int SLOWER = 1;
  static final int USAGE = 2;

  /** What the machine's speed hangs on: a hit, a walk, a request, the device's cache, the bus. */
  private static final List<String> USUAL_ROWS =
      List.of(
          "TlbHitBenchmark\\.tlbHit resident=65536",
          "TlbMissBenchmark\\.walk spacing=DENSE walkEntries=256",
          "TlbHitBenchmark\\.atsTranslationRequest resident=65536",
          "AtcHitBenchmark\\.hit entries=256",
          "DmaReadBenchmark\\.dmaRead outstanding=64");

  private static final double START_SECONDS = 1;

  @Spec private @Nullable CommandSpec spec;

  @Parameters(index = "0", paramLabel = "A.jar", description = "benchmarks.jar before the change.")
  private Path before = Path.of("");

  @Parameters(index = "1", paramLabel = "B.jar", description = "benchmarks.jar with the change.")
  private Path after = Path.of("");

  @Parameters(
      index = "2..*",
      paramLabel = "ROWS",
      description =
          "Regular expressions; rows in whose names one is found are compared. All of them: '.'"
              + " (default: TLB hit, dense walk, ATS request, ATC hit, DMA over TCP).")
  private List<String> patterns = USUAL_ROWS;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and end.")
  @SuppressWarnings("UnusedVariable") // picocli does what it means
  private boolean help;

  @Option(names = "--list", description = "List the rows that both have, and end.")
  private boolean list;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description = "Rounds of each row (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--warmups",
      paramLabel = "N",
      defaultValue = "4",
      description = "Iterations of a run that do not count (default: ${DEFAULT-VALUE}).")
  private int warmups;

  @Option(
      names = "--iterations",
      paramLabel = "N",
      defaultValue = "5",
      description = "Iterations that count, by their median (default: ${DEFAULT-VALUE}).")
  private int iterations;

  @Option(
      names = "--millis",
      paramLabel = "N",
      defaultValue = "250",
      description = "Length of an iteration, milliseconds (default: ${DEFAULT-VALUE}).")
  private int millis;

  @Option(
      names = "--limit",
      paramLabel = "RATIO",
      defaultValue = "1.05",
      description = "Largest B/A that is still good (default: ${DEFAULT-VALUE}).")
  private double limit;

  @Option(
      names = "--property",
      paramLabel = "NAME=VALUE",
      description =
          "A system property of B alone, such as smmulator.bench.events=on; A.jar and B.jar may"
              + " then be the same.")
  private List<String> properties = List.of();

  @Override
  public Integer call() throws ComparisonException, IOException, InterruptedException {
    check("--rounds", rounds, 1);
    check("--warmups", warmups, 0);
    check("--iterations", iterations, 1);
    check("--millis", millis, 1);
    Path folder = Files.createTempDirectory("benchmarks");
    Thread end = new Thread(() -> end(folder));
    Runtime.getRuntime().addShutdownHook(end);
    BenchmarkJar.installProfiler(folder);
    return compare(
        BenchmarkJar.open(before, List.of(), folder),
        BenchmarkJar.open(after, properties, folder));
  }

  private static void check(String option, int value, int least) throws ComparisonException {
    if (value < least) {
      throw new ComparisonException(
          option + ": " + value + " is out of range; use " + least + " or more");
    }
  }

  private static void end(Path folder) {
    ProcessHandle.current().children().forEach(ProcessHandle::destroy);
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | UncheckedIOException e) {
      System.err.println("compare: " + folder + " could not be removed");
    }
  }

  /** Compares, and prints a line for each row as soon as there is one. */
  int compare(BenchmarkJar a, BenchmarkJar b)
      throws ComparisonException, IOException, InterruptedException {
    PrintWriter out = spec().commandLine().getOut();
    List<BenchmarkRow> common = common(a, b);
    if (list) {
      common.forEach(row -> out.println(row.name()));
      return 0;
    }
    List<BenchmarkRow> chosen = chosen(common);
    BenchmarkJar.Effort effort = new BenchmarkJar.Effort(warmups, iterations, millis);
    say(
        "rows: %d, of %d rounds; about %.0f min",
        chosen.size(),
        rounds,
        Math.ceil(chosen.size() * rounds * 3 * (effort.seconds() + START_SECONDS) / 60));
    out.println(RowComparison.heading());
    out.flush();
    int beyond = 0;
    for (BenchmarkRow row : chosen) {
      RowComparison comparison = compare(row, a, b, effort);
      out.println(comparison.line(row));
      out.flush();
      beyond += comparison.isBeyond(limit) ? 1 : 0;
    }
    return beyond == 0 ? 0 : SLOWER;
  }

  private List<BenchmarkRow> common(BenchmarkJar a, BenchmarkJar b)
      throws ComparisonException, IOException, InterruptedException {
    List<BenchmarkRow> common = new ArrayList<>(a.rows());
    common.retainAll(b.rows());
    if (common.isEmpty()) {
      throw new ComparisonException(a + " and " + b + " have no row in common");
    }
    common.sort(Comparator.comparing(BenchmarkRow::benchmark));
    return common;
  }

  private List<BenchmarkRow> chosen(List<BenchmarkRow> common) throws ComparisonException {
    Set<BenchmarkRow> chosen = new LinkedHashSet<>();
    for (String text : patterns) {
      Pattern pattern = pattern(text);
      List<BenchmarkRow> found =
          common.stream().filter(row -> pattern.matcher(row.name()).find()).toList();
      if (found.isEmpty()) {
        throw new ComparisonException(
            "no row that both have matches '" + text + "'; list them with --list");
      }
      chosen.addAll(found);
    }
    return List.copyOf(chosen);
  }

  private static Pattern pattern(String text) throws ComparisonException {
    try {
      return Pattern.compile(text);
    } catch (PatternSyntaxException e) {
      throw new ComparisonException(
          "'" + text + "' is no regular expression: " + e.getDescription());
    }
  }

  private RowComparison compare(
      BenchmarkRow row, BenchmarkJar a, BenchmarkJar b, BenchmarkJar.Effort effort)
      throws ComparisonException, IOException, InterruptedException {
    RowComparison comparison = new RowComparison();
    List<BenchmarkJar> sides = List.of(a, b, a);
    for (int round = 0; round < rounds; round++) {
      say("%s: round %d of %d", row.name(), round + 1, rounds);
      Measured[] measured = new Measured[sides.size()];
      for (int turn = 0; turn < sides.size(); turn++) {
        int side = (round + turn) % sides.size();
        measured[side] = sides.get(side).measure(row, effort);
      }
      comparison.add(measured[0], measured[1], measured[2]);
    }
    return comparison;
  }

  @SuppressWarnings("AnnotateFormatMethod")
  private void say(String format, Object... values) {
    PrintWriter err = spec().commandLine().getErr();
    err.println(String.format(format, values));
    err.flush();
  }

  private CommandSpec spec() {
    if (spec == null) {
      throw new IllegalStateException("not run by picocli");
    }
    return spec;
  }
}
