package org.smmulator.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;

/**
 * {@code java -jar benchmarks.jar}: JMH with its own options, {@code --quick} for all rows in two
 * minutes, with CPU time and allocation, or the comparison of two jars.
 */
public final class Benchmarks {
  private Benchmarks() {}

  public static void main(String[] args) throws Exception {
    if (args.length > 0 && args[0].equals("compare")) {
      String[] rest = Arrays.copyOfRange(args, 1, args.length);
      System.exit(commandLine().execute(rest));
    }
    org.openjdk.jmh.Main.main(jmhArguments(args));
  }

  /** {@code --quick}, wherever it stands, is short iterations and the profilers; JMH's rest stays. */
  static String[] jmhArguments(String... args) {
    List<String> all = new ArrayList<>(Arrays.asList(args));
    if (all.remove("--quick")) {
      all.addAll(List.of("-f", "1", "-wi", "2", "-i", "3", "-w", "150ms", "-r", "150ms"));
      all.addAll(List.of("-prof", JavaThreadsCpu.class.getName(), "-prof", "gc"));
    }
    return all.toArray(String[]::new);
  }

  /** Of {@code compare}. */
  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new CompareCommand());
    line.setExecutionExceptionHandler(
        (e, failed, parsed) -> {
          if (!(e instanceof ComparisonException)) {
            throw e;
          }
          failed.getErr().println("compare: " + e.getMessage());
          return CompareCommand.USAGE;
        });
    line.setParameterExceptionHandler(
        (e, misused) -> {
          String help = "; see 'java -jar benchmarks.jar compare --help'";
          e.getCommandLine().getErr().println("compare: " + e.getMessage() + help);
          return CompareCommand.USAGE;
        });
    return line;
  }
}
