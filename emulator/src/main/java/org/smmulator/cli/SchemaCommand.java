package org.smmulator.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.MachineSchema;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code smmulator schema}. */
@Command(
    name = "schema",
    description = {
      "Prints the JSON schema of machine files, for editors; with --plugins also the keys of your",
      "device models. That of the bundled ones is configs/smmulator.schema.json.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = SmmulatorCommand.Version.class)
final class SchemaCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Mixin private PluginOptions plugins = new PluginOptions();

  @Override
  public Integer call() throws UserException {
    plugins.use();
    Output.of(spec).print(MachineSchema.write());
    return ExitCode.OK.code();
  }
}
