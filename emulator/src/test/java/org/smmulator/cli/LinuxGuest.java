package org.smmulator.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.Configs;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The machine of {@code configs/linux}, and a QEMU with an unmodified kernel that has it for its
 * own. The kernel's first program is {@code emulator/src/test/linux/boot.c}, which does what is
 * typed. QEMU, kernel and compiler are those of {@code configs/linux/fetch}.
 */
final class LinuxGuest implements AutoCloseable {
  /** Names the folder that {@code configs/linux/fetch FOLDER --build} has filled. */
  static final String FOLDER = "SMMULATOR_LINUX";

  private static @Nullable Path initrd;

  private final Path folder;
  private final Process machine;
  private final Process qemu;
  private final Said machineSaid;
  private final Said said;
  private final Writer console;
  private int commands;

  /** What a process prints, which is read all the time. */
  private static final class Said {
    private final List<String> lines = new ArrayList<>();
    private boolean ended;

    Said(InputStream from) {
      CompletableFuture<Void> unused = CompletableFuture.runAsync(() -> read(from), this::start);
    }

    private void start(Runnable reading) {
      Thread thread = new Thread(reading, "reader");
      thread.setDaemon(true);
      thread.start();
    }

    private void read(InputStream from) {
      try (BufferedReader in = new BufferedReader(new InputStreamReader(from, UTF_8))) {
        for (String line = in.readLine(); line != null; line = in.readLine()) {
          add(line.stripTrailing());
        }
      } catch (IOException e) {
        add("cannot be read: " + e.getMessage());
      } finally {
        end();
      }
    }

    private synchronized void add(String line) {
      lines.add(line);
      notifyAll();
    }

    private synchronized void end() {
      ended = true;
      notifyAll();
    }

    /** The first line that has this in it, which may be there already. */
    synchronized String await(String what) throws InterruptedException {
      for (int next = 0; ; ) {
        for (; next < lines.size(); next++) {
          if (lines.get(next).contains(what)) {
            return lines.get(next);
          }
        }
        assertThat(ended)
            .as("it has ended without '%s':\n%s", what, String.join("\n", lines))
            .isFalse();
        wait();
      }
    }

    synchronized List<String> all() {
      return List.copyOf(lines);
    }
  }

  /**
   * Starts both.
   *
   * @param folder for all that they make
   * @param machineWords for {@code smmulator run}
   * @param qemuWords for {@code smmulator qemu}
   */
  LinuxGuest(Path folder, List<String> machineWords, List<String> qemuWords) throws Exception {
    this.folder = folder;
    Path fetched = Path.of(Objects.requireNonNull(System.getenv(FOLDER)));
    String built = build(fetched).toString();
    List<String> run = new ArrayList<>(List.of("--summary", summary().toString()));
    run.addAll(List.of("--bus", bus()));
    run.addAll(machineWords);
    machine = command("run", run).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    machineSaid = new Said(machine.getErrorStream());
    List<String> words = new ArrayList<>(List.of("--exec", "--append", "panic=-1"));
    words.addAll(List.of("--wait", "600", "--initrd", built));
    words.addAll(List.of("--qemu", fetched.resolve("qemu-system-aarch64").toString()));
    words.addAll(List.of("--kernel", fetched.resolve("Image").toString()));
    words.addAll(qemuWords);
    qemu = command("qemu", words).redirectErrorStream(true).start();
    CompletableFuture<Void> unused = machine.onExit().thenRun(qemu::destroy); // it would wait
    said = new Said(qemu.getInputStream());
    console = qemu.outputWriter(UTF_8);
  }

  private Path summary() {
    return folder.resolve("summary.json");
  }

  /** Where devices can be attached. */
  String bus() {
    return "unix:" + folder.resolve("bus");
  }

  /** The folder of the machine's sockets. */
  Path sockets() {
    return folder.resolve("v");
  }

  private static synchronized Path build(Path fetched) throws Exception {
    if (initrd == null) {
      Path emulator = Configs.folder().resolveSibling("emulator");
      Path into = emulator.resolve("target").resolve("linux-guest");
      Process process =
          new ProcessBuilder(
                  emulator.resolve("src/test/linux/build").toString(),
                  fetched.toString(),
                  into.toString())
              .redirectErrorStream(true)
              .start();
      process.getOutputStream().close();
      String printed = RealProcess.printed(process);
      assertThat(process.waitFor()).as(printed).isZero();
      initrd = into.resolve("initrd.gz");
    }
    return initrd;
  }

  /** A command for the machine file that users have, with everything of it in a folder of ours. */
  ProcessBuilder command(String command, List<String> more) {
    List<String> words = new ArrayList<>(List.of(command));
    words.add(Configs.folder().resolve("linux").resolve("machine.yaml").toString());
    words.addAll(List.of("--set", "machine.ramMiB=256"));
    words.addAll(List.of("--set", "machine.ramFile=" + folder.resolve("ram")));
    words.addAll(List.of("--set", "guest.directory=" + sockets()));
    words.addAll(more);
    return RealProcess.of(words.toArray(String[]::new));
  }

  /** Has the guest do something, and waits until it is done. */
  void does(String what) throws Exception {
    String unused = awaits("boot: user space after "); // before that nobody reads
    type(what);
    commands++;
    unused = awaits("boot: done " + commands + ": " + what);
  }

  private void type(String line) throws IOException {
    console.write(line + "\n");
    console.flush();
  }

  /** The first line on the guest's console that has this in it. */
  String awaits(String part) throws InterruptedException {
    return said.await(part);
  }

  /** The first line of the machine's log that has this in it. */
  String machineSays(String part) throws InterruptedException {
    return machineSaid.await(part);
  }

  /** All that the guest's console has shown. */
  List<String> said() {
    return said.all();
  }

  /** Prints what the guest said in these words, for who reads the test's output. */
  void print(String part) {
    said().stream().filter(line -> line.contains(part)).forEach(System.out::println);
  }

  /** Turns the guest off, and ends the machine; its summary. */
  JsonNode end() throws Exception {
    String unused = awaits("boot: user space after ");
    type("off");
    assertThat(qemu.waitFor()).as(String.join("\n", said())).isZero();
    machine.destroy();
    assertThat(machine.waitFor()).isZero();
    return new JsonMapper().readTree(Files.readString(summary()));
  }

  @Override
  public void close() {
    qemu.destroy();
    machine.destroyForcibly();
  }
}
