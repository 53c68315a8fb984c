package org.smmulator.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.smmulator.bus.wire.BusAddress;

/**
 * A socket of a machine that is not on the loopback interface: whoever reaches it may use it, as
 * nobody is asked for a password.
 *
 * @param key the key of the machine file
 * @param address as it stands there
 */
public record Exposure(String key, String address) {
  /** Those of a machine, whether its file allows them or not. */
  public static List<Exposure> of(MachineConfig config) {
    List<Exposure> exposures = new ArrayList<>();
    List<String> bus = config.bus().listen();
    for (int i = 0; i < bus.size(); i++) {
      add(exposures, Problems.element("bus.listen", i), BusAddress.parse(bus.get(i)));
    }
    if (config.http().listen() != null) {
      add(exposures, "http.listen", BusAddress.parse(config.http().listen()));
    }
    if (config.guest().isAtPort()) {
      add(exposures, "guest.port", config.guest().port().socket());
    }
    return exposures;
  }

  private static void add(List<Exposure> exposures, String key, BusAddress address) {
    if (isExposed(address)) {
      exposures.add(new Exposure(key, address.toString()));
    }
  }

  /**
   * Whether other computers can reach the address, or it is on one. A name stands for all of its
   * addresses; a name that nobody knows fails when it is used.
   */
  public static boolean isExposed(BusAddress address) {
    if (!(address instanceof BusAddress.Tcp tcp)) {
      return false;
    }
    try {
      for (InetAddress each : InetAddress.getAllByName(tcp.host())) {
        if (!each.isLoopbackAddress()) {
          return true;
        }
      }
    } catch (UnknownHostException e) {
      return false;
    }
    return false;
  }

  /** What is wrong if the file does not allow it, and what would be right. */
  public String refusal() {
    String port = address.substring(address.lastIndexOf(':'));
    return address
        + " is not on the loopback interface, so that other computers take part; use "
        + BusAddress.LOOPBACK
        + port
        + ", or add machine.exposed: true";
  }

  /** What it means where the file allows it. */
  public String warning() {
    return key
        + ": "
        + address
        + " is not on the loopback interface (machine.exposed): whoever reaches it may use it, and"
        + " reads and changes what passes";
  }
}
