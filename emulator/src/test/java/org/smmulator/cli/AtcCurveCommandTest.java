package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.device.atc.AddressTranslationCache;
import org.smmulator.device.atc.AtcRecorder;
import org.smmulator.device.atc.InvalidationScope;
import org.smmulator.device.atc.Permissions;
import org.w3c.dom.Document;

class AtcCurveCommandTest {
  /** Three pages in turn: an access hits from three entries on, but for the first of each page. */
  private static final String THREE_IN_TURN =
      "pasid,page,op\n" + "5,a,access\n5,b,access\n5,c,access\n".repeat(10);

  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int curve(String... args) {
    List<String> all = new ArrayList<>(List.of("atc-curve"));
    all.addAll(List.of(args));
    return SmmulatorCommand.commandLine(FakeLauncher::new)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }

  private String file(String text) throws IOException {
    return Files.writeString(folder.resolve("record"), text).toString();
  }

  @Test
  void printsATable() throws IOException {
    assertThat(curve(file(THREE_IN_TURN), "--sets", "1")).isZero();
    assertThat(out.toString().replaceAll(" +", " "))
        .isEqualTo(
            """
            Hit ratio of an ATC by its size

             sets 1 (any)
             accesses followed 30
             sampled, one in 1
             1 entries 0.00 %
             2 entries 0.00 %
             4 entries 90.00 %
            """);
  }

  @Test
  void csvHasEverySizeOfBothCurves() throws IOException {
    assertThat(curve(file(THREE_IN_TURN), "--sets", "2", "--csv")).isZero();
    assertThat(out.toString().lines())
        .hasSize(1 + 60 + 20)
        .startsWith("sets,entries,accesses,hits,hit_ratio", "1,1,30,0,0.000000")
        .contains("1,2,30,0,0.000000", "1,3,30,27,0.900000")
        // a and c are in one set, b is alone in the other
        .contains("2,2,30,9,0.300000", "2,4,30,27,0.900000");
  }

  @Test
  void anInvalidatedPageIsAMissOfEverySize() throws IOException {
    String record =
        "5,a,access\n5,a,invalidate\n5,a,access\n6,b,access\n6,all,invalidate\n-,a,access\n5,a,access\n6,b,access\n";
    assertThat(curve(file(record), "--csv")).isZero();
    assertThat(out.toString().lines()).contains("1,3,6,1,0.166667", "1,65536,6,1,0.166667");
  }

  /** What a device writes is what its own ATC counted. */
  @Test
  void readsWhatADeviceHasRecorded() throws IOException {
    Path record = folder.resolve("atc");
    AtcRecorder recorder = AtcRecorder.toFile(record);
    AddressTranslationCache atc = new AddressTranslationCache(4, 2, recorder);
    for (int i = 0; i < 4_000; i++) {
      long address = (long) (i * i % 23) << 12;
      boolean write = i % 7 == 0;
      if (atc.lookup(3, address, write) == AddressTranslationCache.MISS) {
        atc.fill(3, address, 12, address, Permissions.READ | (write ? Permissions.WRITE : 0));
      }
      if (i % 100 == 99) {
        atc.invalidate(new InvalidationScope(3, false, address, 13));
      }
      if (i == 2_000) {
        atc.invalidateAll();
      }
    }
    recorder.close();

    assertThat(curve(record.toString(), "--sets", "4", "--csv")).isZero();
    assertThat(out.toString()).contains("\n4,8,4000," + atc.hits() + ",");
  }

  @Test
  void thePictureIsXmlWithAxesUnitsAndLegend() throws Exception {
    Path svg = folder.resolve("curve.svg");
    assertThat(curve(file(THREE_IN_TURN), "--svg", svg.toString())).isZero();
    Document xml =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(Files.readAllBytes(svg)));
    assertThat(xml.getElementsByTagName("polyline").getLength()).isEqualTo(2);
    assertThat(xml.getDocumentElement().getTextContent())
        .contains("Working set of record", "entries of the ATC", "hit ratio", "100 %")
        .contains("fully associative", "64 sets");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "5,a,access;5,x,access | line 2: '5,x,access' is no event of an ATC; use lines as",
        "5,a | line 1: '5,a' is no event",
        "5,a,read | line 1: '5,a,read' is no event",
        "1048576,a,access | line 1: '1048576,a,access' is no event",
        "5,all,access | line 1: '5,all,access' is no event",
        "L 5 a r | line 1: 'L 5 a r' is no event",
        "F 5 a 12 q | line 1: 'F 5 a 12 q' is no event",
        "I 5 0 a 70 1 | line 1: 'I 5 0 a 70 1' is no event",
        "# nothing | holds no access of an ATC"
      })
  void whatIsNoRecordIsRefused(String lines, String sentence) throws IOException {
    assertThat(curve(file(lines.replace(';', '\n')))).isEqualTo(2);
    assertThat(err.toString()).startsWith("smmulator: ").contains(sentence).hasLineCount(1);
  }

  @Test
  void wrongOptionsAreRefused() throws IOException {
    assertThat(curve(file(THREE_IN_TURN), "--sets", "3")).isEqualTo(2);
    assertThat(err.toString()).contains("--sets: 3 is no power of two from 1 to 65536");
    assertThat(curve(folder.resolve("none").toString())).isEqualTo(2);
    assertThat(err.toString()).contains("none cannot be read: ");
  }
}
