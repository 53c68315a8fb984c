package org.smmulator.browser;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A browser, and a simulated machine whose page it may open. */
@Timeout(120)
abstract class PageScene {
  /** As many steps as bring alice's munmap behind DMA of both devices. */
  private static final int UNTIL_MUNMAP_IS_DONE = 6;

  static Browser browser;

  @TempDir private Path folder;
  SimulatedPage machine;

  @BeforeAll
  static void open() {
    browser = Browser.open();
  }

  @AfterAll
  static void close() {
    if (browser != null) {
      browser.close();
    }
  }

  @AfterEach
  void end() {
    if (machine != null) {
      machine.close();
    }
  }

  final void machine(String yaml) throws Exception {
    machine = SimulatedPage.of(folder, yaml);
    browser.size(1280, 900);
  }

  static String little() throws Exception {
    Path here = Path.of("configs/little.yaml");
    return Files.readString(Files.exists(here) ? here : Path.of("../configs/little.yaml"));
  }

  final void afterTheMunmap() throws Exception {
    machine(little());
    for (int i = 0; i < UNTIL_MUNMAP_IS_DONE; i++) {
      machine.step("step");
    }
    browser.open(machine.url());
    browser.awaitText("#state", "paused");
    browser.awaitText("#changes", "munmap");
    // With the devices' names charts are made anew.
    browser.awaitText("#hit-ratio .legend", "tiny-atc");
  }
}
