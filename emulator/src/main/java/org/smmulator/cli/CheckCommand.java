package org.smmulator.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.ConfigException;
import org.smmulator.config.ConfigFile;
import org.smmulator.config.Departures;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.Setting;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code smmulator check}. */
@Command(
    name = "check",
    description = {"Checks machine files without starting anything.", ""},
    mixinStandardHelpOptions = true,
    versionProvider = SmmulatorCommand.Version.class)
final class CheckCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "FILE", arity = "1..*", description = "Machine files (YAML).")
  private List<Path> files = List.of();

  @Mixin private SettingOptions settings = new SettingOptions();

  @Mixin private PluginOptions plugins = new PluginOptions();

  @Override
  public Integer call() throws UserException {
    PrintWriter out = Output.of(spec).out();
    PrintWriter err = Output.of(spec).err();
    List<Setting> changes = settings.settings();
    plugins.use();
    ExitCode code = ExitCode.OK;
    for (Path file : files) {
      try {
        MachineConfig config = ConfigFile.load(file, changes);
        out.println(file + ": ok");
        Departures.of(config).forEach(line -> out.println(file + ": " + line));
      } catch (ConfigException e) {
        e.problems().forEach(err::println);
        code = ExitCode.USAGE;
      }
    }
    return code.code();
  }
}
