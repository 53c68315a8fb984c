package org.smmulator.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.metrics.StreamsTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code smmulator ps}. */
@Command(
    name = "ps",
    description = {
      "Lists the guest's processes: PASID, ASID, buffer, bound devices; and PASIDs in quarantine.",
      "Of a guest that is a program of its own: its streams and PASIDs, as its tables have them.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = SmmulatorCommand.Version.class)
final class PsCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Mixin private final MachineHttp machine = new MachineHttp();

  @Option(names = "--json", description = "Print JSON instead of a table.")
  private boolean json;

  @Option(
      names = "--streams",
      description = "Also list the streams and PASIDs, as the tables in memory have them.")
  private boolean streams;

  @Override
  public Integer call() throws UserException {
    try {
      String table = machine.get("/api/streams");
      StreamsTable known = StreamsTable.read(table);
      if (json) {
        Output.of(spec).print(streams || known.external() ? table : processes());
      } else if (known.external()) {
        Output.of(spec).print(known.render());
      } else {
        String text = ProcessTable.read(processes()).render();
        Output.of(spec).print(streams ? text + "\n" + known.render() : text);
      }
      return ExitCode.OK.code();
    } catch (IOException e) {
      throw machine.unlikeAMachine(String.valueOf(e.getMessage()));
    }
  }

  private String processes() throws UserException {
    return machine.get("/api/processes");
  }
}
