package org.smmulator.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.plugin.Plugins;
import picocli.CommandLine.Option;

/**
 * The folders of plug-ins. They are named here and nowhere else: a machine file of somebody else's
 * must not say what code is run.
 */
final class PluginOptions {
  @Option(
      names = "--plugins",
      paramLabel = "DIR",
      description = {
        "Folder with jars of device models, guest drivers and guest programs; their code is run.",
        "For several folders give it again."
      })
  private List<Path> folders = List.of();

  /**
   * From now on the process has these plug-ins.
   *
   * @throws UserException if a folder cannot be read
   */
  void use() throws UserException {
    try {
      Plugins.use(folders);
    } catch (IOException e) {
      throw new UserException(ExitCode.USAGE, "--plugins: " + e.getMessage());
    }
  }

  /** These options again, each behind a space, as a shell would take them. */
  String words() {
    StringBuilder words = new StringBuilder();
    folders.forEach(
        folder -> words.append(" --plugins ").append(SettingOptions.quoted(folder.toString())));
    return words.toString();
  }

  /** The same folders, each by its full path, for another process. */
  static List<String> forAnotherProcess() {
    List<String> words = new ArrayList<>();
    Plugins.current().folders().forEach(folder -> words.addAll(List.of("--plugins", "" + folder)));
    return words;
  }
}
