package org.smmulator.bus.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Where a bus listens: {@code HOST:PORT}, {@code :PORT} on the loopback, {@code unix:PATH}. */
public sealed interface BusAddress {
  /** A TCP port. Port 0 lets the system choose when listening. */
  record Tcp(String host, int port) implements BusAddress {
    @Override
    public String toString() {
      return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
  }

  /** A UNIX socket in the file system. */
  record Unix(Path path) implements BusAddress {
    @Override
    public String toString() {
      return UNIX_PREFIX + path;
    }
  }

  String UNIX_PREFIX = "unix:";
  String LOOPBACK = "127.0.0.1";

  /** Longest path of a UNIX socket, in bytes, that the JDK takes: the kernel's of 107, less one. */
  int MAX_PATH_BYTES = 106;

  /**
   * The address a text names.
   *
   * @throws IllegalArgumentException with one sentence for the user
   */
  static BusAddress parse(String text) {
    return text.startsWith(UNIX_PREFIX)
        ? unix(text, text.substring(UNIX_PREFIX.length()))
        : tcp(text);
  }

  private static BusAddress unix(String text, String path) {
    if (path.isEmpty()) {
      throw wrong(text, "has no path");
    }
    if (path.getBytes(UTF_8).length > MAX_PATH_BYTES) {
      throw wrong(text, "has a path of more than " + MAX_PATH_BYTES + " bytes");
    }
    try {
      return new Unix(Path.of(path));
    } catch (InvalidPathException e) {
      throw wrong(text, "has no valid path");
    }
  }

  private static BusAddress tcp(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 0) {
      throw wrong(text, "has no port");
    }
    String host = text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw wrong(text, "has an IPv6 address without brackets");
    }
    return new Tcp(host.isEmpty() ? LOOPBACK : host, port(text, text.substring(colon + 1)));
  }

  private static int port(String text, String digits) {
    try {
      int port = Integer.parseInt(digits);
      if (port >= 0 && port <= 0xFFFF) {
        return port;
      }
    } catch (NumberFormatException e) {
      throw wrong(text, "has a port that is no number");
    }
    throw wrong(text, "has a port beyond 65535");
  }

  private static IllegalArgumentException wrong(String text, String what) {
    return new IllegalArgumentException(
        "bus address \"" + text + "\" " + what + "; write HOST:PORT or unix:PATH");
  }
}
