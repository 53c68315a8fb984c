package org.smmulator.cli;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.Syntax;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import picocli.CommandLine.Option;

/** The HTTP server of a running machine, as commands ask it. */
final class MachineHttp {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int OK = 200;
  private static final int BAD_REQUEST = 400;
  private static final int UNAVAILABLE = 503;

  @Option(
      names = "--http",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:9464",
      description = "The machine's http.listen (default: ${DEFAULT-VALUE}).")
  private String http = "";

  private @Nullable HttpClient client;

  /**
   * The answer to a GET.
   *
   * @throws UserException if there is none, with the machine's words if it has some; a bad request
   *     is the user's
   */
  String get(String path) throws UserException, InterruptedException {
    try {
      return ask(path);
    } catch (IOException e) {
      throw unanswered();
    }
  }

  /** As {@link #get}, for a machine that may be gone: with an IOException then. */
  String ask(String path) throws IOException, UserException, InterruptedException {
    if (!Syntax.HTTP_ADDRESS.matches(http)) {
      throw new UserException(
          ExitCode.USAGE,
          "--http: '" + http + "' is not an address; use " + Syntax.HTTP_ADDRESS.right());
    }
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + http + path)).timeout(PATIENCE).build();
    if (client == null) {
      client = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
    }
    HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
    return switch (response.statusCode()) {
      case OK -> response.body();
      case BAD_REQUEST -> throw new UserException(ExitCode.USAGE, response.body().strip());
      case UNAVAILABLE -> throw new UserException(ExitCode.UNREACHABLE, response.body().strip());
      default -> throw unlikeAMachine("HTTP " + response.statusCode());
    };
  }

  UserException unanswered() {
    return unreachable("does not answer");
  }

  /** Something answers, but otherwise than a machine would. */
  UserException unlikeAMachine(String how) {
    return unreachable("does not answer like a machine (" + how + ")");
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

  /** For people. */
  @Override
  public String toString() {
    return "the machine at http://" + http;
  }
}
