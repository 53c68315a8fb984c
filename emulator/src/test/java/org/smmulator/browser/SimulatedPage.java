package org.smmulator.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.smmulator.cli.SmmulatorCommand;
import org.smmulator.machine.Launcher;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A simulated machine from the shell, which stands until its page lets it go on. */
final class SimulatedPage implements AutoCloseable {
  private final HttpClient client = HttpClient.newHttpClient();
  private final LinkedBlockingQueue<String> said = new LinkedBlockingQueue<>();
  private final StringWriter all = new StringWriter();
  private final CompletableFuture<Integer> code;
  private final String url;
  private final String token;

  private SimulatedPage(Path file) throws Exception {
    code = CompletableFuture.supplyAsync(() -> run(file), task -> new Thread(task).start());
    url = awaitSaid("live page: (http://.*/)");
    token = Files.readString(Path.of(awaitSaid("token in (.*)"))).strip();
  }

  static SimulatedPage of(Path folder, String yaml) throws Exception {
    return new SimulatedPage(Files.writeString(folder.resolve("machine.yaml"), yaml));
  }

  private int run(Path file) {
    CommandLine line = SmmulatorCommand.commandLine(Launcher::new);
    line.setOut(new PrintWriter(new StringWriter()));
    line.setErr(
        new PrintWriter(all, true) {
          @Override
          public void println(String text) {
            said.add(text);
            super.println(text);
          }
        });
    return line.execute(
        "run", file.toString(), "--simulated", "--live", "--paused", "--http", "127.0.0.1:0");
  }

  private String awaitSaid(String pattern) throws InterruptedException {
    while (true) {
      Matcher found = Pattern.compile(pattern).matcher(said.take());
      if (found.find()) {
        return found.group(1);
      }
    }
  }

  String url() {
    return url;
  }

  String token() {
    return token;
  }

  JsonNode get(String path) throws Exception {
    return JsonMapper.builder().build().readTree(text(path));
  }

  String text(String path) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(url + path)).build();
    return client.send(request, BodyHandlers.ofString()).body();
  }

  /** Lets it go on, and waits until it stands again or is over. */
  void step(String what) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + "api/step?do=" + what))
            .header("Authorization", "Bearer " + token)
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    assertThat(client.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    while (!what.equals("run") && get("api/step").get("state").stringValue().equals("running")) {
      Thread.onSpinWait();
    }
  }

  /** Waits for its end; the exit status. */
  int awaitEnd() throws Exception {
    return code.get();
  }

  @Override
  public void close() {
    if (!code.isDone()) {
      try {
        step("run");
        awaitEnd();
      } catch (Exception e) {
        throw new IllegalStateException("the simulated machine does not end: " + all, e);
      }
    }
  }
}
