package org.smmulator.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options of {@code run} for virtual time. */
final class SimulateOptions {
  @Option(
      names = "--simulated",
      description = {
        "Run on virtual time, with guest, hardware, links and devices in this process, in an",
        "order that the seed decides: the same file and seed give the same run."
      })
  boolean simulated;

  @Option(
      names = "--live",
      description = {
        "Serve the live page of http.listen for a simulated run; it can pause the run and step it.",
        "With --stay the page stays up after the run."
      })
  boolean live;

  @Option(names = "--paused", description = "With --live: the run stands at its first moment.")
  boolean paused;

  @Option(
      names = "--seeds",
      paramLabel = "FIRST..LAST",
      converter = Range.class,
      description = "Simulate the scenario with each of these seeds; stops at the first failure.")
  @Nullable Seeds seeds;

  @Option(
      names = "--events",
      paramLabel = "FILE",
      description = "Write what happens, in order, as lines of JSON.")
  @Nullable Path events;

  @Option(
      names = "--perfetto",
      paramLabel = "FILE",
      description = {
        "Write what happens as a trace (Trace Event Format), for ui.perfetto.dev or",
        "chrome://tracing: a track for each task, queue and device."
      })
  @Nullable Path perfetto;

  boolean isWanted() {
    return simulated || seeds != null;
  }

  /**
   * Refuses options without the one that they belong to.
   *
   * @throws UserException with one sentence
   */
  void requireSense() throws UserException {
    if (live && !isWanted()) {
      throw new UserException(
          ExitCode.USAGE,
          "--live goes with --simulated; a machine on real time has its page anyway");
    }
    if (paused && !live) {
      throw new UserException(ExitCode.USAGE, "--paused goes with --live, whose page goes on");
    }
  }

  /** A range of seeds. */
  static final class Range implements ITypeConverter<Seeds> {
    @Override
    public Seeds convert(String text) {
      try {
        return Seeds.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
