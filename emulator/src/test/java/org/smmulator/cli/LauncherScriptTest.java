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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The command {@code emulator/bin/smmulator} in a checkout that has its folders only; {@code mvn}
 * and {@code java} write down how they were called.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LauncherScriptTest {
  private static final Path BASH = Path.of("/bin/bash");
  private static final String JAVA =
      """
      #!/bin/bash
      if [[ $1 == -version ]]; then echo 'openjdk version "17.0.9"' >&2; exit; fi
      printf '%s\\n' run "$@" >>"$JOURNAL"
      [[ -z ${RUNS-} ]] || { touch "$RUNS"; while [[ -e $RUNS ]]; do sleep 0.1; done; }
      cat
      echo "the machine" || exit 74
      """;

  /** Like a build: says what it is at, takes its time, and leaves a jar of one piece. */
  private static final String MAVEN =
      """
      #!/bin/bash
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
          "touch",
          "sleep",
          "cat");

  @TempDir private Path folder;

  @SuppressWarnings("NullAway.Init") // made before each test
  private Path root;

  @BeforeEach
  void makeCheckout() throws IOException {
    assumeTrue(Files.isExecutable(BASH), "no /bin/bash to run the command");
    root = Files.createDirectory(folder.resolve("check out"));
    for (String module : List.of("emulator/execution", "guest-api", "devices", "emulator")) {
      Files.createDirectories(root.resolve(module).resolve("src/main/java"));
      write(module + "/pom.xml", "");
      write(module + "/src/main/java/A.java", "");
    }
    write("pom.xml", "");
    Files.createDirectory(root.resolve("emulator/bin"));
    Path script =
        Stream.of(Path.of("bin/smmulator"), Path.of("emulator/bin/smmulator"))
            .filter(Files::exists)
            .findFirst()
            .orElseThrow();
    Files.copy(script, command());
    executable("java", JAVA);
    executable("mvn", MAVEN);
    write("journal", "");
  }

  private Path command() {
    return root.resolve("emulator/bin/smmulator");
  }

  private Path jar() {
    return root.resolve("emulator/target/smmulator.jar");
  }

  private void write(String file, String text) throws IOException {
    Files.writeString(root.resolve(file), text);
  }

  private void executable(String name, String text) throws IOException {
    Path file = Files.createDirectories(folder.resolve("tools")).resolve(name);
    Files.writeString(file, text);
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private void age(Path file, int seconds) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(seconds)));
  }

  /** A jar that is newer than all there is. */
  private void hasJar() throws IOException {
    Files.createDirectories(root.resolve("emulator/target"));
    Files.writeString(jar(), "whole");
    age(jar(), 60);
  }

  private List<String> journal() throws IOException {
    return Files.readAllLines(root.resolve("journal"));
  }

  private record Ended(int code, String out, String err) {}

  private ProcessBuilder process(String... words) {
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

  private Ended end(ProcessBuilder process) throws Exception {
    Path out = Files.createTempFile(folder, "out", "");
    Path err = Files.createTempFile(folder, "err", "");
    Process started = process.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    return new Ended(started.waitFor(), Files.readString(out, UTF_8), Files.readString(err, UTF_8));
  }

  private Ended run(String... arguments) throws Exception {
    String[] words =
        Stream.concat(Stream.of(command().toString()), Stream.of(arguments)).toArray(String[]::new);
    return end(process(words));
  }

  @Test
  void buildsAJarThatIsMissingAndSaysWhatItIsAt() throws Exception {
    ProcessBuilder slow = process(command().toString());
    slow.environment().put("SLOW", "2"); // the phase is looked for twice a second
    Ended ended = end(slow);

    assertThat(ended.code()).isZero();
    assertThat(ended.out()).isEqualTo("the machine\n");
    assertThat(ended.err())
        .containsSubsequence(
            "smmulator: building " + jar() + ": there is no " + jar() + " yet",
            "smmulator: Maven's output goes to " + root + "/emulator/target/first-build.log\n",
            "smmulator: devices: compile\n",
            "smmulator: built in ");
    assertThat(journal()).startsWith("build", "run").containsOnlyOnce("build");
  }

  @Test
  void buildsNothingWhenTheJarIsNewerThanItsSources() throws Exception {
    hasJar();
    Ended ended = run();

    assertThat(ended).isEqualTo(new Ended(0, "the machine\n", ""));
    assertThat(journal()).startsWith("run");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pom.xml",
        "emulator/pom.xml",
        "emulator/src/main/java/A.java",
        "emulator/execution/pom.xml",
        "emulator/execution/src/main/java/A.java",
        "guest-api/src/main/java/A.java",
        "devices/src/main/java/A.java"
      })
  void buildsAnewWhenASourceHasChangedAndThenNotAgain(String source) throws Exception {
    hasJar();
    age(root.resolve(source), 120);
    Ended ended = run();

    assertThat(ended.code()).isZero();
    assertThat(ended.err()).contains(": " + root.resolve(source) + " is newer than the jar");
    assertThat(journal()).startsWith("build", "run");
    age(root.resolve(source), 0);
    age(jar(), 60);
    assertThat(run().err()).isEmpty();
  }

  @Test
  void buildsAnewWhenASourceHasGone() throws Exception {
    hasJar();
    age(jar(), -60);
    try (Stream<Path> all = Files.walk(root)) {
      for (Path each : all.filter(path -> !path.equals(jar())).toList()) {
        age(each, -120);
      }
    }
    assertThat(run().err()).isEmpty();
    Files.delete(root.resolve("devices/src/main/java/A.java"));

    assertThat(run().err()).contains("devices/src/main/java is newer than the jar");
  }

  /** What was edited while the build ran may not be in the jar. */
  @Test
  void aSourceThatChangesDuringABuildIsNewerThanItsJar() throws Exception {
    write("hold", "");
    Process building = process(command().toString()).start();
    await(() -> Files.exists(jar()));
    write("devices/src/main/java/A.java", "class A {}");
    Files.delete(root.resolve("hold"));
    building.getInputStream().readAllBytes();
    assertThat(building.waitFor()).isZero();

    assertThat(run().err()).contains("devices/src/main/java/A.java is newer than the jar");
  }

  @Test
  void buildsAnewWhenItIsToldTo() throws Exception {
    hasJar();
    ProcessBuilder told = process(command().toString());
    told.environment().put("SMMULATOR_REBUILD", "1");

    assertThat(end(told).err()).contains("SMMULATOR_REBUILD is 1");
    assertThat(journal()).startsWith("build", "run");
  }

  @Test
  void showsTheEndOfTheLogWhenTheBuildFails() throws Exception {
    ProcessBuilder failing = process(command().toString());
    failing.environment().put("FAILS", "1");
    Ended ended = end(failing);

    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err())
        .contains("[ERROR] no such symbol\n")
        .endsWith(
            "smmulator: the build failed; all of its output is in "
                + root
                + "/emulator/target/first-build.log\n");
    assertThat(journal()).isEmpty();
    assertThat(run().code()).as("and can be tried again").isZero();
  }

  @Test
  void passesItsArgumentsOn() throws Exception {
    hasJar();
    String[] odd = {"run", "a b.yaml", "", "$HOME", "*", "it's", "\"", "--x=1 2", "-v"};
    ProcessBuilder process =
        process(
            Stream.concat(Stream.of(command().toString()), Stream.of(odd)).toArray(String[]::new));
    process.environment().put("SMMULATOR_JAVA_OPTS", "-Xmx1g -ea");
    assertThat(end(process).code()).isZero();

    List<String> expected =
        new ArrayList<>(
            List.of(
                "run", "-Xmx1g", "-ea", "-Dsmmulator.terminal=false", "-jar", jar().toString()));
    expected.addAll(Arrays.asList(odd));
    assertThat(journal()).isEqualTo(expected);
  }

  @Test
  void worksThroughLinksAndFromAnyFolder() throws Exception {
    hasJar();
    Path there = Files.createDirectory(folder.resolve("there"));
    Path relative =
        Files.createSymbolicLink(
            there.resolve("relative"), Path.of("..", "check out", "emulator", "bin", "smmulator"));
    Path link = Files.createSymbolicLink(folder.resolve("smmulator"), relative);
    Ended ended = end(process(link.toString()).directory(there.toFile()));

    assertThat(ended).isEqualTo(new Ended(0, "the machine\n", ""));
    assertThat(journal()).contains(jar().toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"<&-", ">&-", "2>&-", "<&- >&- 2>&-"})
  void worksWithClosedInputAndOutputs(String closed) throws Exception {
    Ended ended = end(process("-c", "exec \"$0\" " + closed, command().toString()));

    assertThat(ended.out())
        .isEqualTo(closed.contains(">&- ") || closed.startsWith(">") ? "" : "the machine\n");

    assertThat(journal()).startsWith("build", "run");
    assertThat(ended.code())
        .as("what is not written is an error of the command: %s", ended)
        .isEqualTo(closed.contains(">&- ") || closed.startsWith(">") ? 74 : 0);
    assertThat(Files.readString(jar())).isEqualTo("whole\n");
  }

  @Test
  void saysWhatIsMissing() throws Exception {
    Files.delete(folder.resolve("tools/mvn"));
    ProcessBuilder process = process(false);
    assertThat(end(process))
        .isEqualTo(
            new Ended(
                2,
                "",
                "smmulator: the jar is not built yet and needs Maven; install 3.8 or later\n"));
    hasJar();
    age(root.resolve("pom.xml"), 120);
    assertThat(end(process).err())
        .isEqualTo(
            "smmulator: "
                + root
                + "/pom.xml is newer than the jar, and there is no Maven to build"
                + " it anew; the old one runs\n");
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

  private ProcessBuilder process(boolean flock) throws IOException {
    ProcessBuilder process = process(command().toString());
    if (!flock) {
      process.environment().put("PATH", bareTools());
    }
    return process;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void oneOfTwoFirstBuildsWaitsForTheOther(boolean flock) throws Exception {
    write("hold", "");
    Path[] said = {folder.resolve("said0"), folder.resolve("said1")};
    Process[] both = new Process[2];
    for (int i = 0; i < both.length; i++) {
      ProcessBuilder process = process(flock);
      both[i] =
          process
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(said[i].toFile())
              .start();
    }
    await(() -> all(said).contains("another build is under way; waiting for it (its output: "));
    Files.delete(root.resolve("hold"));

    for (Process each : both) {
      assertThat(each.waitFor()).as(all(said)).isZero();
    }
    assertThat(journal()).filteredOn("build"::equals).hasSize(1);
    assertThat(journal()).filteredOn("run"::equals).hasSize(2);
    assertThat(Files.readString(jar())).isEqualTo("whole\n");
  }

  /** A machine runs for hours, and its jar may be built anew beside it. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aMachineThatRunsAfterItsBuildKeepsNobodyFromBuilding(boolean flock) throws Exception {
    Path runs = folder.resolve("runs");
    ProcessBuilder first = process(flock);
    first.environment().put("RUNS", runs.toString());
    Process machine = first.redirectErrorStream(true).start();
    try {
      await(() -> Files.exists(runs));
      age(root.resolve("pom.xml"), 120);
      Path said = folder.resolve("said");
      Process other = process(flock).redirectError(said.toFile()).start();
      await(() -> Files.readString(said).matches("(?s).*(built in|waiting for it).*"));

      assertThat(said).content().contains("smmulator: built in ");
      assertThat(other.waitFor()).isZero();
      assertThat(machine.isAlive()).isTrue();
    } finally {
      Files.deleteIfExists(runs);
      machine.waitFor();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aBuildThatWasKilledIsInNobodysWay(boolean flock) throws Exception {
    write("hold", "");
    ProcessBuilder process = process(flock);
    Process killed = process.start();
    await(() -> Files.exists(jar()));
    List<ProcessHandle> all = killed.descendants().toList();
    killed.destroyForcibly();
    all.forEach(ProcessHandle::destroyForcibly);
    killed.waitFor();
    Files.delete(root.resolve("hold"));
    Files.delete(root.resolve("emulator/target/in-work"));

    assertThat(end(process).err()).contains("a build of it has not ended");
    assertThat(Files.readString(jar())).isEqualTo("whole\n");
  }

  /** Ctrl-C in a build leaves no half of a jar that the next run would take. */
  @Test
  void aBuildThatIsInterruptedLeavesNoJar() throws Exception {
    write("hold", "");
    Process interrupted = process(command().toString()).start();
    await(() -> Files.exists(jar()));
    interrupted.destroy();

    assertThat(interrupted.waitFor()).isEqualTo(130);
    assertThat(jar()).doesNotExist();
    assertThat(journal()).containsExactly("build");
  }

  private static String all(Path[] files) throws IOException {
    return Files.readString(files[0]) + Files.readString(files[1]);
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(Condition condition) throws Exception {
    while (!condition.holds()) {
      Thread.sleep(10);
    }
  }
}
