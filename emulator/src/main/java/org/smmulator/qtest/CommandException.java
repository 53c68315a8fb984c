package org.smmulator.qtest;

/** A command that cannot be executed; the message is its answer. */
final class CommandException extends Exception {
  private static final long serialVersionUID = 1L;

  private CommandException(String answer) {
    super(answer, null, false, false);
  }

  String answer() {
    return String.valueOf(getMessage());
  }

  /** The command was understood, and failed. */
  static CommandException failed(String what) {
    return new CommandException("FAIL " + what);
  }

  /** The command was not understood. */
  static CommandException wrong(String what) {
    return new CommandException("ERR " + what);
  }
}
