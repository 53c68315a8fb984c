package org.smmulator.machine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.bench.CompareCommand;
import org.smmulator.cli.SmmulatorCommand;
import org.smmulator.config.PortAddress;
import org.smmulator.record.Recorder;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** What the READMEs show is compiled, run or parsed as it stands there. */
@Timeout(180)
class ReadmeTest extends DrivenMachine {
  private static final Pattern TYPE = Pattern.compile("(?m)^(?:public )?(?:final )?class (\\w+)");

  static Stream<Readme> readmes() throws IOException {
    return Readme.all().stream();
  }

  @Test
  void thePythonProgramDoesWhatTheReadmeSays() throws Exception {
    String program = python();
    assertThat(program).hasLineCount(10);

    List<String> printed = runOnBareMachine(program);

    assertThat(printed.get(printed.size() - 1))
        .isEqualTo("read 0x40200100 8 -> OK 0x0123456789abcdef");
  }

  @Test
  void itsDoPassesOverLinesThatAnswerNoCommand() throws Exception {
    String definitions = python().lines().limit(3).reduce("", (all, line) -> all + line + "\n");

    List<String> printed =
        runOnBareMachine(
            definitions
                + "do('irq_intercept_in gic')\n"
                + "do('writel 0x08020040 80')\n" // an MSI: IRQ raise 48, IRQ lower 48
                + "do('endianness')\n");

    assertThat(printed)
        .containsExactly(
            "irq_intercept_in gic -> OK", "writel 0x08020040 80 -> OK", "endianness -> OK little");
  }

  private static String python() throws IOException {
    List<String> blocks = Readme.of("README.md").blocks("python");
    assertThat(blocks).hasSize(1);
    return blocks.get(0);
  }

  private List<String> runOnBareMachine(String program) throws Exception {
    Assumptions.assumeTrue(hasPython(), "there is no python3 to run the README's program");
    PortAddress port = PortAddress.parse("unix:" + folder.resolve("guest") + ",server=on");
    machine =
        new Launcher()
            .start(
                Machines.config(folder, Machines.configs("bare.yaml")).withGuestPort(port),
                Recorder.OFF);
    Path file = Files.writeString(folder.resolve("program.py"), program);
    return run("python3", file.toString()).lines().toList();
  }

