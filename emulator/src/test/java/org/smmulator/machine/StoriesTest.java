package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.config.Configs;

/**
 * The machine files in {@code configs/stories}, by the command that a user has. What each expects
 * is its own affair: exit code 0 says that it came.
 */
class StoriesTest {
  private static final int FIRST = Integer.getInteger("smmulator.firstSeed", 1);
  private static final int SEEDS = Integer.getInteger("smmulator.seeds", 10);

  @TempDir private Path folder;

  static List<Path> stories() throws IOException {
    try (Stream<Path> files = Files.list(Configs.folder().resolve("stories"))) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("stories")
  void isTrueInTheOrderOfEverySeed(Path story) {
    String seeds = FIRST + ".." + (FIRST + SEEDS - 1);
    assertTrue(CommandRun.of("run", story.toString(), "--seeds", seeds));
  }

  @ParameterizedTest
  @MethodSource("stories")
  void isTrueOnThreads(Path story) {
    assertTrue(
        CommandRun.of(
            "run",
            story.toString(),
            "--set",
            "bus.listen=['127.0.0.1:0']",
            "--set",
            "http.listen=null",
            // A completion is to be late because it is lost, not because the computer is busy.
            "--set",
            "bus.invalidationTimeoutMillis=10000"));
  }

  private static void assertTrue(CommandRun run) {
    assertThat(run.code()).as("%s%n%s", run.out(), run.err()).isZero();
  }

  @ParameterizedTest
  @MethodSource("stories")
  void teachesBeforeItBegins(Path story) throws IOException {
    String text = Files.readString(story);
    String told = text.substring(0, text.indexOf("\nmachine:"));
    assertThat(told.lines()).hasSizeGreaterThan(6).allMatch(line -> line.matches("(#.*)?"));
    assertThat(told).contains("run configs/stories/" + story.getFileName() + " --simulated");
    assertThat(text).contains("machine: {name: " + name(story) + ",").contains("- expect:");
  }

  @Test
  void thereIsOneForWhateverTheKernelDoesAndForEveryEnd() throws IOException {
    assertThat(stories().stream().map(StoriesTest::name))
        .hasSizeGreaterThanOrEqualTo(15)
        .contains("munmap", "dontneed", "mprotect", "fork", "cow-break", "age", "exit-mmap")
        .contains("first-touch", "crash-before-unbind", "unbind-races-exit", "exit-while-bound")
        .contains("fork-and-cow", "pasid-exhaustion", "atc-timeout", "device-reset")
        .contains("lost-invalidation", "silent-driver");
  }

  @Test
  void theReadmeListsThemAll() throws IOException {
    String readme =
        Files.readString(Configs.folder().resolveSibling("emulator").resolve("README.md"));
    Matcher rows = Pattern.compile("(?m)^\\| `([a-z-]+)\\.yaml` \\|").matcher(readme);
    List<String> listed = rows.results().map(row -> row.group(1)).toList();
    assertThat(listed)
        .containsExactlyInAnyOrderElementsOf(stories().stream().map(StoriesTest::name).toList());
  }

  /** One more ATC_INV than comes, and one that there is none of. */
  @Test
  void aStoryWhoseExpectationIsTurnedRoundFails() throws IOException {
    String story = Files.readString(Configs.folder().resolve("stories/munmap.yaml"));
    for (String expected : List.of("ATC_INV: 2", "ATC_INV: 0")) {
      String turned = story.replace("ATC_INV: 1", expected);
      assertThat(turned).isNotEqualTo(story);
      Path file = Files.writeString(folder.resolve("turned.yaml"), turned);
      CommandRun run = CommandRun.of("run", file.toString(), "--simulated");
      assertThat(run.code()).as("%s%n%s", run.out(), run.err()).isEqualTo(1);
      assertThat(run.out() + run.err()).contains("ATC_INV");
    }
  }

  private static String name(Path story) {
    return String.valueOf(story.getFileName()).replace(".yaml", "");
  }
}
