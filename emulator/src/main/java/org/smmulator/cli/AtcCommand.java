package org.smmulator.cli;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.AtcTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code smmulator atc}: what is asked goes to the machine as it stands, which judges it. */
@Command(
    name = "atc",
    description = {"Prints what a device of a running machine holds in its ATC, as it says.", ""},
    mixinStandardHelpOptions = true,
    versionProvider = SmmulatorCommand.Version.class)
final class AtcCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Mixin private final MachineHttp machine = new MachineHttp();

  @Parameters(paramLabel = "DEVICE", description = "The device by its name or PCI id.")
  private String device = "";

  @Option(names = "--set", paramLabel = "N", description = "Of this set alone, from 0 on.")
  private @Nullable String set;

  @Option(names = "--pasid", paramLabel = "PASID", description = "Of this PASID alone.")
  private @Nullable String pasid;

  @Option(
      names = "--process",
      paramLabel = "PROCESS",
      description = "Of a process of the scenario alone, in place of its --pasid.")
  private @Nullable String process;

  @Option(names = "--json", description = "Print JSON instead of a table.")
  private boolean json;

  @Override
  public Integer call() throws UserException, InterruptedException {
    String query =
        parameter("device", device)
            + parameter("set", set)
            + parameter("pasid", pasid)
            + parameter("process", process);
    String body = machine.get("/api/atc?" + query.substring(1));
    try {
      Output.of(spec).print(json ? body : AtcTable.read(body).render());
      return ExitCode.OK.code();
    } catch (IOException e) {
      throw machine.unlikeAMachine(String.valueOf(e.getMessage()));
    }
  }

  private static String parameter(String name, @Nullable String value) {
    return value == null ? "" : "&" + name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
  }
}
