package org.smmulator.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.Keys;
import tools.jackson.databind.JsonNode;

/** What a person sees and does on the live page. */
class LivePageTest extends PageScene {
  private static final List<String> CHARTS =
      List.of(
          "hit-ratio",
          "invalidations",
          "page-requests",
          "translations-held",
          "tlb-occupancy",
          "smmu-hit-ratios",
          "walks",
          "queues",
          "commands",
          "notifier",
          "faults");

  private static String count(JsonNode number) {
    return String.format("%,d", number.longValue());
  }

  @Test
  void showsWhatTheMachineSaysAndNothingElse() throws Exception {
    afterTheMunmap();
    JsonNode summary = machine.get("api/summary");
    JsonNode history = machine.get("api/history");
    JsonNode process = machine.get("api/processes").at("/processes/0");

    assertThat(browser.script("return document.title")).isEqualTo("little · Smmulator");
    assertThat(browser.text("#machine")).isEqualTo("little");
    assertThat(browser.text("#verdict")).isEqualTo("✓ No violation so far");
    assertThat(browser.number("Number(document.body.dataset.samples)"))
        .as("opened late, and nothing is lost")
        .isEqualTo(history.at("/t").size());
    assertThat(browser.text("#processes tbody tr"))
        .startsWith("alice" + process.at("/state").stringValue())
        .contains(process.at("/buffer").stringValue(), "tiny-atc (00:04.0, live)");
    assertThat(browser.isShown("#processes-panel")).isTrue();
    assertThat(browser.text("#streams tbody"))
        .contains(
            "0x20tiny-atc (00:04.0)stage 1full", "1" + process.at("/asid").intValue() + "0x4");
    browser.click("#counters-title");
    browser.awaitText("#counters", "TLB");
    assertThat(
            browser.script(
                "return [...document.querySelectorAll('#counters tr')].find(row =>"
                    + " row.cells[0].textContent === 'ATC lookups').innerText.split('\\t')"))
        .isEqualTo(
            List.of(
                "ATC lookups",
                count(summary.at("/devices/0/atc/lookups")),
                count(summary.at("/devices/1/atc/lookups"))));
    assertThat(browser.text("#picture-drawing .smmu"))
        .contains("TLB " + summary.at("/smmu/tlb/resident").longValue() + " entries");
    assertThat(browser.text("#picture-drawing")).contains("alice", "PASID 1", "tiny-atc");
    assertThat(browser.consoleSays()).noneMatch(line -> line.contains("Content Security Policy"));
  }

  @Test
  void everyChartDrawsItsLinesAndItsLegendSaysTheLastValues() throws Exception {
    afterTheMunmap();
    for (String chart : CHARTS) {
      String first = "#" + chart + " .legend button";
      browser.awaitText(first, " ");
      long inked = inkOf(chart);

      assertThat(browser.text(first + " .number")).as(chart).isNotEqualTo("–");
      browser.script(
          "document.querySelectorAll('#' + arguments[0] + ' .legend button')"
              + ".forEach(button => button.click())",
          chart);
      assertThat(browser.find(first).getDomAttribute("aria-pressed")).as(chart).isEqualTo("false");
      browser.await(chart + " has no line", () -> inkOf(chart) < inked);
    }
  }

  /** Pixels with a colour: grid and texts have none, and are others when no line is there. */
  private static long inkOf(String chart) {
    return browser.number(
        "(() => {const c = document.querySelector('#%s canvas'); const d =".formatted(chart)
            + " c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0;"
            + " for (let i = 3; i < d.length; i += 4) {const rgb ="
            + " [...d.slice(i - 3, i)]; n += Math.max(...rgb) - Math.min(...rgb) > 60;} return n})()");
  }

  @Test
  void theKeyboardReadsAChart() throws Exception {
    afterTheMunmap();
    browser.find("#hit-ratio .plot").sendKeys(Keys.ARROW_LEFT);
    browser.awaitText("#hit-ratio .readout", "tiny-atc");
    String there = browser.text("#hit-ratio .readout");
    assertThat(there).contains(" ms, step ", ": ");
    browser.find("#hit-ratio .plot").sendKeys(Keys.ARROW_LEFT);
    browser.await("another moment", () -> !browser.text("#hit-ratio .readout").equals(there));
  }

