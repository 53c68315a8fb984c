package org.smmulator.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are no machine files at all. */
class HostileFileTest {
  @Test
  void namesFilesThatCannotBeRead(@TempDir Path folder) throws IOException {
    Path missing = folder.resolve("missing.yaml");
    assertThatThrownBy(() -> ConfigFile.load(missing))
        .hasMessageStartingWith(missing + ": no such file; check the path from ");
    assertThatThrownBy(() -> ConfigFile.load(folder))
        .hasMessageStartingWith(folder + ": is a directory; name a machine file");
    Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe});
    assertThatThrownBy(() -> ConfigFile.load(binary))
        .hasMessageStartingWith(binary + ": is not UTF-8");
    Path large = Files.write(folder.resolve("large"), new byte[(1 << 20) + 1]);
    assertThatThrownBy(() -> ConfigFile.load(large))
        .hasMessageStartingWith(large + ": is larger than 1 MiB");
  }

  /** Hostile files end as a sentence, whatever they contain. */
  @Test
  void refusesMutilatedFilesWithASentence() throws IOException {
    long seed = Long.getLong("smmulator.seed", System.nanoTime());
    SplittableRandom random = new SplittableRandom(seed);
    String good = Files.readString(Configs.folder().resolve("reference.yaml"));
    String spice = "{}[]:,-*&!|>'\"%@`#? \n\t.~<0x1e9_naniftrue\u0000\u0085\ud83d";
    for (int i = 0; i < 500; i++) {
      StringBuilder bad = new StringBuilder(good);
      for (int changes = random.nextInt(1, 6); changes > 0; changes--) {
        int at = random.nextInt(bad.length());
        int end = Math.min(bad.length(), at + random.nextInt(12));
        int piece = random.nextInt(spice.length() - 4);
        bad.replace(at, end, spice.substring(piece, piece + random.nextInt(5)));
      }
      assertOnlySentences(bad.toString(), seed);
    }
    for (String odd :
        List.of("a: .nan", "a: !!int x", "a: !!float x", "? a", "!!set {a}", "[", "-")) {
      assertOnlySentences(odd, seed);
    }
    assertOnlySentences("a: " + "[".repeat(200_000), seed);
    assertOnlySentences("a: " + "{b: ".repeat(200_000), seed);
  }

  private static void assertOnlySentences(String yaml, long seed) {
    try {
      ConfigFile.parse("x.yaml", yaml);
    } catch (ConfigException e) {
      assertThat(e.problems())
          .allSatisfy(problem -> assertThat(problem).matches("x\\.yaml:[0-9]+: (?s).+"));
    } catch (RuntimeException | StackOverflowError e) {
      throw new AssertionError("seed " + seed + ":\n" + yaml, e);
    }
  }
}
