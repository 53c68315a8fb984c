package org.smmulator.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.smmulator.launch.ExitCode;
import org.smmulator.metrics.Summary;
import org.smmulator.metrics.SummaryJson;
import org.smmulator.metrics.SummaryTables;

/** The tables and the summary file of one run, given once, by whoever ends it first. */
final class Report {
  private final Output output;
  private final @Nullable Path file;
  private boolean given;
  private @Nullable ExitCode missing;

  /**
   * @param file where the summary goes as JSON
   */
  Report(Output output, @Nullable Path file) {
    this.output = output;
    this.file = file;
  }

  /**
   * Prints the tables and writes the file, unless that was done. Says what could not be written.
   *
   * @return {@code code}; not success, if something is missing
   */
  synchronized ExitCode give(Supplier<Summary> source, ExitCode code) {
    if (!given) {
      given = true;
      missing = print(source);
    }
    return missing != null && code == ExitCode.OK ? missing : code;
  }

  private @Nullable ExitCode print(Supplier<Summary> source) {
    Summary summary;
    try {
      summary = source.get();
    } catch (IllegalStateException e) {
      output.say("smmulator: there are no tables: " + e.getMessage());
      return ExitCode.INTERNAL;
    }
    output.print("\n" + SummaryTables.render(summary));
    return file == null || isWritten(summary, file) ? null : ExitCode.OUTPUT_LOST;
  }

  private boolean isWritten(Summary summary, Path file) {
    try {
      SummaryJson.write(summary, file);
      return true;
    } catch (IOException e) {
      output.say("smmulator: --summary: " + file + " was not written: " + e.getMessage());
      return false;
    }
  }
}
