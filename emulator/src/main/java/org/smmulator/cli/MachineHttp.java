package org.smmulator.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.util.List;
import org.smmulator.config.Syntax;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import picocli.CommandLine.Option;

/** The HTTP server of a running machine, as commands ask it. */
final class MachineHttp {
  private static final int PATIENCE_MILLIS = 10_000;
  private static final int OK = 200;
  private static final int UNAUTHORIZED = 401;
  private static final int CONFLICT = 409;
  private static final int BAD_REQUEST = 400;
  private static final int TOO_LONG = 414;
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

  /**
   * The answer to a POST, by whoever may.
   *
   * @param tokens the machine's, or not; each is tried until one is taken
   * @throws UserException as for {@link #get}; and if no token is taken
   */
  String post(String path, List<String> tokens) throws UserException {
    UserException refused = new UserException(ExitCode.USAGE, "no token of this machine is found");
    try {
      for (String token : tokens) {
        HttpURLConnection asked = connect(path);
        asked.setRequestMethod("POST");
        asked.setRequestProperty("Authorization", "Bearer " + token);
        if (asked.getResponseCode() != UNAUTHORIZED) {
          return answer(asked);
        }
      }
    } catch (IOException e) {
      throw unanswered();
    }
    throw refused;
  }

  /** As {@link #get}, for a machine that may be gone: with an IOException then. */
  String ask(String path) throws IOException, UserException {
    return answer(connect(path));
  }

  private HttpURLConnection connect(String path) throws IOException, UserException {
    requireAddress();
    HttpURLConnection asked =
        (HttpURLConnection)
            URI.create("http://" + http + path).toURL().openConnection(Proxy.NO_PROXY);
    asked.setConnectTimeout(PATIENCE_MILLIS);
    asked.setReadTimeout(PATIENCE_MILLIS);
    // A connection that is kept can be one that a machine which ends has just closed.
    asked.setRequestProperty("Connection", "close");
    return asked;
  }

  private void requireAddress() throws UserException {
    if (!Syntax.HTTP_ADDRESS.matches(http)) {
      throw new UserException(
          ExitCode.USAGE,
          "--http: '" + http + "' is not an address; use " + Syntax.HTTP_ADDRESS.right());
    }
  }

  /** HOST:PORT of the machine's server. */
  String address() {
    return http;
  }

  /** The port of the machine's server. */
  int port() throws UserException {
    requireAddress();
    return Integer.parseInt(http.substring(http.lastIndexOf(':') + 1));
  }

  private String answer(HttpURLConnection asked) throws IOException, UserException {
    int status = asked.getResponseCode();
    if (status == OK) {
      return text(asked.getInputStream());
    }
    if (status == TOO_LONG) {
      throw new UserException(
          ExitCode.USAGE, this + " takes no request as long as this; ask for less at a time");
    }
    InputStream words = asked.getErrorStream();
    boolean isMachines = status == BAD_REQUEST || status == UNAVAILABLE || status == CONFLICT;
    if (words == null || !isMachines) {
      throw unlikeAMachine("HTTP " + status);
    }
    ExitCode code = status == UNAVAILABLE ? ExitCode.UNREACHABLE : ExitCode.USAGE;
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