  private static boolean hasPython() throws InterruptedException {
    try {
      return new ProcessBuilder("python3", "--version").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** What a program that must succeed prints; its input is empty. */
  private String run(String... command) throws Exception {
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String printed = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(printed).isZero();
    return printed;
  }

  @Test
  void theDeviceOfTheDevicesReadmeCompilesPassesItsTestAndPlugsIn() throws Exception {
    List<String> types = compile(Readme.of("devices/README.md").blocks("java"));
    assertThat(types).containsExactly("Blinker", "AttachBlinker", "BlinkerTest");

    assertThat(runTests("BlinkerTest")).isPositive();

    machine =
        new Launcher()
            .start(Machines.config(folder, "machine: {name: x, ramMiB: 64}\n"), Recorder.OFF);
    String printed =
        run(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            folder + File.pathSeparator + System.getProperty("java.class.path"),
            "AttachBlinker",
            machine.busAddresses().get(0));
    assertThat(printed).contains("attached as 00:01.0; Enter detaches");
  }

  @ParameterizedTest
  @MethodSource("readmes")
  void everyProgramInJavaCompiles(Readme readme) throws IOException {
    List<String> blocks = new ArrayList<>(readme.blocks("java"));
    blocks.removeIf(block -> block.contains("org.smmulator.junit")); // its module runs them
    assertThat(compile(blocks)).hasSameSizeAs(blocks);
  }

  /** Compiles files into the test's folder; the names of their types. */
  private List<String> compile(List<String> sources) throws IOException {
    List<String> types = new ArrayList<>();
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("-proc:none", "-Xlint:all,-processing", "-Werror"));
    arguments.addAll(List.of("-cp", System.getProperty("java.class.path")));
    arguments.addAll(List.of("-d", folder.toString()));
    for (String source : sources) {
      Matcher type = TYPE.matcher(source);
      assertThat(type.find()).as("a type in%n%s", source).isTrue();
      types.add(type.group(1));
      Path file = folder.resolve(type.group(1) + ".java");
      arguments.add(Files.writeString(file, source).toString());
    }
    if (!types.isEmpty()) {
      JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
      ByteArrayOutputStream said = new ByteArrayOutputStream();
      int result = compiler.run(null, said, said, arguments.toArray(String[]::new));
      assertThat(result).as(said.toString(UTF_8)).isZero();
    }
    return types;
  }

  /** Runs the tests of a compiled class; their number. */
  private int runTests(String name) throws Exception {
    int tests = 0;
    URL[] compiled = {folder.toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(compiled, getClass().getClassLoader())) {
      Class<?> type = loader.loadClass(name);
      var constructor = type.getDeclaredConstructor();
      constructor.setAccessible(true);
      for (Method method : type.getDeclaredMethods()) {
        if (method.isAnnotationPresent(Test.class)) {
          method.setAccessible(true);
          method.invoke(constructor.newInstance());
          tests++;
        }
      }
    }
    return tests;
  }

  @ParameterizedTest
  @MethodSource("readmes")
  void everyCommandLineIsUnderstoodAndItsFilesExist(Readme readme) throws IOException {
    for (List<String> words : readme.commands()) {
      if (words.size() <= 1 || words.get(0).equals("COMMAND")) {
        // Spoken of, and no line to copy.
        Set<String> known = new HashSet<>(commandLine().getSubcommands().keySet());
        known.add("COMMAND");
        assertThat(known).containsAll(words.stream().limit(1).toList());
        continue;
      }
      CommandLine.ParseResult parsed = commandLine().parseArgs(words.toArray(String[]::new));
      assertThat(parsed.hasSubcommand()).as("a command in %s", words).isTrue();
      for (String word : words) {
        if (word.startsWith("configs/")) {
          assertThat(Readme.ROOT.resolve(word)).isRegularFile();
        }
      }
    }
  }

  @Test
  void thereAreCommandLinesToUnderstand() throws IOException {
    assertThat(Readme.of("README.md").commands()).hasSizeGreaterThanOrEqualTo(6);
    assertThat(Readme.of("emulator/README.md").commands()).hasSizeGreaterThanOrEqualTo(4);
    assertThat(Readme.of("configs/quickstart.yaml").commands()).hasSize(1);
  }

  @ParameterizedTest
  @MethodSource("readmes")
  void everyOptionSpokenOfExists(Readme readme) {
    Set<String> known = new HashSet<>();
    for (CommandLine command : commandLine().getSubcommands().values()) {
      known.addAll(command.getCommandSpec().optionsMap().keySet());
      for (CommandLine part : command.getSubcommands().values()) {
        known.addAll(part.getCommandSpec().optionsMap().keySet());
      }
    }
    known.addAll(CommandSpec.forAnnotatedObject(CompareCommand.class).optionsMap().keySet());
    assertThat(known).containsAll(readme.options());
  }

  private static CommandLine commandLine() {
    return SmmulatorCommand.commandLine(
        () -> {
          throw new IllegalStateException("nothing is started here");
        });
  }

  @Test
  void everyTestThatAReadmeRunsExists() throws IOException {
    for (Readme readme : Readme.all()) {
      for (List<String> words : readme.commands("mvn")) {
        for (String word : words) {
          if (word.startsWith("-Dtest=")) {
            String name = word.substring("-Dtest=".length()) + ".java";
            try (Stream<Path> files = Files.walk(Readme.ROOT.resolve("emulator/src/test"))) {
              assertThat(files).anyMatch(file -> file.endsWith(name));
            }
          }
        }
      }
    }
  }

  /** Each command of the guest port's table is one, and a word that is none is answered as said. */
  @Test
  void theGuestPortKnowsTheCommandsOfItsTable() throws Exception {
    String readme = Readme.of("emulator/README.md").text();
    Harness harness = startBare();
    int rows = 0;
    Matcher row = Pattern.compile("(?m)^\\| (`[a-z].*?`) \\| .*`OK").matcher(readme);
    while (row.find()) {
      Matcher command = Pattern.compile("`([a-z_0-9]+)").matcher(row.group(1));
      while (command.find()) {
        assertThat(harness.ask(command.group(1))).doesNotStartWith("FAIL Unknown");
        rows++;
      }
    }
    assertThat(rows).isGreaterThanOrEqualTo(25);
    Matcher unknown =
        Pattern.compile("a word that is no command is answered `([^`]+)`").matcher(readme);
    assertThat(unknown.find()).isTrue();
    assertThat(harness.ask("zebra")).startsWith(unknown.group(1));
    assertThat(harness.ask("readl zebra")).as("not understood").startsWith("ERR ");
  }
}
