package org.smmulator.machine;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.bus.wire.AtcEntries;
import org.smmulator.bus.wire.AtcRead;

/** A device that the machine brought along. */
interface PluggedDevice extends AutoCloseable {
  /** Its slot. */
  PciAddress id();

  /** The name for people. */
  String label();

  /** Whether it may still attach, or is attached. */
  boolean isAlive();

  /**
   * What it has counted so far, in the slots of {@link org.smmulator.bus.wire.DeviceCounter}, for
   * who knows that nothing of it runs meanwhile; null if it is elsewhere.
   */
  default long @Nullable [] statisticsAtRest() {
    return null;
  }

  /** What its ATC holds, under the same condition; null if it is elsewhere, or not attached. */
  default @Nullable AtcEntries atcAtRest(AtcRead question) {
    return null;
  }

  /** What its model threw first; null if it has not, or is elsewhere. */
  default @Nullable Throwable modelFailure() {
    return null;
  }

  /** Detaches it in good order. Waits. */
  @Override
  void close();
}
