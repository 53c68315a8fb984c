package org.smmulator.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.config.ConfigFile;
import org.smmulator.config.MachineConfig;
import org.smmulator.launch.MachineLauncher.RunningMachine;
import org.smmulator.machine.Launcher;
import org.smmulator.metrics.Summaries;
import org.smmulator.record.Recorder;
import org.smmulator.web.FakeWatched;
import org.smmulator.web.WebServer;

/**
 * Standard output that takes nothing, or no more: a full disk, a closed one, a reader that left.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LostOutputTest {
  private static final File FULL = new File("/dev/full");
  private static final String MACHINE =
      "machine: {name: x, ramMiB: 64}\nbus: {listen: ['127.0.0.1:0']}\nhttp: {listen: null}\n";

  @TempDir private Path folder;

  /** What the machine's answers wait for. */
  private final AtomicReference<CountDownLatch> answers =
      new AtomicReference<>(new CountDownLatch(0));

  private String file(String yaml) throws IOException {
    return Files.writeString(folder.resolve("machine.yaml"), yaml).toString();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "--version",
        "run --help",
        "stats --version",
        "check FILE",
        "stats --http HTTP",
        "stats --json --http HTTP",
        "explain --stream 1 --address 0 --access read --http HTTP",
      })
  void aFullDiskIsAnError(String command) throws Exception {
    try (WebServer web = server()) {
      assertEndsOnAFullDisk(command.replace("FILE", file(MACHINE)).replace("HTTP", web.address()));
    }
  }

  @Test
  void aFullDiskIsAnErrorOfADeviceWhoseIdNobodyLearns() throws Exception {
    MachineConfig config = ConfigFile.load(Path.of(file(MACHINE)));
    try (RunningMachine machine = new Launcher().start(config, Recorder.OFF)) {
      assertEndsOnAFullDisk("attach dma --bus " + machine.busAddresses().get(0));
    }
  }

  /** The run is over when the harness leaves, and went well but for its tables. */
  @Test
  void aFullDiskIsAnErrorOfARun() throws Exception {
    try (ServerSocket harness = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread leaves = new Thread(() -> acceptAndLeave(harness));
      leaves.start();
      String port = "tcp:127.0.0.1:" + harness.getLocalPort();
      assertEndsOnAFullDisk("run " + file(MACHINE + "guest: external\n") + " --guest-port " + port);
      leaves.join();
    }
  }

  private static void acceptAndLeave(ServerSocket harness) {
    try {
      harness.accept().close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void assertEndsOnAFullDisk(String command) throws Exception {
    assumeTrue(FULL.exists(), "no /dev/full to write to");
    Process process = RealProcess.of(command.split(" ")).redirectOutput(FULL).start();
    String complaints = RealProcess.complaints(process);

    assertThat(process.waitFor()).as(complaints).isEqualTo(74);
    assertThat(complaints)
        .containsOnlyOnce("smmulator: standard output was not written: No space left on device;");
  }

  /** Nobody can have read what is printed after the pipe was closed. */
  @ParameterizedTest
  @ValueSource(strings = {"stats", "stats --json", "explain --stream 1 --address 0 --access read"})
  void aReaderThatHasGoneIsAnError(String command) throws Exception {
    try (WebServer web = server()) {
      CountDownLatch closed = new CountDownLatch(1);
      answers.set(closed);
      Process process = RealProcess.of((command + " --http " + web.address()).split(" ")).start();
      process.getInputStream().close();
      closed.countDown();
      String complaints = RealProcess.complaints(process);

      assertThat(process.waitFor()).as(complaints).isEqualTo(141);
      assertThat(complaints)
          .isEqualTo(
              "smmulator: standard output was not written: Broken pipe; its reader has ended"
                  + " before the output\n");
    }
  }

  @Test
  void aClosedStandardOutputIsAnError() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "no /bin/sh to close standard output");
    List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", "exec \"$@\" >&-", "sh"));
    command.addAll(RealProcess.command("--version"));
    Process process = new ProcessBuilder(command).start();
    String complaints = RealProcess.complaints(process);

    assertThat(process.waitFor()).as(complaints).isEqualTo(74);
    assertThat(complaints).startsWith("smmulator: standard output was not written: ");
  }

  @Test
  void aFailureStaysTheFailureThatItIs() throws Exception {
    assumeTrue(FULL.exists(), "no /dev/full to write to");
    Process process =
        RealProcess.of("check", file(MACHINE), "missing.yaml").redirectOutput(FULL).start();
    String complaints = RealProcess.complaints(process);

    assertThat(process.waitFor()).isEqualTo(2);
    assertThat(complaints).contains("missing.yaml: no such file", "output was not written");
  }

  private WebServer server() throws Exception {
    return WebServer.start(
        "127.0.0.1:0",
        new FakeWatched(
            () -> awaited(Summaries.passed()), question -> awaited(List.of("one", "two"))));
  }

  private <T> T awaited(T answer) {
    try {
      requireNonNull(answers.get()).await();
      return answer;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
