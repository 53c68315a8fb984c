package org.smmulator.config;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import org.smmulator.bus.wire.BusAddress;

/**
 * Where the guest port is, with the socket options of QEMU: {@code unix:PATH} or {@code
 * tcp:HOST:PORT} connects to a harness that waits there, and with {@code ,server=on} the machine
 * listens and the harness connects.
 */
public record PortAddress(BusAddress socket, boolean server) {
  static final String EXPRESSION = "(unix:[^,]{1,106}|tcp:[^\\s,]*:[0-9]{1,5})(,[a-z]+(=[a-z]+)?)*";
  static final String RIGHT = "unix:PATH or tcp:HOST:PORT, with ,server=on to listen there";

  private static final String TCP_PREFIX = "tcp:";
  private static final List<String> ON = List.of("", "on", "yes", "true");
  private static final List<String> OFF = List.of("off", "no", "false");

  /** Reads an address with its options; the exception's message says what would be right. */
  @JsonCreator
  public static PortAddress parse(String text) {
    String[] parts = text.split(",", -1);
    boolean server = false;
    for (String option : List.of(parts).subList(1, parts.length)) {
      String name = option.substring(0, (option + "=").indexOf('='));
      boolean on =
          isOn(text, option, option.substring(Math.min(option.length(), name.length() + 1)));
      switch (name) {
        case "server" -> server = on;
        // The machine does nothing before a harness speaks, and small packets are sent at once.
        case "wait", "nowait", "nodelay" -> {}
        default -> throw wrong(text, "has the unknown option '" + option + "'");
      }
    }
    return new PortAddress(socket(text, parts[0]), server);
  }

  private static boolean isOn(String text, String option, String value) {
    if (ON.contains(value)) {
      return true;
    }
    if (OFF.contains(value)) {
      return false;
    }
    throw wrong(text, "has the option '" + option + "', which is neither on nor off");
  }

  private static BusAddress socket(String text, String address) {
    boolean unix = address.startsWith(BusAddress.UNIX_PREFIX);
    if (!unix && !address.startsWith(TCP_PREFIX)) {
      throw wrong(text, "names no kind of socket");
    }
    try {
      return BusAddress.parse(unix ? address : address.substring(TCP_PREFIX.length()));
    } catch (IllegalArgumentException e) {
      throw wrong(text, "is no address of a socket");
    }
  }

  private static IllegalArgumentException wrong(String text, String what) {
    return new IllegalArgumentException("guest port '" + text + "' " + what + "; use " + RIGHT);
  }

  /** The same port where the system put it. */
  public PortAddress at(BusAddress bound) {
    return new PortAddress(bound, server);
  }

  @JsonValue
  @Override
  public String toString() {
    String prefix = socket instanceof BusAddress.Tcp ? TCP_PREFIX : "";
    return prefix + socket + (server ? ",server=on" : "");
  }
}
