package org.smmulator.web;

import java.util.List;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.metrics.Summary;
import org.smmulator.smmu.explain.Question;

/**
 * A machine as the server shows it; called on the server's thread. Methods throw an {@link
 * IllegalStateException} that says why when the machine does not answer.
 */
public interface WatchedMachine {
  /** As its file names it. */
  String name();

  /** What it has counted so far. */
  Summary summary();

  /** The processes of its guest. */
  ProcessTable processes();

  /** Explains a translation, a line each. */
  List<String> explain(Question question);
}
