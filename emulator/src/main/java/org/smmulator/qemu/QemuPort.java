package org.smmulator.qemu;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Plugs functions into ports of a QEMU that runs, and out, by QEMU's monitor; the kernel hears of
 * it as of a card that is pushed into a slot, or whose button is pressed.
 */
public final class QemuPort {
  private final ServedMachine machine;
  private final ServedMachine.Port port;

  /**
   * @param port one of those that QEMU was started with
   */
  public QemuPort(ServedMachine machine, ServedMachine.Port port) {
    this.machine = machine;
    this.port = port;
  }

  /** The socket of the function, which must be there before it is plugged in. */
  public Path socket() {
    return machine.socket(port);
  }

  /**
   * Plugs the function in.
   *
   * @throws IOException if QEMU does not do it; the message is a sentence
   */
  public void plug() throws IOException {
    try (SocketLines monitor = SocketLines.monitor(machine.qmp())) {
      String device = QemuLine.device(socket(), port.name(), "00.0");
      String named = "{\"id\":\"" + port.occupant() + "\"," + device.substring(1);
      String unused =
          monitor.command("{\"execute\": \"device_add\", \"arguments\": " + named + "}");
    }
  }

  /**
   * Asks the kernel to give the function up, and waits until it has.
   *
   * @throws IOException if there is none, or QEMU ends; the message is a sentence
   */
  public void unplug() throws IOException {
    try (SocketLines monitor = SocketLines.monitor(machine.qmp())) {
      monitor.send(
          "{\"execute\": \"device_del\", \"arguments\": {\"id\": \"" + port.occupant() + "\"}}");
      boolean asked = false;
      boolean gone = false;
      while (!asked || !gone) {
        String line = monitor.next();
        if (line.startsWith("{\"error\"")) {
          throw new IOException(monitor.name() + " answers '" + line + "'");
        }
        asked |= line.startsWith("{\"return\"");
        gone |= line.contains("\"DEVICE_DELETED\"") && line.contains('"' + port.occupant() + '"');
      }
    }
  }
}
