package org.smmulator.metrics;

import java.util.ArrayList;
import java.util.List;

/** Lines of cells, aligned for a terminal: the first column to the left, the others as asked. */
public final class TextTable {
  private static final String INDENT = "  ";
  private static final String GAP = "  ";

  private final boolean numeric;
  private final List<List<String>> lines = new ArrayList<>();

  /**
   * @param numeric whether the cells after the first are aligned to the right
   */
  public TextTable(boolean numeric) {
    this.numeric = numeric;
  }

  public TextTable line(String first, List<String> others) {
    List<String> line = new ArrayList<>();
    line.add(first);
    line.addAll(others);
    lines.add(line);
    return this;
  }

  public TextTable line(String first, String... others) {
    return line(first, List.of(others));
  }

  public void appendTo(StringBuilder out) {
    List<Integer> widths = widths();
    for (List<String> line : lines) {
      StringBuilder text = new StringBuilder(INDENT);
      for (int i = 0; i < line.size(); i++) {
        boolean right = numeric && i > 0;
        String padding = " ".repeat(widths.get(i) - line.get(i).length());
        text.append(i == 0 ? "" : GAP);
        text.append(right ? padding : "").append(line.get(i)).append(right ? "" : padding);
      }
      out.append(text.toString().stripTrailing()).append('\n');
    }
  }

  private List<Integer> widths() {
    List<Integer> widths = new ArrayList<>();
    for (List<String> line : lines) {
      for (int i = 0; i < line.size(); i++) {
        int width = line.get(i).length();
        if (i == widths.size()) {
          widths.add(width);
        } else {
          widths.set(i, Math.max(widths.get(i), width));
        }
      }
    }
    return widths;
  }
}
