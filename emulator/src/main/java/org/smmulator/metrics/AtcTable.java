package org.smmulator.metrics;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a device's ATC held at one moment, for people and programs.
 *
 * @param device its name
 * @param id bus, device and function
 * @param entries those asked for, by set and way
 * @param whole false if the cache holds more than is here of what was asked for
 */
public record AtcTable(
    String device, String id, int sets, int ways, boolean whole, List<Row> entries) {
  /**
   * One entry.
   *
   * @param pasid null without one
   * @param process that has this PASID now; null if none is known
   * @param page address of the 4 KiB page that it serves, in hexadecimal
   * @param translated where that page is, in hexadecimal
   * @param sizeLog2 log2 of the bytes of the translation that it was filled from
   * @param permissions letters: r, w, x, p for privileged mode, u for untranslated only
   * @param age fills and hits of the whole cache since its own last one
   */
  public record Row(
      int set,
      int way,
      @Nullable Integer pasid,
      @Nullable String process,
      String page,
      String translated,
      int sizeLog2,
      String permissions,
      long age) {}

  public AtcTable {
    entries = List.copyOf(entries);
  }

  public String json() {
    return TableJson.write(this);
  }

  /** Reads what {@link #json} wrote; the exception's message is half a sentence. */
  public static AtcTable read(String json) throws IOException {
    return TableJson.read(json, AtcTable.class, "what an ATC holds");
  }

  /** As a terminal shows it. */
  public String render() {
    StringBuilder out = new StringBuilder();
    out.append(
        String.format(
            "ATC of '%s' (%s), %d sets x %d ways: %,d entries%s%n",
            device, id, sets, ways, entries.size(), whole ? "" : " and more"));
    if (!entries.isEmpty()) {
      TextTable table = new TextTable(true);
      table.line(
          "set", "way", "PASID", "process", "page", "translated", "size", "permissions", "age");
      entries.forEach(row -> line(table, row));
      table.appendTo(out);
    }
    return out.toString();
  }

  private static void line(TextTable table, Row row) {
    table.line(
        Integer.toString(row.set()),
        Integer.toString(row.way()),
        row.pasid() == null ? "-" : row.pasid().toString(),
        row.process() == null ? "-" : row.process(),
        row.page(),
        row.translated(),
        size(row.sizeLog2()),
        row.permissions(),
        String.format("%,d", row.age()));
  }

  /** Of a translation, in the largest binary unit. */
  public static String size(int sizeLog2) {
    String[] units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    return (1 << (sizeLog2 % 10)) + " " + units[sizeLog2 / 10];
  }
}
