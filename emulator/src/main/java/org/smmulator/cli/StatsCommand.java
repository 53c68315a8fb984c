package org.smmulator.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.SummaryJson;
import org.smmulator.metrics.SummaryTables;
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
    try {
      String text = json ? body : SummaryTables.render(SummaryJson.read(body));
      Output.of(spec).print(text);
      return ExitCode.OK.code();
    } catch (IOException e) {
      throw machine.unlikeAMachine(String.valueOf(e.getMessage()));
    }
  }
}
