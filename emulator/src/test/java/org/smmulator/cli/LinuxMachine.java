package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.Configs;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A machine of {@code configs/linux} in a process of its own, for {@link #boot} a kernel in QEMU
 * that has it for its own. QEMU and compiler are those of {@code configs/linux/fetch}.
 */
final class LinuxMachine implements AutoCloseable {
  /** Names the folder that {@code configs/linux/fetch FOLDER --build} has filled. */
  static final String FOLDER = "SMMULATOR_LINUX";

  private static final Path LINUX = Configs.folder().resolve("linux");

  private static @Nullable Path typed;

  /**
   * What runs.
   *
   * @param machine the machine file
   * @param append words for the kernel
   */
  record Software(Path machine, Path kernel, Path initrd, String append) {
    /**
     * The kernel of a distribution, whose first program here, {@code
     * emulator/src/test/linux/boot.c}, does what is typed.
     */
    static Software typed() throws Exception {
      return new Software(
          LINUX.resolve("machine.yaml"), fetched().resolve("Image"), buildTyped(), "panic=-1");
    }

    private static synchronized Path buildTyped() throws Exception {
      if (typed == null) {
        Path emulator = Configs.folder().resolveSibling("emulator");
        // Tests run in several processes at once.
        Path into = emulator.resolve("target/linux-guest-" + ProcessHandle.current().pid());
        typed = build(emulator.resolve("src/test/linux/build"), fetched(), into);
      }
      return typed;
    }

    /** Has a script make an initial file system; words are paths, the last one where it goes. */
    static Path build(Path script, Path... words) throws Exception {
      List<String> command = new ArrayList<>(List.of(script.toString()));
      List.of(words).forEach(word -> command.add(word.toString()));
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String printed = RealProcess.printed(process);
      assertThat(process.waitFor()).as(printed).isZero();
      return words[words.length - 1].resolve("initrd.gz");
    }
  }

  private final Path folder;
  private final Software software;
  private final Process process;
  private final LinesSaid said;

  /**
   * Starts it.
   *
   * @param folder for all that it makes
   * @param words for {@code smmulator run}
   */
  LinuxMachine(Path folder, Software software, List<String> words) throws IOException {
    this.folder = folder;
    this.software = software;
    List<String> run = new ArrayList<>(List.of("--summary", summary().toString()));
    run.addAll(List.of("--bus", bus()));
    run.addAll(words);
    process = command("run", run).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    said = new LinesSaid(process.getErrorStream());
  }

  /** The folder that {@code configs/linux/fetch} has filled. */
  static Path fetched() {
    return Path.of(Objects.requireNonNull(System.getenv(FOLDER)));
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

  /** A command for the machine file that users have, with everything of it in a folder of ours. */
  ProcessBuilder command(String command, List<String> more) {
    List<String> words = new ArrayList<>(List.of(command, software.machine().toString()));
    words.addAll(List.of("--set", "machine.ramMiB=256"));
    words.addAll(List.of("--set", "machine.ramFile=" + folder.resolve("ram")));
    words.addAll(List.of("--set", "guest.directory=" + sockets()));
    words.addAll(more);
    return RealProcess.of(words.toArray(String[]::new));
  }

  /** The first line of its log that has this in it. */
  String says(String part) throws InterruptedException {
    return said.await(part);
  }

  /**
   * Starts QEMU, which waits for the machine.
   *
   * @param more words for {@code smmulator qemu}
   */
  LinuxGuest boot(List<String> more) throws IOException {
    List<String> words = new ArrayList<>(List.of("--exec", "--append", software.append()));
    words.addAll(List.of("--wait", "600", "--initrd", software.initrd().toString()));
    words.addAll(List.of("--qemu", fetched().resolve("qemu-system-aarch64").toString()));
    words.addAll(List.of("--kernel", software.kernel().toString()));
    words.addAll(more);
    return new LinuxGuest(command("qemu", words), process.onExit());
  }

  /** Ends it, behind its guest; its summary. */
  JsonNode end() throws Exception {
    process.destroy();
    assertThat(process.waitFor()).as(String.join("\n", said.all())).isZero();
    return new JsonMapper().readTree(Files.readString(summary()));
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
