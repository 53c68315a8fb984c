package org.smmulator.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A checkout that has its folders only, with the command {@code emulator/bin/smmulator}; {@code
 * mvn} and {@code java} write down how they were called.
 */
final class Checkout {
  private static final Path BASH = Path.of("/bin/bash");
  private static final String JAVA =
      """
      #!/bin/bash
      if [[ $1 == -version ]]; then echo 'openjdk version "17.0.9"' >&2; exit; fi
      for word; do
        [[ $word != -XX:DumpLoadedClassList=* ]] || { echo "$@" >>"$ROOT/archived"; echo listed >"${word#*=}"; exit; }
        [[ $word != -XX:SharedClassListFile=* ]] || list=${word#*=}
        [[ $word != -XX:SharedArchiveFile=* ]] || archive=${word#*=}
      done
      if [[ $1 == -Xshare:dump ]]; then
        [[ -z ${ARCHIVES-} ]] || cat "$list" >"$archive"
        exit
      fi
      printf '%s\\n' run "$@" >>"$JOURNAL"
      [[ -z ${RUNS-} ]] || { touch "$RUNS"; while [[ -e $RUNS ]]; do sleep 0.1; done; }
      cat
      echo "the machine" || exit 74
      """;

  /**
   * Like a build: says what it is at, takes its time, and leaves a jar of one piece. It does not
   * begin in the tick of the file clock in which its begin was marked.
   */
  private static final String MAVEN =
      """
      #!/bin/bash
      touch "$ROOT/begun"
      [[ $ROOT/begun -nt $ROOT/emulator/target/first-build.started ]] || exit 1
      [[ -z $FAILS ]] || { echo '[ERROR] no such symbol'; exit 1; }
      echo build >>"$JOURNAL"
      echo "[INFO] --- maven-compiler-plugin:3.14:compile (default-compile) @ devices ---"
      mkdir "$ROOT/emulator/target/in-work" || exit 1
      echo half >"$ROOT/emulator/target/smmulator.jar"
      until [[ ! -e $ROOT/hold ]]; do sleep 0.1; done
      sleep "${SLOW:-0}"
      echo whole >"$ROOT/emulator/target/smmulator.jar"
      rmdir "$ROOT/emulator/target/in-work"
      """;

  /** What the command itself needs. */
  private static final List<String> BARE =
      List.of(
          "readlink",
          "dirname",
          "sed",
          "head",
          "tail",
          "find",
          "mkdir",
          "rmdir",
          "rm",
          "ln",
          "mv",
          "touch",
          "sleep",
          "cat");

  private final Path folder;
  private final Path root;

  Checkout(Path folder) throws IOException {
    this.folder = folder;
    assumeTrue(Files.isExecutable(BASH), "no /bin/bash to run the command");
    root = Files.createDirectory(folder.resolve("check out"));
    for (String module : List.of("emulator/execution", "guest-api", "devices", "emulator")) {
      Files.createDirectories(root.resolve(module).resolve("src/main/java"));
      write(module + "/pom.xml", "");
      write(module + "/src/main/java/A.java", "");
    }
    write("pom.xml", "");
    Files.createDirectory(root.resolve("emulator/bin"));
    Files.copy(script(), command());
    Files.copy(script().resolveSibling("build"), command().resolveSibling("build"));
    executable("java", JAVA);
    executable("mvn", MAVEN);
    write("journal", "");
  }

  /** The command itself, which is tested. */
  Path script() {
    return Stream.of(Path.of("bin/smmulator"), Path.of("emulator/bin/smmulator"))
        .filter(Files::exists)
        .findFirst()
        .orElseThrow();
  }

  Path root() {
    return root;
  }

  Path command() {
    return root.resolve("emulator/bin/smmulator");
  }

  Path jar() {
    return root.resolve("emulator/target/smmulator.jar");
  }

  void write(String file, String text) throws IOException {
    Files.writeString(root.resolve(file), text);
  }

  void executable(String name, String text) throws IOException {
    Path file = Files.createDirectories(folder.resolve("tools")).resolve(name);
    Files.writeString(file, text);
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  void age(Path file, int seconds) throws IOException {
    FileTime time = FileTime.from(Instant.now().plusSeconds(seconds));
    Files.setLastModifiedTime(file, time);
    if (file.equals(jar()) && Files.exists(archive())) {
      Files.setLastModifiedTime(archive(), time);
    }
  }

  /** The classes of the jar, for the {@code java} of this test. */
  Path archive() {
    return root.resolve("emulator/target/classes-openjdkversion17.0.9.jsa");
  }

  /** A jar that is newer than all there is, of which no classes can be kept. */
  void hasJar() throws IOException {
    Files.createDirectories(root.resolve("emulator/target"));
    Files.writeString(jar(), "whole");
    Files.writeString(archive(), "");
    age(jar(), 60);
  }

  List<String> journal() throws IOException {
    return Files.readAllLines(root.resolve("journal"));
  }

  record Ended(int code, String out, String err) {}

  ProcessBuilder process(String... words) {
    List<String> command = new ArrayList<>(List.of(BASH.toString()));
    command.addAll(Arrays.asList(words));
    ProcessBuilder process = new ProcessBuilder(command);
    process.environment().keySet().removeIf(name -> name.startsWith("SMMULATOR_"));
    process.environment().remove("JAVA_HOME");
    process.environment().merge("PATH", folder + "/tools", (path, tools) -> tools + ":" + path);
    process.environment().put("ROOT", root.toString());
    process.environment().put("JOURNAL", root.resolve("journal").toString());
    return process.redirectInput(Path.of("/dev/null").toFile());
  }

  Ended end(ProcessBuilder process) throws Exception {
    Path out = Files.createTempFile(folder, "out", "");
    Path err = Files.createTempFile(folder, "err", "");
    Process started = process.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    return new Ended(started.waitFor(), Files.readString(out, UTF_8), Files.readString(err, UTF_8));
  }

  Ended run(String... arguments) throws Exception {
    String[] words =
        Stream.concat(Stream.of(command().toString()), Stream.of(arguments)).toArray(String[]::new);
    return end(process(words));
  }

  /** A PATH with the tools of this test and what the command needs, but neither Maven nor flock. */
  private String bareTools() throws IOException {
    Path bare = Files.createDirectories(folder.resolve("bare"));
    for (String tool : BARE) {
      Path there =
          Stream.of("/usr/bin", "/bin")
              .map(bin -> Path.of(bin, tool))
              .filter(Files::exists)
              .findFirst()
              .orElseThrow();
      executable("../bare/" + tool, "#!/bin/bash\nexec " + there + " \"$@\"\n");
    }
    return folder + "/tools:" + bare;
  }

  ProcessBuilder process(boolean flock) throws IOException {
    ProcessBuilder process = process(command().toString());
    if (!flock) {
      process.environment().put("PATH", bareTools());
    }
    return process;
  }

  interface Condition {
    boolean holds() throws IOException;
  }

  /** Waits for what a process that runs does. */
  static void await(Process process, Condition condition) throws Exception {
    while (!condition.holds()) {
      assertThat(process.isAlive() || condition.holds()).as("the command ended").isTrue();
      Thread.sleep(10);
    }
  }
}
