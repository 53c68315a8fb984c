package org.smmulator.bench;

import java.util.Arrays;
import picocli.CommandLine;

/** {@code java -jar benchmarks.jar}: JMH with its own options, or the comparison of two jars. */
public final class Benchmarks {
  private Benchmarks() {}

  public static void main(String[] args) throws Exception {
    if (args.length > 0 && args[0].equals("compare")) {
      String[] rest = Arrays.copyOfRange(args, 1, args.length);
      System.exit(commandLine().execute(rest));
    }
    org.openjdk.jmh.Main.main(args);
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
