package org.smmulator.machine;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.config.PortAddress;
import org.smmulator.launch.MachineLauncher.RunningMachine;
import org.smmulator.record.Recorder;

/** A machine without a kernel, and the program that drives it over a real socket. */
@Timeout(240)
abstract class DrivenMachine {
  static final int EDU_SID = 0x20;
  static final String MACHINE = "machine: {name: bare, ramMiB: 64}\n";
  static final String DEVICES =
      "devices: [{id: '00:04.0', model: edu}, {id: '00:05.0', model: iommu-testdev}]\n";

  @TempDir Path folder;

  @Nullable RunningMachine machine;
  @Nullable Harness opened;

  @AfterEach
  void stop() throws IOException {
    if (opened != null) {
      opened.close();
    }
    if (machine != null) {
      machine.close();
    }
  }

  Harness start(String yaml) throws Exception {
    machine = new Launcher().start(Machines.config(folder, MACHINE + yaml), Recorder.OFF);
    opened = connect();
    return opened;
  }

  /** Starts a machine of the folder {@code configs}, with its guest port at a place of our own. */
  Harness startFile(String name) throws Exception {
    PortAddress port = PortAddress.parse("unix:" + folder.resolve("s") + ",server=on");
    machine =
        new Launcher()
            .start(
                Machines.config(folder, Machines.configs(name)).withGuestPort(port), Recorder.OFF);
    opened = connect();
    return opened;
  }

  Harness connect() throws IOException {
    String port = Objects.requireNonNull(Objects.requireNonNull(machine).guestPort());
    String address = port.substring(0, port.indexOf(','));
    if (address.startsWith("unix:")) {
      return new Harness(SocketChannel.open(UnixDomainSocketAddress.of(address.substring(5))));
    }
    int number = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    return new Harness(
        SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), number)));
  }

  Harness startBare() throws Exception {
    return start(
        "guest: {kind: external, port: 'unix:" + folder.resolve("s") + ",server=on'}\n" + DEVICES);
  }
}
