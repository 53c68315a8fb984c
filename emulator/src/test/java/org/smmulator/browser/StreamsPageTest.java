package org.smmulator.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.history.Watch;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.metrics.StreamsTable;
import org.smmulator.metrics.StreamsTable.Fields;
import org.smmulator.metrics.StreamsTable.Pasid;
import org.smmulator.metrics.StreamsTable.Row;
import org.smmulator.metrics.Summaries;
import org.smmulator.record.Recorder;
import org.smmulator.web.FakeWatched;
import org.smmulator.web.WebServer;

/** The page of a machine whose guest is a program of its own. */
@Timeout(120)
class StreamsPageTest {
  private static final StreamsTable TABLE =
      new StreamsTable(
          true,
          "stream table at 0x1000, LOG2SIZE=16, 2 levels, SPLIT=8",
          List.of(
              new Row(
                  "0x20",
                  "copier",
                  "00:04.0",
                  "stage 1",
                  null,
                  new Fields("full", "CD 0", true, 3),
                  List.of(
                      new Pasid(null, 1, "0x44cd6000", 48, "RA", null, 0),
                      new Pasid(5, 7, null, null, "", "the CD is ILLEGAL: why", 1234)),
                  2,
                  List.of("CDs 0x40 to 0x7f: the fetch aborts (0x3000)")),
              new Row("0x100", null, null, "bypass", null, null, List.of(), 0, List.of())),
          4,
          List.of("copier (00:04.0) is isolated since 1.000 ms: it is slow"));

  @ParameterizedTest
  @ValueSource(ints = {390, 1280})
  void showsStreamsAndPasidsInPlaceOfProcesses(int width) throws Exception {
    Watch watch = new Watch(Recorder.OFF);
    FakeWatched machine =
        new FakeWatched(Summaries::passed, q -> List.of(), ProcessTable.EMPTY, watch, null)
            .with(TABLE);
    try (WebServer server = WebServer.start("127.0.0.1:0", machine);
        Browser browser = Browser.open()) {
      watch.begin(new Watch.Machine(Summaries::passed, System::nanoTime, null));
      browser.size(width, 900);
      browser.open("http://" + server.address() + "/");
      browser.awaitText("#streams", "copier");

      assertThat(browser.isShown("#processes-panel")).isFalse();
      assertThat(browser.text("#stream-table")).isEqualTo(TABLE.smmu());
      assertThat(
              browser.script(
                  "return [...document.querySelectorAll('#streams tbody tr')].map(row =>"
                      + " [...row.cells].map(cell => cell.textContent).join(' '))"))
          .isEqualTo(
              List.of(
                  "0x20 copier (00:04.0) stage 1 full CD 0 1 3 – 1 0x44cd6000 48 RA 0",
                  "5 7 – – – 1,234",
                  "0x100 platform bypass – – – – – – – – – –"));
      assertThat(
              browser.script(
                  "return [...document.querySelectorAll('#stream-remarks li')]"
                      + ".map(e => e.textContent)"))
          .isEqualTo(
              List.of(
                  "stream 0x20 PASID 5: the CD is ILLEGAL: why",
                  "stream 0x20: and 2 PASIDs more",
                  "stream 0x20: CDs 0x40 to 0x7f: the fetch aborts (0x3000)",
                  "and 4 streams more",
                  "copier (00:04.0) is isolated since 1.000 ms: it is slow"));
      browser.assertNothingIsWiderThanTheWindow();
    } finally {
      watch.close();
    }
  }
}
