package org.smmulator.config;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where the machine files of the repository are, from whatever folder tests run in. */
public final class Configs {
  private Configs() {}

  public static Path folder() {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      Path folder = at.resolve("configs");
      if (Files.isRegularFile(folder.resolve("reference.yaml"))) {
        return folder;
      }
    }
    throw new IllegalStateException(
        "no configs/reference.yaml above " + Path.of("").toAbsolutePath());
  }
}
