package org.smmulator.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.cli.Checkout.Ended;
import org.smmulator.config.Configs;
import org.smmulator.machine.Launcher;

/** What Maven has packed, used as somebody would who has it and a Java runtime. After packaging. */
@EnabledIfSystemProperty(
    named = "smmulator.distribution",
    matches = ".+",
    disabledReason = "'mvn verify' runs it when it has packed the archives")
class DistributionTest {
  private static final String ARCHIVES = System.getProperty("smmulator.distribution", "");
  private static final List<String> NOBODY =
      List.of("/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");

  /** Of Markdown, into the archive. */
  private static final Pattern LINK = Pattern.compile("]\\((?!https?:)([^)#]+)");

  @TempDir private static Path folder;

  @SuppressWarnings("NullAway.Init") // unpacked before all tests
  private static Distribution distribution;

  @BeforeAll
  static void unpack() throws Exception {
    distribution = new Distribution(ARCHIVES, folder);
  }

  @Test
  void itsCommandChecksAMachineFile() throws Exception {
    Ended ended = distribution.smmulator("check", "configs/quickstart.yaml");
    assertThat(ended.code()).as("%s", ended).isZero();
  }

  @Test
  void itsCommandRunsAMachine() throws Exception {
    Ended ended = distribution.smmulator("run", "configs/little.yaml", "--simulated", "--seed=3");
    assertThat(ended.code()).as("%s", ended).isZero();
    assertThat(ended.out()).contains("Verdict: PASSED");
  }

  /** The devices of this run are processes that are started from the jar. */
  @Test
  void andOneWhoseDevicesAreProcesses() throws Exception {
    Ended ended =
        distribution.smmulator("run", "configs/little.yaml", "--bus=127.0.0.1:0", "--no-http");
    assertThat(ended.code()).as("%s", ended).isZero();
    assertThat(ended.out()).contains("Verdict: PASSED");
  }

  @Test
  void itsCommandEndsWithTheExitCodeOfWhatItRan() throws Exception {
    Ended ended = distribution.smmulator("check", "configs/none.yaml");
    assertThat(ended.code()).as("%s", ended).isEqualTo(2);
    assertThat(ended.err()).contains("configs/none.yaml");
  }

  @Test
  void itsCommandSaysTheVersionOfTheArchive() throws Exception {
    assertThat(distribution.smmulator("--version").out().strip().replace(' ', '-'))
        .isEqualTo(Path.of(ARCHIVES).getFileName().toString());
  }

  @Test
  void keepsItsClassesBesideTheJar() throws Exception {
    distribution.smmulator("--version");
    List<Path> kept = Distribution.archives(distribution.root().resolve("lib"));
    assertThat(kept).hasSize(1);
    assertThat(kept.get(0)).isNotEmptyFile();
    assertThat(distribution.smmulator("--version").err()).isEmpty();
  }

  /** As when its administrator has unpacked it. */
  @Test
  void keepsThemInTheCacheOfWhoMayNotWriteThere() throws Exception {
    Path own = Files.createDirectory(folder.resolve("own"));
    Distribution another = new Distribution(ARCHIVES, own);
    Path lib = another.root().resolve("lib");
    Files.createDirectory(another.cache());
    Files.setPosixFilePermissions(another.cache(), PosixFilePermissions.fromString("rwxrwxrwx"));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.setPosixFilePermissions(lib, PosixFilePermissions.fromString("r-xr-xr-x"));
    List<String> asUser = Files.isWritable(lib) ? NOBODY : List.of();
    List<String> version = words(asUser, another.root() + "/bin/smmulator", "--version");
    assumeTrue(
        asUser.isEmpty() || another.run(words(asUser, own + "/tools/java", "-version")).code() == 0,
        "another user may not run this Java");

    Ended first = another.run(version);

    assertThat(first.code()).as("%s", first).isZero();
    assertThat(Distribution.archives(lib)).isEmpty();
    assertThat(Distribution.archives(another.cache()))
        .hasSize(1)
        .allMatch(DistributionTest::isFull);
    assertThat(another.run(version).err()).as("kept").isEmpty();
  }

  private static List<String> words(List<String> first, String... more) {
    return Stream.concat(first.stream(), Stream.of(more)).toList();
  }

  private static boolean isFull(Path file) {
    return file.toFile().length() > 0;
  }

  /** By a link, which a zip has as well, but Java's view of it does not. */
  @Test
  void standsForQemuUnderItsOtherName() throws Exception {
    Path link = distribution.root().resolve("bin/smmulator-system-aarch64");
    assertThat(link).isSymbolicLink();
    assertThat(distribution.run(List.of(link.toString())))
        .isEqualTo(
            new Ended(
                2,
                "",
                "smmulator: -qtest is missing; give -qtest unix:PATH of a program that waits"
                    + " there\n"));
  }

