package org.smmulator.machine;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.smmulator.cli.SmmulatorCommand;

/** A command as a user types it, carried out in this JVM on the real machine, and what it said. */
public record CommandRun(int code, String out, String err) {
  /** Carries one out to its end. */
  public static CommandRun of(String... words) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        SmmulatorCommand.commandLine(Launcher::new)
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(words);
    return new CommandRun(code, out.toString(), err.toString());
  }

  /** Runs {@code configs/little.yaml}, which lies in the folder then, without its usual ports. */
  public static CommandRun ofLittle(Path folder, String... options) throws IOException {
    return ofConfig(folder, "little.yaml", options);
  }

  /** As above, another one of the folder {@code configs}. */
  static CommandRun ofConfig(Path folder, String name, String... options) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("machine.yaml"),
            Machines.configs(name) + "http: {listen: null}\nbus: {listen: ['127.0.0.1:0']}\n");
    List<String> words = new ArrayList<>(List.of("run", file.toString()));
    words.addAll(List.of(options));
    return of(words.toArray(String[]::new));
  }
}
