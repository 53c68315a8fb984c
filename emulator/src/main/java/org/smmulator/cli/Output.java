package org.smmulator.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** Where a command writes: results to {@code out}, everything else to {@code err}. */
record Output(PrintWriter out, PrintWriter err) {
  static Output of(@Nullable CommandSpec spec) {
    if (spec == null) {
      throw new IllegalStateException("not run by picocli");
    }
    return new Output(spec.commandLine().getOut(), spec.commandLine().getErr());
  }

  /** Refuses a file that could not be written later, when the work is done. */
  static void requireWritable(String option, Path file) throws UserException {
    Path folder = file.toAbsolutePath().getParent();
    boolean writable =
        Files.exists(file)
            ? Files.isRegularFile(file) && Files.isWritable(file)
            : folder != null && Files.isDirectory(folder) && Files.isWritable(folder);
    if (!writable) {
      throw new UserException(
          ExitCode.USAGE,
          option + ": " + file + " cannot be written; name a file in a folder you may write to");
    }
  }

  static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is going down already, and the hook does the rest.
    }
  }
}