  @Test
  void hasTheMachineFilesAsTheyAre() throws Exception {
    Path there = distribution.root().resolve("configs");
    Map<String, Boolean> expected = files(Configs.folder());
    assertThat(files(there)).isEqualTo(expected);
    for (String name : expected.keySet()) {
      assertThat(there.resolve(name)).hasSameBinaryContentAs(Configs.folder().resolve(name));
    }
    assertThat(distribution.root().resolve("LICENSE"))
        .hasSameBinaryContentAs(Configs.folder().resolveSibling("LICENSE"));
  }

  @Test
  void hasWhatItsManualLeadsTo() throws Exception {
    List<Path> texts;
    try (Stream<Path> all = Files.walk(distribution.root())) {
      texts = all.filter(file -> file.toString().endsWith(".md")).toList();
    }
    assertThat(texts).contains(distribution.root().resolve("emulator/README.md"));
    for (Path text : texts) {
      Matcher link = LINK.matcher(Files.readString(text));
      while (link.find()) {
        assertThat(text.resolveSibling(link.group(1))).as("a link of %s", text).exists();
      }
    }
  }

  /** The files of a folder but for what Maven made of them, and which of them can be run. */
  private static Map<String, Boolean> files(Path folder) throws IOException {
    Map<String, Boolean> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        String name = folder.relativize(file).toString();
        if (!name.contains("/target/")) {
          files.put(name, Files.isExecutable(file));
        }
      }
    }
    return files;
  }

  @Test
  void hasTheSameInTheZip() throws Exception {
    Path root = distribution.root();
    Set<String> unpacked = new TreeSet<>();
    try (Stream<Path> all = Files.walk(root)) {
      all.filter(file -> !file.toString().contains("/lib/classes"))
          .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
          .forEach(file -> unpacked.add(described(folder.relativize(file), file)));
    }
    Set<String> zipped = new TreeSet<>();
    URI zip = URI.create("jar:" + Path.of(ARCHIVES + ".zip").toUri());
    try (FileSystem files =
            FileSystems.newFileSystem(zip, Map.of("enablePosixFileAttributes", true));
        Stream<Path> all = Files.walk(files.getPath("/" + root.getFileName()))) {
      for (Path file : all.filter(Files::isRegularFile).filter(file -> !isLink(file)).toList()) {
        zipped.add(described(files.getPath("/").relativize(file), file));
      }
    }
    assertThat(zipped).isEqualTo(unpacked);
  }

  private static boolean isLink(Path zipped) {
    return zipped.endsWith("smmulator-system-aarch64");
  }

  private static String described(Path name, Path file) {
    try {
      return name + " " + PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A batch file with other ends of lines jumps to labels that it does not find. */
  @Test
  void itsBatchFileHasWindowsEndsOfLines() throws Exception {
    String batch = Files.readString(distribution.root().resolve("bin/smmulator.bat"), UTF_8);
    assertThat(batch.split("\r\n", -1)).hasSizeGreaterThan(10).noneMatch(l -> l.contains("\n"));
    assertThat(batch).contains("..\\lib\\smmulator.jar", "exit /b %ERRORLEVEL%");
  }

  @Test
  void itsCompletionKnowsEveryCommand() throws Exception {
    String complete =
        "source completion/smmulator; compopt() { :; }; COMP_WORDS=(smmulator ''); COMP_CWORD=1;"
            + " _complete_smmulator; printf '%s\\n' \"${COMPREPLY[@]}\"";
    Ended ended = distribution.run(List.of("/bin/bash", "-c", complete));
    assertThat(ended.err()).isEmpty();
    assertThat(ended.out().lines())
        .containsAll(SmmulatorCommand.commandLine(Launcher::new).getSubcommands().keySet());
    assertThat(distribution.run(List.of("/bin/bash", "-n", "completion/smmulator")))
        .isEqualTo(new Ended(0, "", ""));
  }

  /** It would configure any program that depends on the library. */
  @Test
  void onlyTheWholeJarHasAConfigurationOfTheLog() throws Exception {
    try (JarFile library = new JarFile(System.getProperty("smmulator.library"));
        JarFile whole = new JarFile(distribution.root().resolve("lib/smmulator.jar").toFile())) {
      assertThat(whole.getEntry("META-INF/services/ch.qos.logback.classic.spi.Configurator"))
          .isNotNull();
      assertThat(library.stream().filter(entry -> !entry.isDirectory()))
          .isNotEmpty()
          .allMatch(entry -> entry.getName().matches("(META-INF|org/smmulator)/.*"))
          .noneMatch(entry -> entry.getName().contains("logback"));
    }
  }
}
