package org.smmulator.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file, and which others it may include: regular ones in the folder of the file that was named
 * first or below, so that whoever checks a stranger's file reads nothing else.
 */
final class Includes {
  private static final int MOST_FILES = 64;
  private static final int MOST_DEEP = 8;

  /** As somebody spells it. */
  private final Path file;

  private final Path real;
  private final Path folder;
  private final @Nullable Includes outer;

  /** How many files have been included by now, by all together. */
  private final int[] files;

  private Includes(Path file, Path real, Path folder, @Nullable Includes outer, int[] files) {
    this.file = file;
    this.real = real;
    this.folder = folder;
    this.outer = outer;
    this.files = files;
  }

  /** Of a file that was named first; null if it has no folder, as what comes through a pipe. */
  static @Nullable Includes of(Path file) {
    try {
      Path real = file.toRealPath();
      Path folder = real.getParent();
      return folder == null ? null : new Includes(file, real, folder, null, new int[1]);
    } catch (IOException e) {
      return null;
    }
  }

  /** As somebody spells it. */
  String name() {
    return file.toString();
  }

  String text() throws ConfigException {
    return ConfigFile.read(real);
  }

  /**
   * A file that this one includes.
   *
   * @throws IllegalArgumentException if it may not; the message is a sentence
   */
  Includes include(String name) {
    if (++files[0] > MOST_FILES) {
      throw new IllegalArgumentException(
          "more than " + MOST_FILES + " files are included; write some of them out");
    }
    Path found;
    Path target;
    try {
      Path given = Path.of(name);
      if (given.isAbsolute()) {
        throw new IllegalArgumentException(
            "'" + name + "' is absolute; use a path from the including file's folder");
      }
      found = file.resolveSibling(given).normalize();
      target = real.resolveSibling(given).toRealPath();
    } catch (IOException | InvalidPathException e) {
      throw new IllegalArgumentException(
          "'" + name + "' is not there; use a path from the including file's folder", e);
    }
    if (!target.startsWith(folder)) {
      throw new IllegalArgumentException(
          "'" + name + "' is outside of the machine file's folder; move it there");
    }
    if (!Files.isRegularFile(target)) {
      throw new IllegalArgumentException("'" + name + "' is no regular file; name one");
    }
    int deep = 1;
    for (Includes each = this; each != null; each = each.outer) {
      if (each.real.equals(target)) {
        throw new IllegalArgumentException(
            "'" + name + "' is included by itself; remove one of the includes");
      }
      if (++deep > MOST_DEEP + 1) {
        throw new IllegalArgumentException(
            "files are included " + deep + " deep; use " + MOST_DEEP + " or less");
      }
    }
    return new Includes(found, target, folder, this, files);
  }
}
