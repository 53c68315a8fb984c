package org.smmulator.query;

import java.util.List;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.pcie.DeviceCounters;

/**
 * A machine that can be asked. Methods throw an {@link IllegalStateException} that says why when it
 * does not answer.
 */
public interface AskedMachine {
  /** Those attached, and the last ones gone. */
  List<DeviceCounters> devices();

  /** The processes of its guest. */
  ProcessTable processes();
}
