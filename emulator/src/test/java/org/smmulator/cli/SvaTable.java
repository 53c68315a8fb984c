package org.smmulator.cli;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code configs/linux/sva/operations.c} printed, and under each operation what it made the
 * kernel tell the SMMU: the text {@code configs/linux/sva/operations.txt}.
 */
final class SvaTable {
  private static final Pattern LINE =
      Pattern.compile("(?<device>[0-9a-f:.]{7}): (?:(?<number>\\d+): )?(?<text>.*)");

  private SvaTable() {}

  /**
   * @param said lines of the console
   * @param rows of the command queue, in the same order
   */
  static List<String> of(List<String> said, List<OperationCommands.Row> rows) {
    List<String> table = new ArrayList<>();
    Iterator<OperationCommands.Row> left = rows.iterator();
    for (String line : said) {
      Matcher words = LINE.matcher(line);
      if (!words.matches()) {
        continue;
      }
      table.add(line);
      if (words.group("number") != null) {
        table.add("    " + commands(left, words.group("number")));
      }
    }
    left.forEachRemaining(row -> table.add("more: " + row));
    return table;
  }

  private static String commands(Iterator<OperationCommands.Row> left, String number) {
    if (!left.hasNext()) {
      return "its mark never came";
    }
    OperationCommands.Row row = left.next();
    if (row.number() != Long.parseLong(number)) {
      return "instead of it " + row;
    }
    return row.commands().isEmpty() ? "-" : String.join(", ", row.commands());
  }
}
