package org.smmulator.machine;

import java.io.IOException;
import java.util.List;
import org.smmulator.config.BusConfig;
import org.smmulator.config.DeviceConfig;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DeviceOptions;
import org.smmulator.execution.Execution;
import org.smmulator.execution.Loop;
import org.smmulator.launch.UserException;

/**
 * Where a machine runs: what runs its tasks and its hardware, tells the time, and brings its
 * devices. Two exist: threads on the wall clock with sockets, and one scheduler on virtual time.
 */
interface Platform extends AutoCloseable {
  /** Runs the guest's tasks, and what else waits. */
  Execution execution();

  /** Runs the hardware. */
  Loop hardware();

  /**
   * Opens the bus for devices that come by themselves; addresses as HOST:PORT or unix:PATH, with
   * the real port, and none where there are no sockets.
   *
   * @throws IOException if an address cannot be used, with one sentence
   */
  List<String> listen(BusConfig config, Board board) throws IOException;

  /**
   * Starts a device that the machine brings along; it attaches by itself.
   *
   * @throws UserException if it cannot be started
   */
  PluggedDevice plug(DeviceConfig config, Board board) throws UserException;

  /**
   * Plugs in a device that its caller made, in the machine's process; it attaches by itself.
   *
   * @param options with the wanted slot
   * @throws UserException if the file for its ATC's events cannot be written
   */
  PluggedDevice plug(DeviceModel model, DeviceOptions options, Board board) throws UserException;

  /** How people look at a scenario here. */
  default Glances glances() {
    return new Glances(100_000_000L, true);
  }

  /** Ends the hardware's loop, after everything else has ended. */
  @Override
  void close();
}
