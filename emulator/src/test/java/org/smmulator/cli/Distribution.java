package org.smmulator.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.smmulator.cli.Checkout.Ended;

/** The archive that Maven has packed, unpacked for somebody who has a Java runtime only. */
final class Distribution {
  /** All that the command needs of a computer, Java aside. */
  private static final List<String> TOOLS =
      List.of("bash", "readlink", "dirname", "sed", "head", "mkdir", "rm", "mv", "touch");

  private final Path folder;
  private final Path root;
  private final Path cache;

  /**
   * @param archives path of the archives without their suffix
   * @param folder gets the distribution, the tools, and what else its user has
   */
  Distribution(String archives, Path folder) throws Exception {
    this.folder = folder;
    Process tar =
        new ProcessBuilder("tar", "-xpzf", archives + ".tar.gz", "-C", folder.toString())
            .inheritIO()
            .start();
    assertThat(tar.waitFor()).as("unpacks").isZero();
    root = folder.resolve(Path.of(archives).getFileName());
    cache = folder.resolve("cache");
    Path tools = Files.createDirectory(folder.resolve("tools"));
    Files.createSymbolicLink(
        tools.resolve("java"), Path.of(System.getProperty("java.home"), "bin", "java"));
    for (String tool : TOOLS) {
      Path there =
          Stream.of("/usr/bin", "/bin")
              .map(bin -> Path.of(bin, tool))
              .filter(Files::exists)
              .findFirst()
              .orElseThrow();
      Files.createSymbolicLink(tools.resolve(tool), there);
    }
  }

  Path root() {
    return root;
  }

  /** Where the command keeps what it cannot keep beside the jar. */
  Path cache() {
    return cache;
  }

  /** A program given in the unpacked folder, with nothing in its PATH but those tools. */
  Ended run(List<String> command) throws Exception {
    Path out = Files.createTempFile(folder, "out", "");
    Path err = Files.createTempFile(folder, "err", "");
    ProcessBuilder process =
        new ProcessBuilder(command)
            .directory(root.toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    process.environment().clear();
    process.environment().put("PATH", folder.resolve("tools").toString());
    process.environment().put("XDG_CACHE_HOME", cache.toString());
    return new Ended(
        process.start().waitFor(), Files.readString(out, UTF_8), Files.readString(err, UTF_8));
  }

  /** The command itself. */
  Ended smmulator(String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of(root.resolve("bin/smmulator").toString()));
    command.addAll(List.of(words));
    return run(command);
  }

  /** The archives of classes in a folder or below. */
  static List<Path> archives(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".jsa")).toList();
    }
  }
}
