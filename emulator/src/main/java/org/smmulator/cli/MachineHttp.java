package org.smmulator.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import org.smmulator.config.Syntax;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import picocli.CommandLine.Option;

/** The HTTP server of a running machine, as commands ask it. */
final class MachineHttp {
  private static final int PATIENCE_MILLIS = 10_000;
  private static final int OK = 200;
  private static final int BAD_REQUEST = 400;
  private static final int UNAVAILABLE = 503;

  @Option(
      names = "--http",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:9464",
      description = "The machine's http.listen (default: ${DEFAULT-VALUE}).")
  private String http = "";

  /**
   * The answer to a GET.
   *
   * @throws UserException if there is none, with the machine's words if it has some; a bad request
   *     is the user's
   */
  String get(String path) throws UserException {
    try {
      return ask(path);
    } catch (IOException e) {
      throw unanswered();
    }
  }

  /** As {@link #get}, for a machine that may be gone: with an IOException then. */
  String ask(String path) throws IOException, UserException {
    if (!Syntax.HTTP_ADDRESS.matches(http)) {
      throw new UserException(
          ExitCode.USAGE,
          "--http: '" + http + "' is not an address; use " + Syntax.HTTP_ADDRESS.right());
    }
    HttpURLConnection asked =
        (HttpURLConnection)
            URI.create("http://" + http + path).toURL().openConnection(Proxy.NO_PROXY);
    asked.setConnectTimeout(PATIENCE_MILLIS);
    asked.setReadTimeout(PATIENCE_MILLIS);
    // A connection that is kept can be one that a machine which ends has just closed.
    asked.setRequestProperty("Connection", "close");
    int status = asked.getResponseCode();
    if (status == OK) {
      return text(asked.getInputStream());
    }
    InputStream words = asked.getErrorStream();
    boolean isMachines = status == BAD_REQUEST || status == UNAVAILABLE;
    if (words == null || !isMachines) {
      throw unlikeAMachine("HTTP " + status);
    }
    ExitCode code = status == BAD_REQUEST ? ExitCode.USAGE : ExitCode.UNREACHABLE;
    throw new UserException(code, text(words).strip());
  }

  private static String text(InputStream body) throws IOException {
    try (body) {
      return new String(body.readAllBytes(), UTF_8);
    }
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
