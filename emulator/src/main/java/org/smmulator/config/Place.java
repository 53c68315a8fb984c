package org.smmulator.config;

/**
 * Where a value stands: a line of a file, or an option of the command line.
 *
 * @param source the file or option
 * @param line from 1; {@link #NO_LINE} of an option, which stands after all lines
 */
record Place(String source, int line) {
  static final int NO_LINE = Integer.MAX_VALUE;

  static Place option(String option) {
    return new Place(option, NO_LINE);
  }

  boolean isLine() {
    return line != NO_LINE;
  }

  @Override
  public String toString() {
    return isLine() ? source + ":" + line : source;
  }
}
