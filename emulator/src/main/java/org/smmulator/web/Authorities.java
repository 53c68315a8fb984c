package org.smmulator.web;

import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The names under which this server may be asked, so that a page elsewhere whose name was rebound
 * to this address (DNS rebinding) reads nothing: its requests carry the page's name.
 */
final class Authorities {
  static final String SCHEME = "http://";
  private static final String DEFAULT_PORT = "80";
  private static final Pattern LITERAL = Pattern.compile("[0-9.]+|\\[[0-9a-f:.]+\\]");

  /** RFC 3986, 3.2.2 and 3.2.3: a literal, or a name, which may be empty; and perhaps a port. */
  private static final Pattern HOST =
      Pattern.compile("(\\[[\\w.~!$&'()*+,;=:-]+\\]|[\\w.~!$&'()*+,;=%-]*)(:[0-9]*)?");

  private final Set<String> hosts = new TreeSet<>(Set.of("127.0.0.1", "[::1]", "localhost"));
  private final boolean anyLiteral;
  private final String port;

  /**
   * @param configured the host of http.listen, as it is written there
   */
  Authorities(String configured, InetSocketAddress bound) {
    hosts.add(configured.toLowerCase(Locale.ROOT));
    anyLiteral = !bound.getAddress().isLoopbackAddress();
    port = Integer.toString(bound.getPort());
  }

  /** Whether it is the value of a Host header at all, of whatever server. */
  static boolean isHost(String value) {
    return HOST.matcher(value).matches();
  }

  /** Whether the value of a Host header names this server. */
  boolean allowsHost(String value) {
    String lower = value.toLowerCase(Locale.ROOT);
    int colon = lower.lastIndexOf(':');
    boolean portSaid = colon > lower.lastIndexOf(']') && colon >= 0;
    String host = portSaid ? lower.substring(0, colon) : lower;
    return port.equals(portSaid ? lower.substring(colon + 1) : DEFAULT_PORT)
        && (hosts.contains(host) || (anyLiteral && LITERAL.matcher(host).matches()));
  }

  /** Whether the value of an Origin header is that of this server's own page. */
  boolean allowsOrigin(String value) {
    return value.startsWith(SCHEME) && allowsHost(value.substring(SCHEME.length()));
  }

  /** What would be right. */
  String right() {
    return SCHEME + "127.0.0.1:" + port;
  }
}
