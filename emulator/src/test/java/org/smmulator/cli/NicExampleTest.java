package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.config.Configs;
import org.smmulator.machine.Launcher;
import org.smmulator.plugin.PluginJar;
import org.smmulator.plugin.Plugins;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/** The example {@code configs/examples/nic}: compiled as its pom would, and run as it says. */
class NicExampleTest {
  private static final Path NIC = Configs.folder().resolve("examples/nic");
  private static final String MACHINE = NIC.resolve("nic.yaml").toString();

  @TempDir private Path plugins;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void jar() throws IOException {
    new PluginJar()
        .sources(NIC.resolve("src/main/java"))
        .services(NIC.resolve("src/main/resources/META-INF/services"))
        .writeTo(plugins, "nic.jar");
  }

  @AfterEach
  void noPlugins() throws IOException {
    Plugins.use(List.of());
  }

  private int execute(String... args) {
    return SmmulatorCommand.commandLine(Launcher::new)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  private int run(String... more) {
    List<String> words = new ArrayList<>(List.of("run", MACHINE, "--plugins", plugins.toString()));
    words.addAll(List.of("--bus", "127.0.0.1:0", "--no-http"));
    words.addAll(List.of(more));
    return execute(words.toArray(String[]::new));
  }

  @Test
  void itsDriverSendsFramesToItselfInAProcessOfItsOwn() {
    assertThat(run()).as(() -> out + "\n" + err).isZero();
    assertThat(out.toString()).contains("Verdict: PASSED", " nic").doesNotContain("nic.jar");
  }

  @Test
  void andInTheMachines() {
    assertThat(run("--set", "devices[0].process=machine")).as(() -> out + "\n" + err).isZero();
  }

  /** Also where the card asks for pages one at a time, and where its ATC holds next to nothing. */
  @Test
  void andSimulatedOverSeeds() {
    assertThat(run("--seeds", "1..20")).as(() -> out + "\n" + err).isZero();
    assertThat(run("--seeds", "1..5", "--set", "devices[0].pri=1", "--set", "devices[0].atc=1x2"))
        .as(() -> out + "\n" + err)
        .isZero();
    assertThat(err.toString()).contains("all seeds passed");
  }

  @Test
  void aProgramThatFailsStopsTheScenario() {
    assertThat(run("--simulated", "--set", "devices[0]={id: 00:04.0, model: edu}"))
        .as(() -> out + "\n" + err)
        .isNotZero();
    assertThat(err.toString())
        .contains(
            "the scenario stopped: program nic-loopback failed: java.lang.IllegalStateException: the"
                + " device is no nic");
  }

  @Test
  void aProgramThatNobodyHasIsNamed() {
    assertThat(run("--simulated", "--set", "scenario.steps[2].program.name=nic-loop")).isNotZero();
    assertThat(err.toString())
        .contains("no program is called nic-loop; there are ", "nic-loopback", "--plugins");
  }

  @Test
  void aFileAloneRunsNoCodeOfItsOwn() {
    assertThat(execute("check", MACHINE)).isEqualTo(2);
    assertThat(err.toString()).contains("devices[0].model: 'nic' is not right; use dma, edu or");
    assertThat(execute("check", MACHINE, "--plugins", plugins.toString())).isZero();
  }

  /** It is built in a project of its own, which this one's build knows nothing of. */
  @Test
  void itsPomNamesWhatThisProjectInstalls() throws Exception {
    Element pom = pom(NIC.resolve("pom.xml"));
    Element root = pom(Configs.folder().resolveSibling("pom.xml"));
    assertThat(text(child(pom, "properties"), "smmulator.version"))
        .isEqualTo(text(root, "version"));
    List<String> named = new ArrayList<>();
    for (Element dependency : children(child(pom, "dependencies"))) {
      assertThat(text(dependency, "groupId")).isEqualTo(text(root, "groupId"));
      assertThat(text(dependency, "version")).isEqualTo("${smmulator.version}");
      assertThat(text(dependency, "scope")).isEqualTo("provided");
      String artifact = text(dependency, "artifactId");
      Path module = Configs.folder().resolveSibling(artifact).resolve("pom.xml");
      assertThat(Files.readString(module)).contains("<artifactId>" + artifact + "</artifactId>");
      named.add(artifact);
    }
    assertThat(named).containsExactly("devices", "guest-api");
  }

  private static Element pom(Path file) throws Exception {
    return DocumentBuilderFactory.newDefaultInstance()
        .newDocumentBuilder()
        .parse(file.toFile())
        .getDocumentElement();
  }

  private static List<Element> children(Element parent) {
    List<Element> children = new ArrayList<>();
    for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node instanceof Element element) {
        children.add(element);
      }
    }
    return children;
  }

  private static Element child(Element parent, String name) {
    return children(parent).stream()
        .filter(each -> each.getTagName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static String text(Element parent, String name) {
    return child(parent, name).getTextContent();
  }
}
