package org.smmulator.device.atc;

import java.io.BufferedReader;
import java.io.IOException;

/**
 * Plays a recorded stream to a {@link WorkingSet}: what {@link AtcRecorder} wrote, or lines {@code
 * pasid,page,op} that anybody can make. There the op is {@code access} or {@code invalidate}, the
 * page a hexadecimal number of a 4 KiB page, or {@code all} of an invalidation, and {@code -}
 * stands for no PASID. A first line {@code pasid,page,op}, empty lines and those that begin with
 * {@code #} are passed over.
 */
public final class AtcRecordReader {
  private static final String HEADING = "pasid,page,op";
  private static final int MOST_SHOWN = 60;
  private static final int BOTH = Permissions.READ | Permissions.WRITE;

  private final WorkingSet workingSet;
  private long lines;
  private long events;

  public AtcRecordReader(WorkingSet workingSet) {
    this.workingSet = workingSet;
  }

  /**
   * Plays all of it.
   *
   * @return how many events there were
   * @throws IllegalArgumentException if a line is none of a record: number, line, what is right
   */
  public long play(BufferedReader in) throws IOException {
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      lines++;
      if (!line.isBlank() && !line.startsWith("#") && !(lines == 1 && line.equals(HEADING))) {
        try {
          event(line);
        } catch (RuntimeException e) { // whatever a line breaks, it is the line that is wrong
          throw new IllegalArgumentException(wrong(line), e);
        }
        events++;
      }
    }
    return events;
  }

  private String wrong(String line) {
    String shown = line.length() > MOST_SHOWN ? line.substring(0, MOST_SHOWN) + "..." : line;
    return "line "
        + lines
        + ": '"
        + shown
        + "' is no event of an ATC; use lines as 'attach --record' writes them, or pasid,page,op"
        + " such as 5,7f0000001,access";
  }

  private void event(String line) {
    if (line.indexOf(',') >= 0) {
      plain(line.split(",", -1));
      return;
    }
    String[] words = line.split(" ", -1);
    switch (words[0]) {
      case "L" ->
          workingSet.access(
              pasid(words[1]),
              page(words[2]),
              flag(words[3], "w", "r"),
              flag(words[4], "hit", "miss"));
      case "F" ->
          workingSet.fill(
              pasid(words[1]),
              page(words[2]),
              Integer.parseInt(words[3]),
              Permissions.parse(words[4]));
      case "I" -> {
        boolean global = flag(words[2], "1", "0");
        invalidate(words[1], global, words[3], Integer.parseInt(words[4]));
      }
      case "X" -> workingSet.invalidateAll();
      default -> throw new IllegalArgumentException(words[0]);
    }
  }

  private void plain(String[] cells) {
    if (cells.length != 3) {
      throw new IllegalArgumentException("three cells");
    }
    if (flag(cells[2], "access", "invalidate")) {
      int pasid = pasid(cells[0]);
      long page = page(cells[1]);
      workingSet.access(pasid, page, false, false);
      workingSet.fill(pasid, page, 12, BOTH);
    } else {
      invalidate(cells[0], false, cells[1], 12);
    }
  }

  private void invalidate(String pasid, boolean global, String page, int sizeLog2) {
    boolean all = page.equals("all");
    long base = all ? 0 : page(page) << 12;
    workingSet.invalidate(
        new InvalidationScope(pasid(pasid), global, base, all ? Long.SIZE : sizeLog2));
  }

  private static int pasid(String text) {
    if (text.equals("-")) {
      return AddressTranslationCache.NO_PASID;
    }
    int pasid = Integer.parseInt(text);
    if (pasid < 0 || pasid >= 1 << 20) {
      throw new IllegalArgumentException("PASID " + pasid);
    }
    return pasid;
  }

  private static long page(String text) {
    long page = Long.parseUnsignedLong(text, 16);
    if (page >>> 52 != 0) {
      throw new IllegalArgumentException("page " + text);
    }
    return page;
  }

  private static boolean flag(String text, String set, String clear) {
    if (!text.equals(set) && !text.equals(clear)) {
      throw new IllegalArgumentException(text);
    }
    return text.equals(set);
  }
}
