package org.smmulator.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.SummaryJson;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code smmulator stats}. */
@Command(
    name = "stats",
    description = {"Prints the tables of a running machine.", ""},
    mixinStandardHelpOptions = true,
    versionProvider = Smmulator.Version.class)
final class StatsCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Mixin private final MachineHttp machine = new MachineHttp();

  @Option(names = "--json", description = "Print JSON instead of tables.")
  private boolean json;

  @Override
  public Integer call() throws UserException, InterruptedException {
    String body = machine.get("/api/summary");
    Output output = Output.of(spec);
    try {
      if (json) {
        output.print(body);
      } else {
        output.printTables(SummaryJson.read(body));
      }
      return ExitCode.OK.code();
    } catch (IOException e) {
      throw machine.unlikeAMachine(String.valueOf(e.getMessage()));
    }
  }
}
