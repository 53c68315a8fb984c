package org.smmulator.machine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.MachineLauncher.Ending;
import org.smmulator.launch.UserException;
import org.smmulator.record.Recorder;

/** A machine whose RAM other programs see and write to. */
class RamFileMachineTest extends DrivenMachine {
  private static final long IOVA = 0x0ab0_0000L;
  private static final long PAGE = 0x4020_0000L;
  private static final long EDU = 0x1000_0000L;
  private static final String STORY =
      """
      devices: [{id: '00:04.0', model: dma, atc: 16x4}]
      scenario:
        steps:
          - process: {name: alice, pages: 64}
          - bind: {process: alice, devices: ['00:04.0']}
          - dma: {processes: [alice], devices: ['00:04.0'], operations: 200, pages: 64}
          - munmap: {process: alice, page: 0, pages: 8}
          - exit: {process: alice}
      """;

  private Path file() {
    return folder.resolve("ram");
  }

  private Harness startOnFile() throws Exception {
    machine =
        new Launcher()
            .start(
                Machines.config(
                    folder,
                    "machine: {name: shared, ramMiB: 64, ramFile: '"
                        + file()
                        + "'}\nguest: {kind: external, port: 'unix:"
                        + folder.resolve("s")
                        + ",server=on'}\n"
                        + DEVICES),
                Recorder.OFF);
    opened = connect();
    return opened;
  }

  /** Bytes of the file as a process of its own reads them. */
  private String dump(long offset, int bytes) throws Exception {
    Process od =
        new ProcessBuilder("od", "-An", "-tx1", "-v", "-j" + offset, "-N" + bytes, file() + "")
            .redirectErrorStream(true)
            .start();
    String said = new String(od.getInputStream().readAllBytes(), UTF_8);
    assertThat(od.waitFor()).as(said).isZero();
    return said.replaceAll("\\s", "");
  }

  @Test
  void anotherProcessReadsWhatADevicesDmaWroteAndADeviceWhatItWrote() throws Exception {
    Harness harness = startOnFile();
    harness.bringUp();
    harness.translate(EDU_SID);
    harness.map(IOVA, PAGE);
    harness.enable(EDU_SID, EDU);
    try (RandomAccessFile other = new RandomAccessFile(file().toFile(), "rw")) {
      other.seek(0x20_0000);
      other.writeLong(0x0123_4567_89ab_cdefL);
    }

    harness.perform("writeq 0x%x 0x%x", EDU + 0x80, IOVA);
    harness.perform("writeq 0x%x 0x40000", EDU + 0x88);
    harness.perform("writeq 0x%x 8", EDU + 0x90);
    harness.perform("writeq 0x%x 1", EDU + 0x98);
    long unused = harness.number("clock_step");
    harness.perform("writeq 0x%x 0x40000", EDU + 0x80);
    harness.perform("writeq 0x%x 0x%x", EDU + 0x88, IOVA + 0x103);
    harness.perform("writeq 0x%x 3", EDU + 0x98);
    assertThat(dump(0x20_0103, 8)).isEqualTo("0000000000000000");
    unused = harness.number("clock_step");

    assertThat(dump(0x20_0102, 10)).isEqualTo("000123456789abcdef00");
  }

  @Test
  void theTablesThatAnotherProcessWroteAreTheOnesThatTheSmmuWalks() throws Exception {
    Harness harness = startOnFile();
    harness.bringUp();
    harness.translate(EDU_SID);
    harness.map(IOVA, PAGE);
    harness.perform("write 0x40300000 4 0xc0ffee01");
    try (RandomAccessFile other = new RandomAccessFile(file().toFile(), "rw")) {
      other.seek(Harness.TABLES - 0x4000_0000L + 0x3000 + 8 * (IOVA >> 12 & 511));
      other.writeLong(Long.reverseBytes(0x4030_0000L | 0xc43));
    }

    assertThat(harness.ask("smmu_read 0x20 - 0xab00000 4")).isEqualTo("OK 0xc0ffee01");
  }

  @Test
  void theNextMachineOnTheFileFindsWhatTheLastOneLeft() throws Exception {
    Harness harness = startOnFile();
    harness.perform("write 0x43ffffff 1 0x5a");
    stop();

    harness = startOnFile();
    assertThat(harness.ask("read 0x43ffffff 1")).isEqualTo("OK 0x5a");
    assertThat(file()).hasSize(64 << 20);
  }

  @Test
  void whatCannotBeItsRamIsASentenceAndNothingIsLeftRunning() throws Exception {
    Files.createDirectory(file());
    assertThatThrownBy(this::startOnFile)
        .isInstanceOf(UserException.class)
        .hasMessage(
            "machine.ramFile: " + file() + " is a folder; use a regular file, or a path with none")
        .satisfies(e -> assertThat(((UserException) e).exitCode()).isEqualTo(ExitCode.USAGE));
    assertThat(Thread.getAllStackTraces().keySet())
        .as("threads of a machine")
        .noneMatch(thread -> thread.getName().startsWith("ram-file"));
    Files.delete(file());
    assertThat(startOnFile().ask("endianness")).isEqualTo("OK little");
  }

  @Test
  void theBuiltInKernelRunsOnOneThatWasUsedBefore() throws Exception {
    String yaml = "machine: {name: shared, ramMiB: 64, ramFile: '" + file() + "'}\n" + STORY;
    for (int run = 0; run < 2; run++) {
      Machines.Outcome outcome = Machines.run(folder, yaml);
      assertThat(outcome.ending()).isEqualTo(Ending.DONE);
      assertThat(outcome.summary().verdict().outcome()).hasToString("PASSED");
    }
  }

  @Test
  void whatASeedDecidesHasNoRoomForOthers() throws Exception {
    String yaml = "machine: {name: shared, ramMiB: 64, ramFile: '" + file() + "'}\n" + STORY;
    assertThatThrownBy(() -> Machines.simulate(folder, yaml, 1))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "a simulated machine repeats a run byte for byte, and what others write to"
                + " machine.ramFile it cannot; set machine.ramFile to null");
    assertThat(file()).doesNotExist();
  }
}
