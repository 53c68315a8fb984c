package org.smmulator.web;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.history.Watch;
import org.smmulator.metrics.StreamsTable;
import org.smmulator.metrics.Summary;
import org.smmulator.pcie.AtcContents;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.query.AskedMachine;
import org.smmulator.smmu.explain.Question;

/**
 * A machine as the server shows it; called on the server's thread. Methods throw an {@link
 * IllegalStateException} that says why when the machine does not answer.
 */
public interface WatchedMachine extends AskedMachine {
  /** As its file names it. */
  String name();

  /** What it has counted so far. */
  Summary summary();

  @Override
  default List<DeviceCounters> devices() {
    return summary().devices();
  }

  /**
   * What a device's ATC holds.
   *
   * @param requesterId its own
   */
  AtcContents atc(int requesterId);

  /** The streams, as the tables in memory have them. */
  StreamsTable streams();

  /** Explains a translation, a line each. */
  List<String> explain(Question question);

  /** What is kept of its past. */
  Watch watch();

  /** What else may be done with it, and who may; null if nothing. */
  @Nullable Control control();
}
