package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.cli.SmmulatorCommand;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A simulated run with its page, watched and stepped over HTTP. */
@Timeout(300)
class WatchedSimulationTest {
  private static final String[] STEPS = {
    "pause", "next", "step", "time&nanos=700", "time&nanos=40000", "time&nanos=1000000", "run"
  };
  private static final String[] QUESTIONS = {
    "summary",
    "processes",
    "history",
    "changes",
    "step",
    "atc?device=tiny-atc",
    "atc?device=small-atc",
    "explain?device=small-atc&pasid=1&address=0x7fffffff0000&access=read"
  };

  @TempDir private Path folder;
  private final HttpClient client = HttpClient.newHttpClient();
  private final LinkedBlockingQueue<String> said = new LinkedBlockingQueue<>();
  private final StringWriter all = new StringWriter();

  /** What is said, line by line. */
  private final class Lines extends PrintWriter {
    Lines() {
      super(all, true);
    }

    @Override
    public void println(String line) {
      said.add(line);
      super.println(line);
    }
  }

  private int run(String... args) {
    CommandLine line = SmmulatorCommand.commandLine(Launcher::new);
    line.setOut(new PrintWriter(new StringWriter()));
    line.setErr(new Lines());
    List<String> words = new ArrayList<>(List.of("run"));
    words.addAll(List.of(args));
    return line.execute(words.toArray(String[]::new));
  }

  private String[] recorded(String as, String... more) throws Exception {
    Path file = folder.resolve("machine.yaml");
    Files.writeString(file, Machines.configs("little.yaml"));
    List<String> args =
        new ArrayList<>(List.of(file.toString(), "--simulated", "--seed", "3", "--summary"));
    args.addAll(List.of(folder.resolve(as + ".json").toString(), "--events"));
    args.add(folder.resolve(as + ".events").toString());
    args.addAll(List.of(more));
    return args.toArray(String[]::new);
  }

  private String awaitSaid(String pattern) throws InterruptedException {
    while (true) {
      Matcher found = Pattern.compile(pattern).matcher(said.take());
      if (found.find()) {
        return found.group(1);
      }
    }
  }

  private String get(String page, String path) throws Exception {
    return client
        .send(HttpRequest.newBuilder(URI.create(page + path)).build(), BodyHandlers.ofString())
        .body();
  }

  private int step(String page, String token, String what) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(page + "api/step?do=" + what))
            .header("Authorization", "Bearer " + token)
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    return client.send(request, BodyHandlers.ofString()).statusCode();
  }

  @Test
  void aRunThatIsWatchedAndSteppedIsTheSameToTheByte() throws Exception {
    assertThat(run(recorded("alone"))).isZero();
    long seed = Long.getLong("smmulator.seed", 1);
    SplittableRandom random = new SplittableRandom(seed);
    String[] live = recorded("watched", "--live", "--paused", "--http", "127.0.0.1:0");
    CompletableFuture<Integer> code =
        CompletableFuture.supplyAsync(() -> run(live), task -> new Thread(task).start());
    String page = awaitSaid("live page: (http://.*/)");
    Path file = Path.of(awaitSaid("token in (.*)"));
    String token = Files.readString(file).strip();

    int asked = 0;
    for (; asked < 150; asked++) {
      assertThat(step(page, token, STEPS[random.nextInt(STEPS.length - 1)])).isEqualTo(200);
      get(page, "api/" + QUESTIONS[random.nextInt(QUESTIONS.length)]);
    }
    JsonNode history = JsonMapper.builder().build().readTree(get(page, "api/history"));
    step(page, token, "run");

    assertThat(code.get()).as(all.toString()).isZero();
    assertThat(folder.resolve("watched.json"))
        .as("seed %d", seed)
        .hasSameBinaryContentAs(folder.resolve("alone.json"));
    assertThat(folder.resolve("watched.events"))
        .hasSameBinaryContentAs(folder.resolve("alone.events"));
    assertThat(file).as("the token's file").doesNotExist();
    assertThat(history.at("/clock").stringValue()).isEqualTo("virtual");
    assertThat(history.at("/t").size()).isGreaterThan(5);
    JsonNode hits = history.at("/columns").get("/devices/00:04.0/atc/hits");
    assertThat(hits.get(hits.size() - 1).longValue()).as("not reported yet").isPositive();
  }

  @Test
  void aPausedRunStandsUntilItIsLetGo() throws Exception {
    String[] live = recorded("watched", "--live", "--paused", "--http", "127.0.0.1:0");
    CompletableFuture<Integer> code =
        CompletableFuture.supplyAsync(() -> run(live), task -> new Thread(task).start());
    String page = awaitSaid("live page: (http://.*/)");
    String token = Files.readString(Path.of(awaitSaid("token in (.*)"))).strip();
    while (!get(page, "api/step").contains("paused")) {
      Thread.onSpinWait();
    }
    String before = get(page, "api/summary");
    assertThat(step(page, "0".repeat(32), "run")).isEqualTo(401);
    assertThat(get(page, "api/summary")).isEqualTo(before);

    step(page, token, "step");
    while (!get(page, "api/step").contains("paused")) {
      Thread.onSpinWait();
    }
    String names = get(page, "api/processes");
    assertThat(names).contains("\"name\" : \"alice\"").doesNotContain("\"name\" : \"bob\"");
    step(page, token, "run");
    assertThat(code.get()).as(all.toString()).isZero();
  }

  @Test
  void optionsThatMakeNoSenseAreRefused() throws Exception {
    Path file = folder.resolve("machine.yaml");
    Files.writeString(file, Machines.configs("little.yaml"));
    assertThat(run(file.toString(), "--live")).isEqualTo(2);
    assertThat(run(file.toString(), "--simulated", "--paused")).isEqualTo(2);
    assertThat(run(file.toString(), "--seeds", "1..2", "--live")).isEqualTo(2);
    assertThat(run(file.toString(), "--simulated", "--live", "--no-http")).isEqualTo(2);
    assertThat(all.toString())
        .contains(
            "--live goes with --simulated",
            "--paused goes with --live",
            "--live: with --seeds there would be many machines",
            "--live needs http.listen");
  }
}
