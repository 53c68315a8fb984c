package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.config.ConfigFile;
import org.smmulator.config.Configs;
import org.smmulator.config.DeviceConfig;
import org.smmulator.device.DeviceTypes;
import org.smmulator.plugin.EchoPlugin;
import org.smmulator.plugin.Plugins;
import org.smmulator.plugin.SaidInLog;

/** What commands say of device models that folders of plug-ins bring. */
class PluginsCommandTest {
  private static final String MACHINE =
      "machine: {name: x}\ndevices:\n  - {id: '00:04.0', model: echo%s}\n";

  @TempDir private Path folder;
  @TempDir private Path plugins;

  private StringWriter out = new StringWriter();
  private StringWriter err = new StringWriter();

  @BeforeEach
  void jar() throws IOException {
    EchoPlugin.good(plugins);
  }

  @AfterEach
  void noPlugins() throws IOException {
    Plugins.use(List.of());
    System.clearProperty("smmulator.pluginSeconds");
  }

  private int execute(String... args) {
    out = new StringWriter();
    err = new StringWriter();
    return SmmulatorCommand.commandLine(FakeLauncher::new)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  private String file(String keys) throws IOException {
    Path file = folder.resolve("m.yaml");
    return Files.writeString(file, MACHINE.formatted(keys)).toString();
  }

  @Test
  void aFileAloneRunsNoCode() throws IOException {
    String file = file("");
    assertThat(execute("check", file)).isEqualTo(2);
    assertThat(err.toString())
        .isEqualToIgnoringNewLines(
            file + ":3: devices[0].model: 'echo' is not right; use dma, edu or iommu-testdev");

    assertThat(execute("check", file, "--plugins", plugins.toString())).isZero();
    assertThat(execute("check", file)).as("once more, without").isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "lanes: 17 | devices[0].lanes: 17 is out of range; use 1 to 16 lanes",
        "lane: 3 | devices[0].lane: unknown key; did you mean lanes?",
        "loud: very | devices[0].loud: 'very' is not a switch; use true or false",
        "speed: fst | devices[0].speed: 'fst' is not right; did you mean fast?",
        "speed: 7 | devices[0].speed: 7 is not text; use slow or fast, in quotes if need be",
        "label: 7 | devices[0].label: 7 is not text; use up to 200 printable characters, in quotes if"
            + " need be",
        "queues: 2 | devices[0].queues: an option of dma, and the model is echo; remove it",
        "record: f | devices[0].record: an echo has no ATC; remove it, or use model dma"
      })
  void checkSaysWhatIsWrongWithAnOption(String key, String sentence) throws IOException {
    String file = file(", " + key);
    assertThat(execute("check", file, "--plugins", plugins.toString())).isEqualTo(2);
    assertThat(err.toString()).isEqualToIgnoringNewLines(file + ":3: " + sentence);
  }

  @Test
  void helpTellsTheOptionsOfAModel() {
    assertThat(execute("attach", "echo", "--plugins", plugins.toString(), "--help")).isZero();
    assertThat(out.toString())
        .containsSubsequence(
            "echo",
            "Tells how many lanes it has.",
            "lanes",
            "Lanes that it has. 1 to 16 lanes (default: 4).",
            "loud",
            "Whether it is loud. true or false (default: false).",
            "speed",
            "How fast it is. slow or fast (default: slow).")
        .doesNotContain("dmaMaskBits", "iommu-testdev");

    assertThat(execute("attach", "--help")).isZero();
    assertThat(out.toString().replaceAll("\\s+", " "))
        .contains("(default: 127.0.0.1:7701)", "1 to 4096 queues (default: 2).")
        .contains("dmaMaskBits", "iommu-testdev")
        .doesNotContain("lanes");
  }

