package org.smmulator.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.Keys;
import org.smmulator.cli.MachineByHand;

/** Steps by hand from the live page of a machine on real time. */
@Timeout(300)
class HandTest extends MachineByHand {
  private static final String TWO =
      MACHINE.replace("127.0.0.1:0']}", "127.0.0.1:0'], invalidationTimeoutMillis: 10000}")
          + "  - {id: '00:05.0', model: dma, atc: 16x4, process: machine, name: other}\n";

  private static Browser browser;

  @BeforeAll
  static void openBrowser() {
    browser = Browser.open();
  }

  @AfterAll
  static void closeBrowser() {
    if (browser != null) {
      browser.close();
    }
  }

  /** Alice's pages are in both ATCs. */
  private void open(String machine) throws Exception {
    start(machine);
    assertThat(perform("process: {name: alice, pages: 16}")).isZero();
    assertThat(perform("bind: {process: alice, devices: ['00:04.0', '00:05.0']}")).isZero();
    assertThat(
            perform(
                "dma: {processes: [alice], devices: ['00:04.0', '00:05.0'], operations: 400, pages:"
                    + " 16}"))
        .isZero();
    browser.size(1280, 900);
    browser.open("http://" + http + "/");
    browser.awaitText("#hand-process", "alice");
    browser.awaitText("#hand-device", "other");
  }

  private void done(String button, String step) throws Exception {
    browser.click(button);
    if (browser.isShown("#token-text")) {
      browser.find("#token-text").sendKeys(Files.readString(token()).strip(), Keys.ENTER);
    }
    browser.awaitText("#hand-said", step + ": done");
  }

  private void choose(String css, String value) {
    browser.script(
        "const s = document.querySelector(arguments[0]); s.value = arguments[1];"
            + " s.dispatchEvent(new Event('change'))",
        css,
        value);
  }

  @Test
  void anUnmapShowsWhatEachDeviceDropped() throws Exception {
    open(TWO);
    done("#hand-unmap", "munmap: {process: alice, page: 0, pages: 16}");
    assertThat(
            browser.script(
                "return [...document.querySelectorAll('#hand-effects tbody tr')]"
                    + ".map(row => [...row.cells].slice(0, 4).map(c => c.textContent).join(' '))"))
        .asString()
        .isEqualTo("[00:04.0 1 16 0, 00:05.0 1 16 0]");
    assertThat(browser.text("#hand-story")).contains("ATC_INV", "00:05.0: dropped 16 entries");
  }

  /** The checks find it, and the device is pulled out; alice is killed and gone from the list. */
  @Test
  void aLostInvalidationADeviceGoneAndAProcessKilled() throws Exception {
    open(TWO.replace("invalidationTimeoutMillis: 10000", "invalidationTimeoutMillis: 1000"));
    choose("#hand-device", "00:05.0");
    done("#hand-lose", "inject: {drop: packet, device: '00:05.0'}");
    done("#hand-unmap", "munmap: {process: alice, page: 0, pages: 16}");
    browser.awaitText("#violations", "no Invalidate Completion");
    assertThat(browser.text("#verdict")).contains("violation");
    choose("#hand-device", "00:04.0");
    done("#hand-unplug", "unplug: {device: '00:04.0'}");
    browser.await("no device", () -> !browser.text("#hand-device").contains("small"));
    done("#hand-kill", "kill: {process: alice}");
    browser.await("no process", () -> browser.text("#hand-process").isEmpty());
    assertThat(browser.find("#hand-unmap").isEnabled()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {390, 1280})
  void anyStepIsTypedAndARefusalSaysWhy(int width) throws Exception {
    start(TWO);
    browser.size(width, 900);
    browser.open("http://" + http + "/");
    browser.find("#hand-step").sendKeys("exit: {process: bob}", Keys.ENTER);
    browser.await("the token is asked for", () -> browser.isShown("#token-text"));
    browser.find("#token-text").sendKeys(Files.readString(token()).strip(), Keys.ENTER);
    browser.awaitText("#hand-said", "no process bob was started before");
    browser.find("#hand-step").clear();
    browser.find("#hand-step").sendKeys("exit: {proces: bob}", Keys.ENTER);
    browser.awaitText("#hand-said", "did you mean process?");
    browser.assertNothingIsWiderThanTheWindow();
  }
}
