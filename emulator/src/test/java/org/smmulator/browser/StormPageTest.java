package org.smmulator.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A page that stays open while two devices work for a process that unmaps and protects its memory
 * again and again. An hour of that, in the machine's time:
 *
 * <pre>-Dtest=StormPageTest -Dsmmulator.storm.seconds=3600</pre>
 */
@Timeout(1800)
class StormPageTest {
  private static final int SECONDS = Integer.getInteger("smmulator.storm.seconds", 300);
  private static final int ROUNDS = 60;
  private static final int LOOKS = 20;
  private static final long SLACK_BYTES = 3 << 20;

  @TempDir private Path folder;

  /** Each descriptor takes its device so long that the rounds take the time that is wanted. */
  private static String storm() {
    int operations = 100;
    long deviceNanos = Math.min(1_000_000_000L, SECONDS * 1_000_000_000L / ROUNDS / operations);
    StringBuilder yaml =
        new StringBuilder(
            """
            machine: {name: storm, ramMiB: 64}
            simulation: {deviceNanos: %d}
            devices:
              - {id: '00:04.0', model: dma, name: tiny-atc, atc: 2x2}
              - {id: '00:05.0', model: dma, name: small-atc, atc: 16x4}
            scenario:
              timeoutSeconds: 86400
              steps:
                - process: {name: alice, pages: 64}
                - bind: {process: alice, devices: ['00:04.0', '00:05.0']}
            """
                .formatted(deviceNanos));
    for (int i = 0; i < ROUNDS; i++) {
      yaml.append(
          """
              - dma:
                  processes: [alice]
                  devices: ['00:04.0', '00:05.0']
                  operations: %d
                  pages: 64
                  bytes: 512
                  seedOffset: %d
              - munmap: {process: alice, page: %d, pages: 16, remap: true}
              - mprotect: {process: alice, page: 0, pages: 8, prot: r}
              - mprotect: {process: alice, page: 0, pages: 8, prot: rw}
          """
              .formatted(operations, i, i % 48));
    }
    return yaml.toString();
  }

  @Test
  void doesNotGrow() throws Exception {
    try (SimulatedPage machine = SimulatedPage.of(folder, storm());
        Browser browser = Browser.open()) {
      browser.size(1280, 900);
      browser.open(machine.url());
      long begin = browser.heapBytes();
      List<Long> heaps = new ArrayList<>();
      List<Long> elements = new ArrayList<>();
      for (int look = 1; look <= LOOKS; look++) {
        long nanos = SECONDS * 900_000_000L / LOOKS;
        machine.step("time&nanos=" + nanos);
        browser.awaitText("#state", "paused");
        heaps.add(browser.heapBytes());
        elements.add(browser.number("document.querySelectorAll('*').length"));
      }
      long samples = browser.number("Number(document.body.dataset.samples)");
      System.out.printf(
          "page of %d s of storm: %d KiB at first, then %s KiB; %d samples, %s elements%n",
          SECONDS, begin >> 10, heaps.stream().map(b -> b >> 10).toList(), samples, elements);

      long early =
          heaps.subList(LOOKS / 4, LOOKS / 2).stream().mapToLong(b -> b).max().orElseThrow();
      long late = heaps.subList(LOOKS / 2, LOOKS).stream().mapToLong(b -> b).max().orElseThrow();
      assertThat(late).isLessThan(early + SLACK_BYTES);
      assertThat(elements.get(LOOKS - 1)).isLessThan(elements.get(LOOKS / 4) + 500);
    }
  }
}
