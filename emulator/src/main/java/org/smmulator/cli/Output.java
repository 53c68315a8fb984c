package org.smmulator.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.Progress;
import org.smmulator.launch.UserException;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Where a command writes: results to {@code out}, everything else to {@code err}.
 *
 * @param ansi whether {@code out} takes colours
 * @param verbosity how often -v was given
 */
record Output(PrintWriter out, PrintWriter err, Ansi ansi, int verbosity) {
  private static final Pattern FAILED = Pattern.compile("(Verdict|Checks): FAILED.*");

  static Output of(@Nullable CommandSpec spec) {
    if (spec == null) {
      throw new IllegalStateException("not run by picocli");
    }
    return of(spec.commandLine());
  }

  static Output of(CommandLine line) {
    Object root = line.getCommandSpec().root().userObject();
    int verbosity = root instanceof SmmulatorCommand smmulator ? smmulator.verbosity() : 0;
    return new Output(line.getOut(), line.getErr(), line.getColorScheme().ansi(), verbosity);
  }

  /**
   * Prints results a line at a time, so that they stop where their reader has gone.
   *
   * @param text whole lines
   */
  void print(String text) {
    text.lines().takeWhile(line -> !out.checkError()).forEach(line -> out.println(coloured(line)));
    out.flush();
  }

  /** Live progress; in place, unless other lines come in between. */
  Progress progress() {
    return new Progress(err, Run.isTerminal() && verbosity == 0, System::nanoTime);
  }

  /** Whether nobody takes results any more. */
  boolean isUnread() {
    return out.checkError();
  }

  /** A line of results; a failure cannot be overlooked where there are colours. */
  String coloured(String line) {
    return FAILED.matcher(line).matches() ? ansi.string("@|bold,red " + line + "|@") : line;
  }

  /** Says a sentence to the user. */
  void say(String sentence) {
    err.println(sentence);
    err.flush();
  }

  /**
   * What a command ends with that would end with {@code code}: success is to have said all. Says
   * what was lost.
   */
  int endsWith(int code) {
    if (!out.checkError()) {
      return code;
    }
    String reason = out instanceof StandardOutput standard ? standard.failure() : null;
    boolean unread = "Broken pipe".equals(reason);
    say(
        "smmulator: standard output was not written: "
            + (reason == null ? "unknown reason" : reason)
            + (unread
                ? "; its reader has ended before the output"
                : "; give it a file, pipe or terminal that takes it"));
    ExitCode lost = unread ? ExitCode.UNREAD : ExitCode.OUTPUT_LOST;
    return code == ExitCode.OK.code() ? lost.code() : code;
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
}
