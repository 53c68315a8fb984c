package org.smmulator.qmp;

import java.util.List;

/**
 * What a monitor tells of the machine, and does to it.
 *
 * @param version of this program, for people
 * @param machines names of the machines that may be asked for
 * @param devices names of the devices that may be asked for
 * @param quit ends the machine; called once at most for each command, on the monitor's thread, when
 *     its answer is on the way
 */
public record QmpMachine(
    String version, List<String> machines, List<String> devices, Runnable quit) {
  public QmpMachine {
    machines = List.copyOf(machines);
    devices = List.copyOf(devices);
  }
}
