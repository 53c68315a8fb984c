package org.smmulator.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.ProcessTable;
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
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = Smmulator.Version.class)
final class PsCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Mixin private final MachineHttp machine = new MachineHttp();

  @Option(names = "--json", description = "Print JSON instead of a table.")
  private boolean json;

  @Override
  public Integer call() throws UserException {
    String body = machine.get("/api/processes");
    try {
      Output.of(spec).print(json ? body : ProcessTable.read(body).render());
      return ExitCode.OK.code();
    } catch (IOException e) {
      throw machine.unlikeAMachine(String.valueOf(e.getMessage()));
    }
  }
}
