package org.smmulator.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads from a file of events what Linux's driver told the SMMU during each operation of {@code
 * configs/linux/sva/operations.c}. The program sets marks around each, in the command queue itself:
 * invalidations of pages that nothing else uses. So nothing depends on when anything happened.
 *
 * <p>Bits of commands are those of IHI 0070, 4.3 to 4.8.
 */
final class OperationCommands {
  private static final int CFGI_CD = 0x05;
  private static final int TLBI_NH_ASID = 0x11;
  private static final int TLBI_NH_VA = 0x12;
  private static final int ATC_INV = 0x40;
  private static final int RESUME = 0x44;
  private static final int SYNC = 0x46;
  private static final long PAGE = 4096;
  private static final long MARKS = 0x100_0000_0000L;
  private static final long MARKS_END = MARKS + 0x1000 * PAGE;

  /** What the program maps for the device; elsewhere are its own stack and variables. */
  private static final long AREAS = 0x1000_0000_0000L;

  private static final long AREAS_END = AREAS + 0x1000_0000L;
  private static final int EVERYTHING = 52;

  /**
   * One operation.
   *
   * @param number of the operation, which the program prints
   * @param commands in order, without what the marks themselves are
   */
  record Row(long number, List<String> commands) {}

  private final List<Row> rows = new ArrayList<>();
  private final List<String> between = new ArrayList<>();
  private List<String> current = new ArrayList<>(); // before the first mark
  private boolean skipped;

  private OperationCommands() {}

  static OperationCommands read(Path events) throws IOException {
    OperationCommands read = new OperationCommands();
    JsonMapper json = new JsonMapper();
    try (BufferedReader lines = Files.newBufferedReader(events)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        JsonNode event = json.readTree(line);
        if (event.get("kind").asString().equals("command")) {
          read.take(word(event.get("word0")), word(event.get("word1")));
        }
      }
    }
    return read;
  }

  /** The operations in order. */
  List<Row> rows() {
    return rows;
  }

  /** What belongs to no operation, from the first mark to the last. */
  List<String> between() {
    return between;
  }

  private static long word(JsonNode text) {
    return Long.parseUnsignedLong(text.asString().substring(2), 16);
  }

  private void take(long word0, long word1) {
    if (opcode(word0) == TLBI_NH_VA && address(word1) >= MARKS && address(word1) < MARKS_END) {
      mark((address(word1) - MARKS) / PAGE);
      skipped = true;
      return;
    }
    String text = text(word0, word1);
    if (opcode(word0) != SYNC) {
      skipped = text == null;
    }
    if (text != null && !skipped) {
      current.add(text);
    }
  }

  private void mark(long mark) {
    boolean begins = mark % 2 == 0;
    if (begins && !rows.isEmpty()) {
      between.addAll(current);
    }
    current = new ArrayList<>();
    if (begins) {
      rows.add(new Row(mark / 2, current));
    }
  }

  /** Null if it is not about what the program does with the device. */
  private static @Nullable String text(long word0, long word1) {
    return switch (opcode(word0)) {
      case SYNC -> "SYNC";
      case CFGI_CD -> "CFGI_CD";
      case TLBI_NH_ASID -> "NH_ASID";
      case TLBI_NH_VA -> isOfAreas(word1) ? "NH_VA " + range(word0, word1) : null;
      case ATC_INV -> atcInv(word0, word1);
      case RESUME -> "RESUME " + (bits(word0, 12, 12) == 1 ? "retry" : "abort");
      default -> String.format("%x %x", word0, word1);
    };
  }

  private static boolean isOfAreas(long word1) {
    return address(word1) >= AREAS && address(word1) < AREAS_END;
  }

  /** Leaf and TTL are said if they are not 0, as TG if it is not 1 (4 KiB). */
  private static String range(long word0, long word1) {
    long pages = (bits(word0, 16, 12) + 1) << bits(word0, 24, 20);
    String range = pages + (pages == 1 ? " page" : " pages");
    long leaf = bits(word1, 0, 0);
    long ttl = bits(word1, 9, 8);
    long tg = bits(word1, 11, 10);
    return leaf == 0 && ttl == 0 && tg == 1
        ? range
        : String.format("%s Leaf=%d TTL=%d TG=%d", range, leaf, ttl, tg);
  }

  private static @Nullable String atcInv(long word0, long word1) {
    boolean ofProcess = bits(word0, 11, 11) == 1;
    int size = (int) bits(word1, 5, 0);
    if (!ofProcess || (size < EVERYTHING && !isOfAreas(word1))) {
      return null;
    }
    return "ATC_INV " + (size >= EVERYTHING ? "all" : size(PAGE << size));
  }

  private static String size(long bytes) {
    return bytes < 1 << 20 ? (bytes >> 10) + " KiB" : (bytes >> 20) + " MiB";
  }

  private static int opcode(long word0) {
    return (int) bits(word0, 7, 0);
  }

  private static long address(long word1) {
    return word1 & -PAGE;
  }

  private static long bits(long word, int last, int first) {
    return word >>> first & ((1L << (last - first + 1)) - 1);
  }
}
