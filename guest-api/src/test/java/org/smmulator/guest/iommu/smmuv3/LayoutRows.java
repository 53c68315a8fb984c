package org.smmulator.guest.iommu.smmuv3;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Rows of whitespace-separated cells, typed by hand; lines that begin with # are comments. */
final class LayoutRows {
  private LayoutRows() {}

  static List<String[]> rows(String file) {
    try (InputStream stream = LayoutRows.class.getResourceAsStream("/smmuv3/" + file)) {
      if (stream == null) {
        throw new AssertionError("no resource " + file);
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#") && !line.isBlank())
          .map(line -> line.trim().split("\\s+", -1))
          .toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** The words of one named row. */
  static long[] words(String file, String name) {
    for (String[] row : rows(file)) {
      if (row[0].equals(name)) {
        long[] words = new long[row.length - 1];
        for (int i = 0; i < words.length; i++) {
          words[i] = Long.parseUnsignedLong(row[i + 1].substring(2), 16);
        }
        return words;
      }
    }
    throw new AssertionError("no row " + name + " in " + file);
  }
}