  @Test
  void theSchemaHasTheOptionsOfAModel() throws IOException {
    assertThat(execute("schema")).isZero();
    assertThat(out.toString())
        .isEqualToIgnoringNewLines(
            Files.readString(Configs.folder().resolve("smmulator.schema.json")));

    assertThat(execute("schema", "--plugins", plugins.toString())).isZero();
    assertThat(out.toString())
        .contains("\"const\" : \"echo\"", "\"lanes\" : {", "\"enum\" : [ \"slow\", \"fast\" ]");
  }

  @Test
  void aTypeThatSaysWhatCannotBeIsLeftOut() throws IOException {
    EchoPlugin.bad(plugins);
    try (SaidInLog log = new SaidInLog()) {
      assertThat(execute("check", file(""), "--plugins", plugins.toString())).isZero();

      String said = "what it says of itself threw java.lang.";
      assertThat(log.lines())
          .containsExactlyInAnyOrder(
              "a DeviceType is left out: bad.jar: plug.BadConstructor: its constructor threw"
                  + " java.lang.IllegalStateException: planted",
              leftOut("BadOptions", said + "AssertionError: planted"),
              leftOut("NullOption", said + "IllegalArgumentException: one of its options is null"),
              leftOut("TwiceOption", said + "IllegalArgumentException: it has two options one"),
              leftOut(
                  "BadDefault",
                  said
                      + "IllegalArgumentException: option one: its default 9 is not in its range, 0"
                      + " to 8"),
              leftOut("KeyOfAll", said + "IllegalArgumentException: every device has a key atc"),
              leftOut(
                  "BadName", said + "IllegalArgumentException: its name 'No Name' is not right"),
              leftOut("NullHelp", said + "IllegalArgumentException: its help is no sentence"),
              leftOut(
                  "SecondDma",
                  "dma is another's name, " + DeviceTypes.offered().all().get(0).where()));
    }
  }

  private static String leftOut(String type, String why) {
    return "a DeviceType is left out: bad.jar: plug." + type + ": " + why;
  }

  @Test
  void aConstructorThatDoesNotReturnIsNotWaitedForLong() throws IOException {
    EchoPlugin.blocking(plugins);
    System.setProperty("smmulator.pluginSeconds", "3");
    try (SaidInLog log = new SaidInLog()) {
      assertThat(execute("check", file(""), "--plugins", plugins.toString())).isZero();
      assertThat(log.lines())
          .singleElement()
          .asString()
          .startsWith(
              "a DeviceType is left out: blocking.jar: plug.BlockingConstructor: its constructor has"
                  + " not returned in 3 s; it is at ")
          .contains("Thread.join");
    }
  }

  @Test
  void aJarThatIsNoneIsLeftOut() throws IOException {
    Path broken = Files.writeString(plugins.resolve("broken.jar"), "PK and then nothing");
    try (SaidInLog log = new SaidInLog()) {
      assertThat(execute("check", file(""), "--plugins", plugins.toString())).isZero();
      assertThat(log.lines())
          .singleElement()
          .asString()
          .startsWith(broken + " is left out: it is no jar that can be read (");
    }
  }

  @Test
  void aFolderThatIsNoneIsSaid() throws IOException {
    String file = file("");
    assertThat(execute("check", file, "--plugins", file)).isEqualTo(2);
    assertThat(err.toString())
        .isEqualToIgnoringNewLines(
            "smmulator: --plugins: " + file + ": is no folder; name one with jars of plug-ins");
  }

  @Test
  void anotherProcessGetsTheSameModelAndFolders() throws Exception {
    Plugins.use(List.of(plugins));
    DeviceConfig device =
        ConfigFile.parse("x.yaml", MACHINE.formatted(", lanes: 7")).devices().get(0);
    assertThat(new AttachProgram().commandLine(device, "127.0.0.1:1"))
        .containsSequence("attach", "echo")
        .containsSequence("--option", "lanes=7")
        .containsSequence("--option", "speed=slow")
        .containsSequence("--plugins", plugins.toAbsolutePath().toString());
  }
}