  /** No DMA runs beside the munmap, so that nothing fills the ATC again. */
  @Test
  void theHeatMapShowsWhatAnMunmapDrops() throws Exception {
    machine(
        little()
            .replace("seedOffset: 1\n        background: busy", "seedOffset: 1")
            .replace("    - wait: {background: busy}\n", ""));
    while (!machine.get("api/history").at("/steps").toString().contains("munmap")) {
      machine.step("step");
    }
    browser.open(machine.url());
    browser.awaitText(".atc figcaption", "tiny-atc");
    int held = entriesOnTheMap("small-atc");
    String pages = "&address=" + buffer(machine, 4) + "&pasid=1&access=read";
    assertThat(held).isEqualTo(machine.get("api/atc?device=small-atc").at("/entries").size());
    assertThat(entriesOnTheMap("tiny-atc")).isEqualTo(4);
    assertThat(machine.text("api/explain?device=small-atc" + pages))
        .contains("ATC: the device holds");

    machine.step("step");
    browser.await("entries are dropped", () -> entriesOnTheMap("small-atc") < held);
    assertThat(entriesOnTheMap("small-atc"))
        .as("the munmap is of 8 pages")
        .isLessThanOrEqualTo(held - 8)
        .isEqualTo(machine.get("api/atc?device=small-atc").at("/entries").size());
    String legend = ".atc[data-device=small-atc] .legend";
    assertThat(browser.text(legend)).contains("alice, PASID 1");
    assertThat(browser.text(legend + " li:has(.series-7)")).as("its own").startsWith("no PASID");
    assertThat(browser.text(legend + " li:has(.series-1)")).startsWith("alice, PASID 1");
    assertThat(machine.text("api/explain?device=small-atc" + pages))
        .contains("ATC: the device holds nothing of this page");
  }

  private static int entriesOnTheMap(String device) {
    String caption = browser.text(".atc[data-device=" + device + "] figcaption");
    Matcher entries = Pattern.compile("ATC of .*: (\\d+) of \\d+ entries").matcher(caption);
    return entries.lookingAt() ? Integer.parseInt(entries.group(1)) : 0;
  }

  private static String buffer(SimulatedPage machine, int page) throws Exception {
    String first = machine.get("api/processes").at("/processes/0/buffer").stringValue();
    return "0x" + Long.toHexString(Long.decode(first) + page * 4096L);
  }

  @Test
  void aClickOnAChangeTellsItDownToBothDevices() throws Exception {
    afterTheMunmap();
    browser.script(
        "[...document.querySelectorAll('.change')].findLast(b => b.textContent.includes('munmap'))"
            + ".click()");
    browser.await("the story is open", () -> browser.isShown("#change table"));

    assertThat(browser.text("#change-title")).startsWith("alice munmap: 0x");
    assertThat(browser.text("#change-story"))
        .contains("queues", "ATC_INV", "00:04.0invalidation", "00:05.0invalidation")
        .contains("00:04.0invalidation completed", "00:05.0invalidation completed", "frees ");
    browser.find("#change").sendKeys(Keys.ESCAPE);
    browser.await("it is closed", () -> !browser.isShown("#change"));
  }

  @Test
  void whoPastesTheTokenStepsTheMachine() throws Exception {
    machine(little());
    browser.open(machine.url());
    browser.awaitText("#state", "paused");
    browser.click("#pace [data-do=step]");
    browser.await("the token is asked for", () -> browser.isShown("#token-text"));
    browser.find("#token-text").sendKeys("0".repeat(32), Keys.ENTER);
    browser.awaitText("#token-problem", "That is not the token of this machine.");
    browser.find("#token-text").sendKeys(machine.token(), Keys.ENTER);
    browser.awaitText("#processes", "alice");
    assertThat(browser.isShown("#token")).isFalse();
    assertThat(browser.text("#time")).isEqualTo("at 0.000 ms");
    awaitPausedAfter(0);

    for (int i = 0; i < 3; i++) {
      int steps = machine.get("api/history").at("/steps").size();
      browser.click("#pace [data-do=step]");
      browser.await("a step more", () -> steps(machine) > steps);
      awaitPausedAfter(steps);
    }
    browser.awaitText("#picture-drawing", "PASID 1");
    browser.click("#pause");
    browser.await("the page says that the machine is gone", () -> browser.isShown("#problem"));
    assertThat(machine.awaitEnd()).isZero();
  }

