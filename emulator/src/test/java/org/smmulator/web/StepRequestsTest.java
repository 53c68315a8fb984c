package org.smmulator.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.history.FakePace;
import org.smmulator.history.Pace;
import org.smmulator.history.Watch;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.metrics.StepReport;
import org.smmulator.metrics.StepSummary;
import org.smmulator.metrics.Summary;
import org.smmulator.record.Recorder;

class StepRequestsTest {
  @TempDir private Path folder;
  private final FakePace pace = new FakePace();
  private StepToken token;
  private WebServer server;
  private RawClients clients;

  @BeforeEach
  void start() throws IOException {
    token = StepToken.create(folder, 0);
    pace.state = Pace.State.PAUSED;
    server = WebServer.start("127.0.0.1:0", watched(new Control(pace, null, token)));
    clients = new RawClients(() -> server);
  }

  private static FakeWatched watched(Control control) {
    return new FakeWatched(
        () -> Summary.EMPTY,
        question -> List.of(),
        ProcessTable.EMPTY,
        new Watch(Recorder.OFF),
        control);
  }

  @AfterEach
  void stop() throws IOException {
    clients.close();
    server.close();
    token.close();
  }

  private String bearer() throws IOException {
    return "Authorization: Bearer " + Files.readString(token.file()).strip();
  }

  private RawClient.Reply post(String query, String... headers) throws IOException {
    return clients.ask("POST /api/step" + query + " HTTP/1.1", headers);
  }

