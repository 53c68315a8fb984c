package org.smmulator.bus.wire;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SocketFileTest {
  @TempDir private Path directory;

  /** A socket has no permissions of its own until it is bound; its folder has them before. */
  @Test
  void nobodyElseCanEnterTheFolderInWhichItIsBound() throws Exception {
    try (SocketFile file = SocketFile.at(directory.resolve("bus"))) {
      Path folder = requireNonNull(file.toBind().getParent());
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
          .isEqualTo("rwx------");
    }
    assertThat(directory).isEmptyDirectory();
  }
}