  /** The page draws steps and state at once: one that knows of the step has no older state. */
  private void awaitPausedAfter(int steps) {
    browser.await(
        "the page knows of step " + steps,
        () -> browser.number("Number(document.body.dataset.steps ?? 0)") > steps);
    browser.awaitText("#state", "paused");
  }

  private static int steps(SimulatedPage machine) {
    try {
      return machine.get("api/history").at("/steps").size();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aViolationIsRedAndToldInFields() throws Exception {
    machine(little().replace("atc: 16x4}", "atc: 16x4, sabotage: keep-invalidated}"));
    machine.step("time&nanos=3000000");
    browser.open(machine.url());
    browser.awaitText("#verdict", "violation");

    JsonNode violation = machine.get("api/summary").at("/verdict/violations/0");
    assertThat(browser.text(".violation p")).isEqualTo(violation.at("/text").stringValue());
    assertThat(browser.text(".violation dl"))
        .contains("device00:05.0", "frame" + violation.at("/frame").stringValue());
    assertThat(violation.at("/packet").propertyNames())
        .contains("type", "addressType", "address", "bytes", "requesterId", "tag", "pasid");
    assertThat(violation.at("/packet/addressType").stringValue()).isEqualTo("translated");
    assertThat(violation.at("/packet/address").stringValue())
        .startsWith(violation.at("/frame").stringValue().replaceFirst("000$", ""));
    assertThat(
            browser.script(
                "return Object.fromEntries([...document.querySelector('.violation .packet')"
                    + ".children].map(pair => [...pair.children].map(e => e.textContent)))"))
        .as("by their names in words")
        .isEqualTo(packetInWords(violation.at("/packet")));
    assertThat(browser.text("#picture-drawing .box.bad")).startsWith("small-atc");
    assertThat(
            browser.script(
                "return getComputedStyle(document.querySelector('.edge.dma.bad')).stroke"))
        .isEqualTo("rgb(179, 20, 30)");
  }

  private static Map<String, String> packetInWords(JsonNode packet) {
    return packet.properties().stream()
        .collect(Collectors.toMap(e -> words(e.getKey()), e -> e.getValue().stringValue()));
  }

  private static String words(String key) {
    return key.replaceAll("([A-Z])", " $1")
        .toLowerCase(Locale.ROOT)
        .replaceAll("\\bid\\b", "ID")
        .replaceAll("\\bpasid\\b", "PASID");
  }

  @ParameterizedTest
  @CsvSource({"390, light", "390, dark", "1280, light", "1280, dark"})
  void everythingIsReadableAndNothingIsTooWide(int width, String theme) throws Exception {
    afterTheMunmap();
    browser.size(width, 900);
    browser.script("localStorage.setItem('theme', arguments[0])", theme);
    browser.reload();
    browser.awaitText("#changes", "munmap");
    browser.script("document.querySelector('details').open = true");

    browser.assertNothingIsWiderThanTheWindow();
    assertThat(browser.script(Contrast.TOO_LITTLE)).isEqualTo(List.of());
    assertThat(
            browser.script(
                "return [...document.querySelectorAll('button, input, canvas, [role=img]')]"
                    + ".filter(e => e.checkVisibility() && e.parentElement.closest('[aria-hidden=true], [role=img]') === null"
                    + " && !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length))"
                    + ".map(e => e.outerHTML)"))
        .as("without a name")
        .isEqualTo(List.of());
    browser.script("localStorage.removeItem('theme')");
  }

  @Test
  void theThemeIsTheBrowsersUntilSomebodyChooses() throws Exception {
    afterTheMunmap();
    String light = background();
    browser.click("#theme");
    browser.await("it is dark", () -> !background().equals(light));
    String dark = background();
    browser.reload();
    assertThat(background()).as("remembered").isEqualTo(dark);
    browser.click("#theme");
    browser.await("it is light", () -> background().equals(light));
    browser.script("localStorage.removeItem('theme')");
  }

  private static String background() {
    return String.valueOf(browser.script("return getComputedStyle(document.body).backgroundColor"));
  }
}
