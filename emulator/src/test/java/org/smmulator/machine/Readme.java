package org.smmulator.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.smmulator.config.Configs;

/** One file of the repository that readers copy from: a README, or a machine file's comment. */
record Readme(Path file, String text) {
  /** The folder that README commands are given in. */
  static final Path ROOT = Configs.folder().resolveSibling("");

  private static final Pattern COMMAND =
      Pattern.compile("(?:    |#   |\\$ |`)(?:(?:emulator/)?bin/)?smmulator ([^#`\n(]*)");
  private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");

  static Readme of(String path) throws IOException {
    Path file = ROOT.resolve(path);
    return new Readme(file, Files.readString(file));
  }

  /** Every README and every machine file. */
  static List<Readme> all() throws IOException {
    List<Readme> all = new ArrayList<>();
    all.add(of("README.md"));
    for (String module : List.of("devices", "emulator", "guest-api")) {
      all.add(of(module + "/README.md"));
    }
    all.add(of("emulator/src/distribution/README.md"));
    all.add(of("configs/linux/README.md"));
    all.add(of("configs/linux/machine.yaml"));
    try (Stream<Path> configs = Files.list(Configs.folder())) {
      for (Path config : configs.filter(each -> each.toString().endsWith(".yaml")).toList()) {
        all.add(of("configs/" + config.getFileName()));
      }
    }
    return all;
  }

  /** The fenced blocks of a language. */
  List<String> blocks(String language) {
    List<String> blocks = new ArrayList<>();
    Matcher block = Pattern.compile("(?s)```" + language + "\n(.*?)```").matcher(text);
    while (block.find()) {
      blocks.add(block.group(1));
    }
    return blocks;
  }

  /** The words of each command line of {@code smmulator} after its name. */
  List<List<String>> commands() {
    List<List<String>> commands = new ArrayList<>();
    Matcher command = COMMAND.matcher(text);
    while (command.find()) {
      commands.add(words(command.group(1)));
    }
    return commands;
  }

  /** The words of each line that begins, indented, with this program. */
  List<List<String>> commands(String program) {
    List<List<String>> commands = new ArrayList<>();
    Matcher command =
        Pattern.compile("(?m)^    " + Pattern.quote(program) + "(?: ([^#\n]*))?").matcher(text);
    while (command.find()) {
      commands.add(words(command.group(1) == null ? "" : command.group(1)));
    }
    return commands;
  }

  private static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    Matcher word = WORD.matcher(line);
    while (word.find()) {
      words.add(word.group(1) != null ? word.group(1) : word.group(2));
    }
    return words;
  }

  /** Options that the text speaks of, such as {@code --stay}. */
  Set<String> options() {
    Set<String> options = new LinkedHashSet<>();
    Matcher option = Pattern.compile("`(--[a-z-]+)").matcher(text);
    while (option.find()) {
      options.add(option.group(1));
    }
    return options;
  }

  @Override
  public String toString() {
    return ROOT.relativize(file).toString();
  }
}
