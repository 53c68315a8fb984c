package org.smmulator.config;

import java.util.List;

/** A machine file that cannot be used; each problem is one sentence with file, line and path. */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String[] problems;

  ConfigException(List<String> problems) {
    super(String.join(System.lineSeparator(), problems));
    this.problems = problems.toArray(String[]::new);
  }

  ConfigException(String problem) {
    this(List.of(problem));
  }

  public List<String> problems() {
    return List.of(problems);
  }
}
