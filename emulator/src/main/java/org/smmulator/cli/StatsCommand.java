package org.smmulator.cli;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.Syntax;
import org.smmulator.metrics.SummaryJson;
import org.smmulator.metrics.SummaryTables;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code smmulator stats}. */
@Command(
    name = "stats",
    description = {"Prints the tables of a running machine.", ""},
    mixinStandardHelpOptions = true,
    versionProvider = Smmulator.Version.class)
final class StatsCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--http",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:9464",
      description = "The machine's http.listen (default: ${DEFAULT-VALUE}).")
  private String http = "";

  @Option(names = "--json", description = "Print JSON instead of tables.")
  private boolean json;

  @Override
  public Integer call() throws UserException, InterruptedException {
    String body = get();
    try {
      String text = json ? body : SummaryTables.render(SummaryJson.read(body));
      Output.of(spec).out().print(text);
      Output.of(spec).out().flush();
      return ExitCode.OK.code();
    } catch (IOException e) {
      throw unreachable("does not answer like a machine (" + e.getMessage() + ")");
    }
  }

  private String get() throws UserException, InterruptedException {
    if (!Syntax.HTTP_ADDRESS.matches(http)) {
      throw new UserException(
          ExitCode.USAGE,
          "--http: '" + http + "' is not an address; use " + Syntax.HTTP_ADDRESS.right());
    }
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + http + "/api/summary"))
            .timeout(PATIENCE)
            .build();
    try {
      HttpResponse<String> response =
          HttpClient.newBuilder()
              .connectTimeout(PATIENCE)
              .build()
              .send(request, HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw unreachable("does not answer like a machine (HTTP " + response.statusCode() + ")");
      }
      return response.body();
    } catch (IOException e) {
      throw unreachable("does not answer");
    }
  }

  private UserException unreachable(String what) {
    return new UserException(
        ExitCode.UNREACHABLE,
        "http://"
            + http
            + " "
            + what
            + "; start a machine with 'smmulator run', or give its address with --http");
  }
}
