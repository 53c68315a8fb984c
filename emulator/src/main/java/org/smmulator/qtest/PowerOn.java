package org.smmulator.qtest;

/**
 * The command {@code reset}: hardware as at power-on. RAM, time and interception stay, and devices
 * in other processes, which are no part of the machine.
 */
final class PowerOn {
  private final HarnessMachine machine;
  private final InjectedStreams streams;

  PowerOn(HarnessMachine machine, InjectedStreams streams) {
    this.machine = machine;
    this.streams = streams;
  }

  String reset() {
    machine
        .hardware()
        .run(
            () -> {
              streams.reset();
              machine.root().powerOn();
              machine.smmu().reset();
            });
    machine.devicesAnew().run();
    return "OK";
  }
}
