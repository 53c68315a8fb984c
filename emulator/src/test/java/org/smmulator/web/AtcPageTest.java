package org.smmulator.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.bus.wire.AtcEntries;
import org.smmulator.metrics.AtcTable;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.metrics.Summaries;
import org.smmulator.pcie.AtcContents;

/** What a device holds, over HTTP. */
class AtcPageTest {
  private static final AtcContents CONTENTS =
      new AtcContents(
          "small",
          "00:04.0",
          2,
          2,
          List.of(
              new AtcEntries.Entry(1, 5, 0x8000_0000_0000_1000L, 0x4000_0000L, 12, 0b111, 7),
              new AtcEntries.Entry(2, 6, 0x2000, 0x4000_1000L, 30, 0b01, 0xffff_ffffL),
              new AtcEntries.Entry(3, AtcEntries.NO_PASID, 0x3000, 0x4000_2000L, 12, 0b10, 0)),
          true);
  private static final ProcessTable PROCESSES =
      new ProcessTable(
          List.of(
              new ProcessTable.Row("alice", "running", 5, 7, "0x0", 64, List.of("small")),
              new ProcessTable.Row("bob", "exited", null, null, "0x0", 1, List.of())),
          List.of(),
          List.of());

  private final FakeWatched machine =
      new FakeWatched(
          Summaries::passed,
          question -> List.of(),
          PROCESSES,
          id -> {
            if (id != 0x20) {
              throw new AssertionError("asked for " + id);
            }
            return CONTENTS;
          });
  private final WebServer server;

  AtcPageTest() throws Exception {
    server = WebServer.start("127.0.0.1:0", machine);
  }

  @AfterEach
  void close() {
    server.close();
  }

  private static HttpResponse<String> get(WebServer server, String path) throws Exception {
    URI uri = URI.create("http://" + server.address() + path);
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void servesAllThatTheDeviceHolds() throws Exception {
    HttpResponse<String> response = get(server, "/api/atc?device=small");
    assertThat(response.headers().firstValue("content-type"))
        .hasValue("application/json; charset=utf-8");
    assertThat(response.body())
        .isEqualTo(
            """
            {"device":"small","id":"00:04.0","sets":2,"ways":2,"whole":true,"entries":[\
            {"set":0,"way":1,"pasid":5,"process":"alice","page":"0x8000000000001000",\
            "translated":"0x40000000","sizeLog2":12,"permissions":"rwx","age":7},\
            {"set":1,"way":0,"pasid":6,"process":null,"page":"0x2000",\
            "translated":"0x40001000","sizeLog2":30,"permissions":"r","age":4294967295},\
            {"set":1,"way":1,"pasid":null,"process":null,"page":"0x3000",\
            "translated":"0x40002000","sizeLog2":12,"permissions":"w","age":0}]}
            """);
    assertThat(AtcTable.read(response.body()).json()).isEqualTo(response.body());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "device=00:04.0&set=1 | 0x2000 0x3000",
        "device=small&pasid=0x6 | 0x2000",
        "device=small&process=alice | 0x8000000000001000",
        "device=small&set=0&pasid=6 |",
      })
  void servesWhatTheParametersSelect(String query, String pages) throws Exception {
    AtcTable table = AtcTable.read(get(server, "/api/atc?" + query).body());
    assertThat(table.entries().stream().map(AtcTable.Row::page))
        .containsExactly(pages == null ? new String[0] : pages.split(" "));
    assertThat(table.sets()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "set=1 | device is missing; give device=..",
        "device=large | device: nothing attached is called 'large'; there are small",
        "device=small&set=2 | set: the ATC of 'small' has sets 0 to 1",
        "device=small&set=-1 | set: '-1' is not a number from 0 to 0xffffff; use one such as 0x20"
            + " or 32",
        "device=small&way=1 | 'way': no such parameter; there are device, set, pasid, process",
        "device=small&process=bob | process: no device is bound to 'bob', so that it has no PASID",
        "device=small&pasid=1&process=alice | process and pasid say the same thing; give one of"
            + " them",
      })
  void aWrongQuestionIsAnsweredWithOneSentence(String query, String sentence) throws Exception {
    HttpResponse<String> response = get(server, "/api/atc?" + query);
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).isEqualTo(sentence + "\n");
  }

  @Test
  void saysThatTheDeviceDoesNot() throws Exception {
    try (WebServer silent =
        WebServer.start(
            "127.0.0.1:0", new FakeWatched(Summaries::passed, question -> List.of(), PROCESSES))) {
      HttpResponse<String> response = get(silent, "/api/atc?device=small");
      assertThat(response.statusCode()).isEqualTo(503);
      assertThat(response.body()).isEqualTo("no device tells what it holds\n");
    }
  }
}
