package org.smmulator.memory;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RamFileTest {
  private static final int BYTES = 4 << 20;

  @TempDir private Path folder;

  private Path path;

  @BeforeEach
  void name() {
    path = folder.resolve("ram");
  }

  private static String command(String... words) throws Exception {
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
    assertThat(process.waitFor()).as("%s: %s", List.of(words), said).isZero();
    return said;
  }

  /** How much of a file has space on its disk. */
  private static long bytesTaken(Path file) throws Exception {
    return Long.parseLong(command("stat", "-c", "%b", file.toString())) * 512;
  }

  private void refused(String sentence) {
    assertThatThrownBy(() -> RamFile.open(path, BYTES).close())
        .isInstanceOf(IOException.class)
        .hasMessage(sentence);
  }

  @Test
  void aNewOneIsForItsOwnerAloneAndHasAllItsSpace() throws Exception {
    try (RamFile file = RamFile.open(path, BYTES)) {
      assertThat(file.isWhole()).isTrue();
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
        .isEqualTo("rw-------");
    assertThat(path).hasBinaryContent(new byte[BYTES]);
    assertThat(bytesTaken(path)).isGreaterThanOrEqualTo(BYTES);
  }

  @Test
  void oneThatIsThereKeepsWhatIsInItAndItsHolesGetSpace() throws Exception {
    try (RandomAccessFile sparse = new RandomAccessFile(path.toFile(), "rw")) {
      sparse.setLength(BYTES);
      sparse.seek(12345);
      sparse.write(7);
    }
    assertThat(bytesTaken(path)).isLessThan(BYTES);

    RamFile.open(path, BYTES).close();

    byte[] content = new byte[BYTES];
    content[12345] = 7;
    assertThat(path).hasBinaryContent(content);
    assertThat(bytesTaken(path)).isGreaterThanOrEqualTo(BYTES);
  }

  @Test
  void oneOfAnotherSizeIsRefusedAndLeftAlone() throws Exception {
    Files.write(path, new byte[BYTES - 1]);
    refused(
        path
            + " has 4,194,303 bytes and the machine's RAM 4,194,304; use a file of that size, or a"
            + " path with none, or change machine.ramMiB");
    Files.write(path, new byte[BYTES + 1]);
    refused(
        path
            + " has 4,194,305 bytes and the machine's RAM 4,194,304; use a file of that size, or a"
            + " path with none, or change machine.ramMiB");
    assertThat(path).hasSize(BYTES + 1);
  }

  @Test
  void whatIsNoRegularFileIsRefused() throws Exception {
    Files.createDirectory(path);
    refused(path + " is a folder; use a regular file, or a path with none");
    Files.delete(path);

    Files.createSymbolicLink(path, Path.of("/dev/mem"));
    refused(path + " is a symbolic link; use a regular file, or a path with none");
    Files.delete(path);

    Path behind = Files.write(folder.resolve("behind"), new byte[BYTES]);
    Files.createSymbolicLink(path, behind);
    refused(path + " is a symbolic link; use a regular file, or a path with none");
    Files.delete(path);

    Files.createSymbolicLink(path, folder.resolve("nothing"));
    refused(path + " is a symbolic link; use a regular file, or a path with none");
    Files.delete(path);

    command("mkfifo", path.toString());
    refused(path + " is a pipe, socket or device; use a regular file, or a path with none");
    path = Path.of("/dev/zero");
    refused("/dev/zero is a pipe, socket or device; use a regular file, or a path with none");
  }

  @Test
  void aPathThatCannotBeIsRefused() throws Exception {
    path = folder.resolve("none").resolve("ram");
    refused(path + ": its folder does not exist; make it, or use another path");
    path = Files.write(folder.resolve("file"), new byte[1]).resolve("ram");
    refused(path + " cannot be made: Not a directory; use another path");
  }

  /** Files of the kernel that it gives to nobody, root included. */
  @Test
  void whatOneMayNotWriteIsRefused() {
    path = Path.of("/sys/ram");
    refused("/sys/ram cannot be made: permission denied; use another path");
    path = Path.of("/sys/kernel/uevent_seqnum");
    assertThatThrownBy(() -> RamFile.open(path, 4096).close())
        .isInstanceOf(IOException.class)
        .hasMessage(
            path + " cannot be opened to read and write; use a file that can, or another path");
  }

  @Test
  void theRamOfAnotherMachineIsRefusedUntilThatEnds() throws Exception {
    try (RamFile first = RamFile.open(path, BYTES)) {
      refused(path + " is the RAM of another machine; use another path, or stop that");
      assertThat(first.isWhole()).isTrue();
      assertThat(path).as("not deleted by who was refused").exists();
    }
    RamFile.open(path, BYTES).close();
  }

  @Test
  void onceCutShortItIsNotWholeAgainThoughThereAreZeroesForWhatIsGone() throws Exception {
    try (RamFile file = RamFile.open(path, BYTES)) {
      FileMemory memory = new FileMemory(0, file);
      memory.store64(BYTES - 16, 1);
      cut(BYTES - 8);
      assertThat(file.isWhole()).isFalse();
      assertThat(memory.load64(BYTES - 16)).isEqualTo(1);
      assertThat(path).hasSize(BYTES);
      assertThat(file.isWhole()).isFalse();
    }
  }

  /** The JVM would end with the process: no access comes between the look and the exchange. */
  @Test
  void anExchangeFindsSomethingWhoeverCutTheFile() throws Exception {
    try (RamFile file = RamFile.open(path, BYTES)) {
      FileMemory memory = new FileMemory(0, file);
      cut(0);
      assertThat(memory.compareAndSet64(BYTES - 8, 0, 1)).isTrue();
      cut(0);
      assertThat(memory.getAndSet64(BYTES - 8, 1)).isZero();
      assertThat(file.isWhole()).isFalse();
    }
  }

  private void cut(long bytes) throws IOException {
    try (RandomAccessFile other = new RandomAccessFile(path.toFile(), "rw")) {
      other.setLength(bytes);
    }
  }

  @Test
  void withoutItsNameItIsStillThere() throws Exception {
    try (RamFile file = RamFile.open(path, BYTES)) {
      Files.delete(path);
      assertThat(file.isWhole()).isTrue();
    }
  }

  @Test
  void aFullDiskIsASentenceAtStart() throws Exception {
    Process mount =
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=2m", "none", folder.toString())
            .redirectErrorStream(true)
            .start();
    String why = new String(mount.getInputStream().readAllBytes(), UTF_8).strip();
    if (mount.waitFor() != 0) {
      // Not a missing tool: then a limit of the file's size, in the other test, stands for it.
      System.err.println("aFullDiskIsASentenceAtStart: no small disk may be mounted here: " + why);
      return;
    }
    try {
      refused(
          path
              + ": no space for 4 MiB: No space left on device; make some, or use another path or"
              + " less RAM");
      assertThat(path).as("what was begun").doesNotExist();

      try (RandomAccessFile sparse = new RandomAccessFile(path.toFile(), "rw")) {
        sparse.setLength(BYTES);
      }
      assertThatThrownBy(() -> RamFile.open(path, BYTES).close())
          .isInstanceOf(IOException.class)
          .hasMessageContaining(": its 4 MiB could not all be given space (")
          .hasMessageContaining("No space left on device");
      assertThat(path).as("what is not ours").exists();
    } finally {
      String unused = command("umount", folder.toString());
    }
  }
}
