package org.smmulator.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The pictures of the READMEs; {@code -Dsmmulator.screenshots=docs} replaces them. */
@Timeout(240)
class ScreenshotsTest {
  @TempDir private Path folder;

  @Test
  void inBothThemesAndWidths() throws Exception {
    String wanted = System.getProperty("smmulator.screenshots");
    Path docs = wanted == null ? folder : Files.createDirectories(Path.of(wanted));
    Path here = Path.of("configs/quickstart.yaml");
    Path quickstart = Files.exists(here) ? here : Path.of("../configs/quickstart.yaml");
    try (SimulatedPage machine = SimulatedPage.of(folder, Files.readString(quickstart));
        Browser browser = Browser.open()) {
      machine.step("time&nanos=9000000");
      browser.size(1280, 900);
      browser.open(machine.url());
      for (int width : new int[] {1280, 390}) {
        for (String theme : new String[] {"light", "dark"}) {
          browser.size(width, 900);
          browser.script("localStorage.setItem('theme', arguments[0])", theme);
          browser.reload();
          browser.awaitText("#changes", "mprotect");
          browser.awaitText("#hit-ratio .legend", "large-atc");
          Path file = docs.resolve("page-" + width + "-" + theme + ".png");
          Files.write(file, browser.picture());
          assertThat(ImageIO.read(file.toFile()).getWidth()).isEqualTo(width);
        }
      }
    }
  }
}
