package org.smmulator.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** A machine in another process, and the commands that ask it for steps. */
public abstract class MachineByHand {
  protected static final String MACHINE =
      """
      machine: {name: by-hand, ramMiB: 64}
      bus: {listen: ['127.0.0.1:0']}
      http: {listen: '127.0.0.1:0'}
      devices:
        - {id: '00:04.0', model: dma, atc: 16x4, process: machine, name: small}
      """;

  @TempDir Path folder;
  final StringWriter out = new StringWriter();
  final StringWriter err = new StringWriter();
  private @Nullable Process machine;
  protected String http = "";

  /** With a folder of its own for the token. */
  protected final void start(String yaml) throws IOException {
    Path file = Files.writeString(folder.resolve("machine.yaml"), yaml);
    Process started = process("run", file.toString()).start();
    machine = started;
    BufferedReader said = started.errorReader(UTF_8);
    List<String> lines = RealProcess.readUntil(said, line -> line.startsWith("Ctrl-C"));
    for (String line : lines) {
      if (line.startsWith("  live page: ")) {
        http = line.replaceAll(".*http://|/$", "");
      }
    }
  }

  @AfterEach
  void stop() {
    machine().destroyForcibly();
  }

  final Process machine() {
    return Objects.requireNonNull(machine);
  }

  int execute(String... args) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return SmmulatorCommand.commandLine(FakeLauncher::new)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  protected final int perform(String step, String... more) throws IOException {
    String[] first = {"do", step, "--http", http, "--token-file", token().toString()};
    return execute(Stream.concat(Stream.of(first), Stream.of(more)).toArray(String[]::new));
  }

  protected final Path token() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().matches("smmulator-\\d+-\\d+\\.token"))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no token"));
    }
  }

  /** The command line in a process of its own, which finds the token by itself. */
  ProcessBuilder process(String... args) {
    List<String> command = RealProcess.command(args);
    command.add(1, "-Djava.io.tmpdir=" + folder);
    return new ProcessBuilder(command);
  }
}
