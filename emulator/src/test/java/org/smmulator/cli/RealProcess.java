package org.smmulator.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** The command line in a process of its own, as users have it. */
final class RealProcess {
  private RealProcess() {}

  static List<String> command(String... args) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(SmmulatorCommand.class.getName());
    command.addAll(List.of(args));
    return command;
  }

  static ProcessBuilder of(String... args) {
    return new ProcessBuilder(command(args));
  }

  /**
   * Reads standard error up to a line.
   *
   * @return all lines before it, of a process that has ended without one
   */
  static List<String> readUntil(BufferedReader said, Predicate<String> wanted) throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line = said.readLine(); line != null; line = said.readLine()) {
      lines.add(line);
      if (wanted.test(line)) {
        return lines;
      }
    }
    throw new IOException("ended before it said that; it said " + lines);
  }

  static String printed(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), UTF_8);
  }

  static String complaints(Process process) throws IOException {
    return new String(process.getErrorStream().readAllBytes(), UTF_8);
  }
}
