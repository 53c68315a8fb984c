package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.cli.Checkout.Ended;

/** When the command {@code emulator/bin/smmulator} builds its jar, and how it runs it. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LauncherScriptTest {
  private static final String FIRST_COMPILER = "-XX:TieredStopAtLevel=1";

  @TempDir private Path folder;

  @SuppressWarnings("NullAway.Init") // made before each test
  private Checkout checkout;

  @BeforeEach
  void makeCheckout() throws IOException {
    checkout = new Checkout(folder);
  }

  @Test
  void buildsAJarThatIsMissingAndSaysWhatItIsAt() throws Exception {
    ProcessBuilder slow = checkout.process(checkout.command().toString());
    slow.environment().put("SLOW", "2"); // the phase is looked for twice a second
    Ended ended = checkout.end(slow);

    assertThat(ended.code()).isZero();
    assertThat(ended.out()).isEqualTo("the machine\n");
    assertThat(ended.err())
        .containsSubsequence(
            "smmulator: building " + checkout.jar() + ": there is no " + checkout.jar() + " yet",
            "smmulator: Maven's output goes to "
                + checkout.root()
                + "/emulator/target/first-build.log\n",
            "smmulator: devices: compile\n",
            "smmulator: built in ");
    assertThat(checkout.journal()).startsWith("build", "run").containsOnlyOnce("build");
  }

  @Test
  void buildsNothingWhenTheJarIsNewerThanItsSources() throws Exception {
    checkout.hasJar();
    Ended ended = checkout.run();

    assertThat(ended).isEqualTo(new Ended(0, "the machine\n", ""));
    assertThat(checkout.journal()).startsWith("run");
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
    checkout.hasJar();
    checkout.age(checkout.root().resolve(source), 120);
    Ended ended = checkout.run();

    assertThat(ended.code()).isZero();
    assertThat(ended.err())
        .contains(": " + checkout.root().resolve(source) + " is newer than the jar");
    assertThat(checkout.journal()).startsWith("build", "run");
    checkout.age(checkout.root().resolve(source), 0);
    checkout.age(checkout.jar(), 60);
    assertThat(checkout.run().err()).isEmpty();
  }

  @Test
  void buildsAnewWhenASourceHasGone() throws Exception {
    checkout.hasJar();
    checkout.age(checkout.jar(), -60);
    try (Stream<Path> all = Files.walk(checkout.root())) {
      for (Path each : all.filter(path -> !path.startsWith(checkout.jar().getParent())).toList()) {
        checkout.age(each, -120);
      }
    }
    assertThat(checkout.run().err()).isEmpty();
    Files.delete(checkout.root().resolve("devices/src/main/java/A.java"));

    assertThat(checkout.run().err()).contains("devices/src/main/java is newer than the jar");
  }

  /** What was edited while the build ran may not be in the jar. */
  @Test
  void aSourceThatChangesDuringABuildIsNewerThanItsJar() throws Exception {
    checkout.write("hold", "");
    Process building = checkout.process(checkout.command().toString()).start();
    Checkout.await(building, () -> Files.exists(checkout.jar()));
    checkout.write("devices/src/main/java/A.java", "class A {}");
    Files.delete(checkout.root().resolve("hold"));
    building.getInputStream().readAllBytes();
    assertThat(building.waitFor()).isZero();

    assertThat(checkout.run().err()).contains("devices/src/main/java/A.java is newer than the jar");
  }

  @Test
  void buildsAnewWhenItIsToldTo() throws Exception {
    checkout.hasJar();
    ProcessBuilder told = checkout.process(checkout.command().toString());
    told.environment().put("SMMULATOR_REBUILD", "1");

    assertThat(checkout.end(told).err()).contains("SMMULATOR_REBUILD is 1");
    assertThat(checkout.journal()).startsWith("build", "run");
  }

  @Test
  void showsTheEndOfTheLogWhenTheBuildFails() throws Exception {
    ProcessBuilder failing = checkout.process(checkout.command().toString());
    failing.environment().put("FAILS", "1");
    Ended ended = checkout.end(failing);

    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err())
        .contains("[ERROR] no such symbol\n")
        .endsWith(
            "smmulator: the build failed; all of its output is in "
                + checkout.root()
                + "/emulator/target/first-build.log\n");
    assertThat(checkout.journal()).isEmpty();
    assertThat(checkout.run().code()).as("and can be tried again").isZero();
  }

  @Test
  void passesItsArgumentsOn() throws Exception {
    checkout.hasJar();
    String[] odd = {"run", "a b.yaml", "", "$HOME", "*", "it's", "\"", "--x=1 2", "-v"};
    ProcessBuilder process =
        checkout.process(
            Stream.concat(Stream.of(checkout.command().toString()), Stream.of(odd))
                .toArray(String[]::new));
    process.environment().put("SMMULATOR_JAVA_OPTS", "-Xmx1g -ea");
    assertThat(checkout.end(process).code()).isZero();

    List<String> expected =
        new ArrayList<>(
            List.of(
                "run",
                "-Xmx1g",
                "-ea",
                "-Dsmmulator.terminal=false",
                "-jar",
                checkout.jar().toString()));
    expected.addAll(Arrays.asList(odd));
    assertThat(checkout.journal()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "'machine: {name: m, ramMiB: 1024}', -Xmx1536m",
    "'  ramMiB: 64 # small', -Xmx336m",
    "'  ramMiB: 0x400 # hexadecimal', -Xmx1536m",
    "'  ramMiB: 0064', -Xmx336m",
    "'ramMiB:131072', -Xmx164096m"
  })
  void makesTheHeapAsLargeAsTheMachineFileSays(String line, String expected) throws Exception {
    checkout.hasJar();
    Path file = Files.writeString(folder.resolve("a machine.yaml"), "clock: wall\n" + line + "\n");
    assertThat(checkout.run("run", "--simulated", file.toString()).code()).isZero();

    assertThat(checkout.journal()).contains(expected, "-XX:G1HeapRegionSize=1m");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--set machine.ramMiB=512 FILE",
        "--set machine.ramMiB=0x200 FILE",
        "FILE --set machine.ramMiB=512",
        "FILE --set machine.ramMiB=64 --set=machine.ramMiB=512",
        "FILE --set machine={name:,ramMiB:\u00a0512}",
        "FILE --set machine.ramMiB=512 --set machine.exposed=true"
      })
  void makesTheHeapAsLargeAsSetSays(String words) throws Exception {
    checkout.hasJar();
    String file = Files.writeString(folder.resolve("machine.yaml"), "ramMiB: 64\n").toString();
    List<String> command = new ArrayList<>(List.of("run"));
    for (String word : words.split(" ", -1)) {
      command.add(word.replace("FILE", file).replace('\u00a0', ' '));
    }
    assertThat(checkout.run(command.toArray(String[]::new)).code()).isZero();

    assertThat(checkout.journal()).contains("-Xmx896m");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"# ramMiB: 64", "ramMiB: many", "other: 64", "ramMiB: 99999999999999999999"})
  void leavesTheHeapToTheJvmWhereTheMachineFileSaysNothing(String line) throws Exception {
    checkout.hasJar();
    Path file = Files.writeString(folder.resolve("machine.yaml"), line + "\n");
    assertThat(checkout.run("run", file.toString()).code()).isZero();

    assertThat(checkout.journal()).noneMatch(word -> word.startsWith("-X"));
  }

  @Test
  void leavesTheHeapOfSeveralMachinesToTheJvm() throws Exception {
    checkout.hasJar();
    Path file = Files.writeString(folder.resolve("machine.yaml"), "ramMiB: 64\n");
    assertThat(checkout.run("run", file.toString(), "--seeds", "1..9").code()).isZero();

    assertThat(checkout.journal()).noneMatch(word -> word.startsWith("-X"));
  }

  @Test
  void worksThroughLinksAndFromAnyFolder() throws Exception {
    checkout.hasJar();
    Path there = Files.createDirectory(folder.resolve("there"));
    Path relative =
        Files.createSymbolicLink(
            there.resolve("relative"), Path.of("..", "check out", "emulator", "bin", "smmulator"));
    Path link = Files.createSymbolicLink(folder.resolve("smmulator"), relative);
    Ended ended = checkout.end(checkout.process(link.toString()).directory(there.toFile()));

    assertThat(ended).isEqualTo(new Ended(0, "the machine\n", ""));
    assertThat(checkout.journal()).contains(checkout.jar().toString());
  }

  /** As QEMU's test library calls it: through the shell, with the options of QEMU. */
  @ParameterizedTest
  @CsvSource({"512, -Xmx896m", "512M, -Xmx896m", "1G, -Xmx1536m", "0064, -Xmx336m", "all, none"})
  void standsForQemuUnderAnotherName(String memory, String heap) throws Exception {
    checkout.hasJar();
    Path link = folder.resolve("qemu-system-aarch64");
    Files.createSymbolicLink(link, checkout.command());
    String options = "-qtest unix:/tmp/a -machine virt,iommu=smmuv3 -smp 1 -m " + memory;
    Ended ended = checkout.end(checkout.process("-c", "exec '" + link + "' " + options));

    assertThat(ended).isEqualTo(new Ended(0, "the machine\n", ""));
    List<String> journal = checkout.journal();
    int command = journal.indexOf("system-aarch64");
    assertThat(journal.subList(command + 1, journal.size()))
        .startsWith(checkout.root() + "/configs/qemu-virt.yaml", "--")
        .endsWith(options.split(" ", -1));
    assertThat(journal.stream().filter(word -> word.startsWith("-Xmx")))
        .isEqualTo(heap.equals("none") ? List.of() : List.of(heap));
    assertThat(journal).as("starts soon, and does not live long").contains(FIRST_COMPILER);
    assertThat(checkout.end(checkout.process("-c", "exec '" + checkout.command() + "' run")).code())
        .isZero();
    assertThat(checkout.journal().stream().filter(FIRST_COMPILER::equals)).hasSize(1);
  }

  @Test
  void theLinkForQemusTestsIsThere() {
    Path link = checkout.script().resolveSibling("smmulator-system-aarch64");
    assertThat(link.toFile().canExecute()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"<&-", ">&-", "2>&-", "<&- >&- 2>&-"})
  void worksWithClosedInputAndOutputs(String closed) throws Exception {
    Ended ended =
        checkout.end(
            checkout.process("-c", "exec \"$0\" " + closed, checkout.command().toString()));

    assertThat(ended.out())
        .isEqualTo(closed.contains(">&- ") || closed.startsWith(">") ? "" : "the machine\n");

    assertThat(checkout.journal()).startsWith("build", "run");
    assertThat(ended.code())
        .as("what is not written is an error of the command: %s", ended)
        .isEqualTo(closed.contains(">&- ") || closed.startsWith(">") ? 74 : 0);
    assertThat(Files.readString(checkout.jar())).isEqualTo("whole\n");
  }

  /** A JDK says in a file which one it is: to ask its JVM would start that once more. */
  @ParameterizedTest
  @CsvSource({"21.0.1+12-LTS, 0", "11.0.2+9, 2"})
  void readsTheVersionOfAJdkFromItsFolder(String version, int code) throws Exception {
    checkout.hasJar();
    Path jdk = Files.createDirectories(folder.resolve("jdk"));
    Files.createDirectory(jdk.resolve("bin"));
    Path asked = folder.resolve("asked");
    checkout.executable(
        "../jdk/bin/java",
        "#!/bin/bash\n[[ $1 != -version ]] || echo >" + asked + "\necho the machine\n");
    Files.writeString(
        jdk.resolve("release"), "JAVA_VERSION=\"8\"\nJAVA_RUNTIME_VERSION=\"" + version + "\"\n");
    Files.delete(folder.resolve("tools/java"));
    Files.createSymbolicLink(folder.resolve("tools/java"), jdk.resolve("bin/java"));

    Ended ended = checkout.run();

    assertThat(ended.code()).as("%s", ended).isEqualTo(code);
    assertThat(asked).doesNotExist();
    assertThat(ended.err().contains("Java 11 is too old")).as("%s", ended).isEqualTo(code != 0);
    assertThat(checkout.jar().resolveSibling("classes-" + version + ".jsa").toFile().exists())
        .isEqualTo(code == 0);
  }

  @Test
  void saysWhatIsMissing() throws Exception {
    Files.delete(folder.resolve("tools/mvn"));
    ProcessBuilder process = checkout.process(false);
    assertThat(checkout.end(process))
        .isEqualTo(
            new Ended(
                2,
                "",
                "smmulator: the jar is not built yet and needs Maven; install 3.8 or later\n"));
    checkout.hasJar();
    checkout.age(checkout.root().resolve("pom.xml"), 120);
    assertThat(checkout.end(process).err())
        .isEqualTo(
            "smmulator: "
                + checkout.root()
                + "/pom.xml is newer than the jar, and there is no Maven to build"
                + " it anew; the old one runs\n");
  }
}
