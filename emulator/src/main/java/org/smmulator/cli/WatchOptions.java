package org.smmulator.cli;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import picocli.CommandLine.Option;

/** How often a command looks again, and how many times. */
final class WatchOptions {
  private static final double LONGEST_SECONDS = 3_600;

  @Option(
      names = "--interval",
      paramLabel = "SECONDS",
      description = "Time between two looks, 0.1 to 3600 (default: 2).")
  private @Nullable Double interval;

  @Option(
      names = "--count",
      paramLabel = "N",
      description = "End after N times instead of with the machine.")
  private @Nullable Integer count;

  boolean isGiven() {
    return interval != null || count != null;
  }

  long intervalNanos() throws UserException {
    double seconds = interval == null ? 2 : interval;
    if (!(seconds >= 0.1 && seconds <= LONGEST_SECONDS)) {
      throw new UserException(
          ExitCode.USAGE, "--interval: " + seconds + " is out of range; use 0.1 to 3600 seconds");
    }
    return (long) (seconds * TimeUnit.SECONDS.toNanos(1));
  }

  int count() throws UserException {
    if (count == null) {
      return Integer.MAX_VALUE;
    }
    if (count < 1) {
      throw new UserException(
          ExitCode.USAGE, "--count: " + count + " is out of range; use 1 or more");
    }
    return count;
  }
}
