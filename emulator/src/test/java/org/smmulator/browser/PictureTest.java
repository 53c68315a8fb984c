package org.smmulator.browser;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The machine as the page draws it. */
class PictureTest extends PageScene {
  @Test
  void aPasidIsABoxThatTheKeyboardReaches() throws Exception {
    afterTheMunmap();
    JsonNode process = machine.get("api/processes").at("/processes/0");
    String words =
        "PASID 1 of alice, ASID " + process.at("/asid").intValue() + ": ATS, PRI and invalidations";
    assertThat(browser.number("document.querySelectorAll('.box.pasid').length")).isEqualTo(1);
    assertThat(browser.find(".box.pasid").getDomAttribute("aria-label")).startsWith(words);
    assertThat(browser.number("document.querySelectorAll('.edge.bond').length"))
        .as("from the process and to the SMMU")
        .isEqualTo(2);
    assertThat(
            browser.number(
                "Number(document.querySelector('.edge.bond').getAttribute('stroke-width'))"))
        .as("as thick as its traffic, where none is 1.5")
        .isGreaterThan(2);

    browser.script("document.querySelector('.box.pasid').focus()");
    assertThat(browser.text("#picture .readout")).startsWith(words);
    browser.script("dispatchEvent(new Event('resize'))");
    assertThat(browser.script("return document.activeElement.getAttribute('aria-label')"))
        .as("drawn anew")
        .asString()
        .startsWith(words);
  }

  /** With a table as it is when a device has not said that it stopped using a PASID. */
  @ParameterizedTest
  @ValueSource(ints = {390, 1280})
  void aPasidInQuarantineIsMarkedAndSaysWhy(int width) throws Exception {
    afterTheMunmap();
    browser.size(width, 900);
    browser.script(
        """
        return Promise.all([import('/live/picture.js'), import('/live/history.js'),
          fetch('/api/summary').then(answer => answer.json())]).then(([p, h, summary]) =>
            new p.Picture(new h.History()).update(summary, {
              processes: [
                {name: 'amy', state: 'running', pasid: null, asid: 4},
                {name: 'bob', state: 'running', pasid: 2, asid: 5}],
              quarantined: [{pasid: 3, devices: ['tiny-atc (00:04.0)'], why: 'has not stopped'}]}))
        """);
    assertThat(
            browser.script(
                "return [...document.querySelectorAll('.box.pasid')].map(e => e.textContent)"))
        .asString()
        .contains("PASID 2ASID 5", "PASID 3quarantined");
    assertThat(browser.find(".box.pasid.quarantined").getDomAttribute("aria-label"))
        .isEqualTo("PASID 3, in quarantine: tiny-atc (00:04.0) has not stopped");
    assertThat(
            browser.script(
                "return getComputedStyle(document.querySelector('.quarantined rect')).stroke"))
        .isEqualTo("rgb(179, 20, 30)");
    assertThat(
            browser.script(
                """
                const boxes = [...document.querySelectorAll('#picture-drawing .box rect')]
                  .map(e => e.getBoundingClientRect());
                return boxes.some((a, i) => boxes.some((b, j) => i < j && a.left < b.right
                  && b.left < a.right && a.top < b.bottom && b.top < a.bottom))
                """))
        .as("boxes overlap")
        .isEqualTo(false);
  }

  /** With a summary as it is after an ATC invalidation that timed out. */
  @Test
  void aDeviceThatIsIsolatedSaysSinceWhenAndWhy() throws Exception {
    afterTheMunmap();
    browser.script(
        """
        return Promise.all([import('/live/picture.js'), import('/live/history.js'),
          import('/live/tables.js'),
          fetch('/api/summary').then(answer => answer.json())]).then(([p, h, t, summary]) => {
            summary.devices[0].answering = false;
            summary.devices[0].isolated = 'isolated since 1.000 ms: it is slow';
            new p.Picture(new h.History()).update(summary, null);
            t.processTable(null, summary.devices);
          })
        """);
    assertThat(browser.script("return document.querySelector('#quarantine').textContent"))
        .isEqualTo("tiny-atc (00:04.0) is isolated since 1.000 ms: it is slow");
    assertThat(
            browser.script(
                "return [...document.querySelectorAll('.box.device')].map(e => e.textContent)"))
        .asString()
        .contains("00:04.0, isolated");
  }
}
