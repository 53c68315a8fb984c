package org.smmulator.cli;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code smmulator explain}: what is asked goes to the machine as it stands, which judges it. */
@Command(
    name = "explain",
    description = {
      "Explains one translation of a running machine step by step, and changes nothing there.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = SmmulatorCommand.Version.class)
final class ExplainCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Mixin private final MachineHttp machine = new MachineHttp();

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "The device by its name or PCI id, in place of --stream.")
  private @Nullable String device;

  @Option(
      names = "--stream",
      paramLabel = "STREAM",
      description = "StreamID, such as 0x20, or the device's PCI id, such as 00:04.0.")
  private @Nullable String stream;

  @Option(
      names = "--process",
      paramLabel = "PROCESS",
      description = "A process of the scenario, in place of its --pasid.")
  private @Nullable String process;

  @Option(
      names = "--pasid",
      paramLabel = "PASID",
      description = "PASID (SubstreamID); without one if it is left out.")
  private @Nullable String pasid;

  @Option(names = "--address", paramLabel = "ADDRESS", description = "Input address.")
  private @Nullable String address;

  @Option(
      names = "--page",
      paramLabel = "N",
      description = "A page of the process's buffer, from 0 on, in place of --address.")
  private @Nullable String page;

  @Option(
      names = "--access",
      required = true,
      paramLabel = "ACCESS",
      description = "read, write or execute.")
  private String access = "";

  @Option(names = "--privileged", description = "The access is privileged.")
  private boolean privileged;

  @Option(
      names = "--kind",
      defaultValue = "untranslated",
      paramLabel = "KIND",
      description =
          "What reaches the SMMU: untranslated, translated (AT = 10) or ats (a translation"
              + " request); default: ${DEFAULT-VALUE}.")
  private String kind = "";

  @Override
  public Integer call() throws UserException {
    requireOne("--device or --stream", device, stream);
    requireOne("--page or --address", page, address);
    Output.of(spec).print(machine.get("/api/explain?" + query()));
    return ExitCode.OK.code();
  }

  private String query() {
    Map<String, String> parameters = new LinkedHashMap<>();
    put(parameters, "device", device);
    put(parameters, "stream", stream);
    put(parameters, "process", process);
    put(parameters, "pasid", pasid);
    put(parameters, "address", address);
    put(parameters, "page", page);
    parameters.put("access", access);
    parameters.put("privileged", Boolean.toString(privileged));
    parameters.put("kind", kind);
    return parameters.entrySet().stream()
        .map(
            each ->
                each.getKey() + "=" + URLEncoder.encode(each.getValue(), StandardCharsets.UTF_8))
        .collect(Collectors.joining("&"));
  }

  /** Which of two say it, if any, the machine may still refuse. */
  private static void requireOne(String names, @Nullable String one, @Nullable String other)
      throws UserException {
    if (one == null && other == null) {
      throw new UserException(
          ExitCode.USAGE, names + " is missing; see 'smmulator explain --help'");
    }
  }

  private static void put(Map<String, String> parameters, String name, @Nullable String value) {
    if (value != null) {
      parameters.put(name, value);
    }
  }
}