  @ParameterizedTest
  @CsvSource({
    "?do=pause, pause",
    "?do=run, run",
    "?do=next, next",
    "?do=step, step",
    "?do=time&nanos=1, for 1",
    "?do=time&nanos=3600000000000, for 3600000000000"
  })
  void whoHasTheTokenHoldsTheMachineAndLetsItGoOn(String query, String told) throws IOException {
    RawClient.Reply reply = post(query, bearer());

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.body()).isEqualTo("{\"state\":\"paused\"}\n");
    assertThat(pace.told).containsExactly(told);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Authorization: Bearer 00000000000000000000000000000000",
        "Authorization: Bearer ",
        "Authorization: Basic YTpi",
        "X-Nothing: here"
      })
  void nobodyElseDoes(String header) throws IOException {
    RawClient.Reply reply = post("?do=run", header);

    assertThat(reply.status()).isEqualTo(401);
    assertThat(reply.body()).contains("Authorization: Bearer TOKEN");
    assertThat(pace.told).isEmpty();
  }

  @Test
  void aPageFromElsewhereDoesNotEvenWithTheToken() throws IOException {
    assertThat(post("?do=run", bearer(), "Origin: http://evil.example").status()).isEqualTo(403);
    RawClient rebound = clients.connect();
    rebound.send(
        "POST /api/step?do=run HTTP/1.1\r\nHost: evil.example\r\n" + bearer() + "\r\n\r\n");
    assertThat(rebound.reply().status()).isEqualTo(403);
    assertThat(pace.told).isEmpty();
    assertThat(post("?do=run", bearer(), "Origin: http://" + server.address()).status())
        .isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | do is missing; do is pause, run",
        "?do=fly | do: 'fly' is not possible; do is pause, run",
        "?do=run&do=run | 'do': give step, or do, and nanos for time, once each",
        "?do=run&now=1 | 'now': give step, or do",
        "?do=run&nanos=1 | nanos goes with do=time only",
        "?do=time | nanos: missing; give a number from 1 to 3600000000000",
        "?do=time&nanos=0 | nanos: '0' is wrong",
        "?do=time&nanos=-1 | nanos: '-1' is wrong",
        "?do=time&nanos=99999999999999999999 | nanos: '99999999999999999999' is wrong"
      })
  void aWrongStepIsAnsweredWithOneSentence(String query, String sentence) throws IOException {
    RawClient.Reply reply = post(query, bearer());

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.body()).startsWith(sentence);
    assertThat(pace.told).isEmpty();
  }

  @Test
  void readingChangesNothingAndNothingElseCanBePosted() throws IOException {
    assertThat(clients.ask("GET /api/step?do=run HTTP/1.1", bearer()).body())
        .isEqualTo("{\"state\":\"paused\"}\n");
    assertThat(clients.ask("POST /api/summary HTTP/1.1", bearer()).status()).isEqualTo(405);
    assertThat(clients.ask("PUT /api/step?do=run HTTP/1.1", bearer()).status()).isEqualTo(405);
    assertThat(pace.told).isEmpty();
  }

  @Test
  void aMachineOnRealTimeSaysSo() throws IOException {
    FakeWatched machine = watched(new Control(null, new FakeHand(), token));
    try (WebServer real = WebServer.start("127.0.0.1:0", machine);
        RawClients others = new RawClients(() -> real)) {
      RawClient.Reply reply = others.ask("POST /api/step?do=pause HTTP/1.1", bearer());
      assertThat(reply.status()).isEqualTo(409);
      assertThat(reply.body()).contains("run --simulated --live");
    }
  }

  @Test
  void aSimulatedMachineDoesNoStepsByHand() throws IOException {
    RawClient.Reply reply = post("?step=exit", bearer());
    assertThat(reply.status()).isEqualTo(409);
    assertThat(reply.body()).contains("run it without --simulated");
  }

  @Test
  void aMachineWithoutOurKernelHasNothingToBeDone() throws IOException {
    try (WebServer other = WebServer.start("127.0.0.1:0", new FakeWatched());
        RawClients others = new RawClients(() -> other)) {
      RawClient.Reply reply = others.ask("POST /api/step?step=exit HTTP/1.1", bearer());
      assertThat(reply.status()).isEqualTo(409);
      assertThat(reply.body()).contains("the guest is a program of yours");
    }
  }

  /** Asked for in one request, looked at in others. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "POST | ?step=exit%3A%20%7Bprocess%3A%20alice%7D | 200 | {\"number\":7}",
        "POST | ?step=nonsense | 400 | nonsense is no step",
        "POST | ?step=busy | 503 | 8 steps are under way",
        "POST | ?step=a&do=run | 400 | step stands alone",
        "POST | ?step=a&step=b | 400 | 'step': give step",
        "GET | ?number=7 | 200 | \"state\" : \"done\"",
        "GET | ?number=8 | 400 | no step 8 is kept",
        "GET | ?number=-1 | 400 | number: '-1' is wrong",
        "GET | ?number=7&number=8 | 400 | number: '7' is wrong",
        "GET | '' | 200 | {\"state\":\"real\"}"
      })
  void whoHasTheTokenDoesSteps(String method, String query, int status, String body)
      throws IOException {
    FakeHand hand = new FakeHand();
    try (WebServer real = WebServer.start("127.0.0.1:0", watched(new Control(null, hand, token)));
        RawClients others = new RawClients(() -> real)) {
      String request = method + " /api/step" + query + " HTTP/1.1";
      if (method.equals("POST")) {
        assertThat(others.ask(request).status()).as("without the token").isEqualTo(401);
        assertThat(hand.asked).isEmpty();
      }
      RawClient.Reply reply = others.ask(request, bearer());
      assertThat(reply.status()).isEqualTo(status);
      assertThat(reply.body()).contains(body);
    }
  }

  /** Knows one step by hand. */
  private static final class FakeHand implements Control.Hand {
    final List<String> asked = new ArrayList<>();

    @Override
    public long perform(String step) {
      asked.add(step);
      switch (step) {
        case "exit: {process: alice}" -> {
          return 7;
        }
        case "busy" -> throw new IllegalStateException("8 steps are under way");
        default -> throw new IllegalArgumentException(step + " is no step");
      }
    }

    @Override
    public StepReport report(long number) {
      if (number != 7) {
        throw new IllegalArgumentException("no step " + number + " is kept");
      }
      StepSummary did = new StepSummary("exit alice", 0, 1, 14, List.of());
      return new StepReport(number, StepReport.State.DONE, null, did, List.of("+0.0 us story"));
    }
  }

  @Test
  void theTokenIsForTheUserAloneAndGoneAtTheEnd() throws IOException {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(token.file())))
        .isEqualTo("rw-------");
    assertThat(Files.readString(token.file())).matches("[0-9a-f]{32}\n");
    try (StepToken other = StepToken.create(folder, 0)) {
      assertThat(Files.readString(other.file())).isNotEqualTo(Files.readString(token.file()));
    }
    token.close();
    assertThat(folder).isEmptyDirectory();
  }
}
