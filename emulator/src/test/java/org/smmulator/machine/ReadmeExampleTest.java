package org.smmulator.machine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.smmulator.config.Configs;
import org.smmulator.config.PortAddress;

/** The example of the README, as it stands there. */
class ReadmeExampleTest extends DrivenMachine {
  private static final String BEGIN = "```python\n";

  @Test
  void theExampleDoesWhatTheReadmeSays() throws Exception {
    Assumptions.assumeTrue(hasPython(), "there is no python3 to run the README's example");
    PortAddress port = PortAddress.parse("unix:" + folder.resolve("guest") + ",server=on");
    machine =
        new Launcher()
            .start(Machines.config(folder, Machines.configs("bare.yaml")).withGuestPort(port));
    Files.writeString(folder.resolve("example.py"), example());

    Process python =
        new ProcessBuilder("python3", "example.py")
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    String printed = new String(python.getInputStream().readAllBytes(), UTF_8);

    assertThat(python.waitFor()).as(printed).isZero();
    List<String> lines = printed.lines().toList();
    assertThat(lines.get(lines.size() - 1)).isEqualTo("read 0x40200100 8 -> OK 0x0123456789abcdef");
  }

  private static String example() throws IOException {
    String readme = Files.readString(Configs.folder().resolveSibling("README.md"));
    int begin = readme.indexOf(BEGIN) + BEGIN.length();
    assertThat(begin).as("an example in Python").isGreaterThan(BEGIN.length());
    String example = readme.substring(begin, readme.indexOf("```", begin));
    assertThat(example).hasLineCount(10);
    return example;
  }

  private static boolean hasPython() throws InterruptedException {
    try {
      return new ProcessBuilder("python3", "--version").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
