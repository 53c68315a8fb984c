package org.smmulator.qtest;

/** Where lines go that answer no command. */
public interface Lines {
  /** Sends a line, before the answer of a command that is being executed. From any thread. */
  void line(String text);
}
