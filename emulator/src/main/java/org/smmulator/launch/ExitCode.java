package org.smmulator.launch;

/** Exit codes of every command. */
public enum ExitCode {
  OK(0, "done; for run: the verdict passed, or an external guest was stopped or left"),
  FAILED(1, "the verdict is FAILED: a check found something, or an expectation was not met"),
  USAGE(2, "wrong usage, unusable configuration file, or port in use; nothing was started"),
  UNREACHABLE(3, "the machine cannot be reached, refused the device, or closed its link"),
  TIMED_OUT(4, "the scenario did not finish in its time"),
  NOT_RUN(
      5,
      "nothing was found, but not all was run: an operation or step did not end, or checked"
          + " nothing"),
  RAM_LOST(6, "machine.ramFile was cut short by another program while the machine ran"),
  INTERNAL(70, "an internal error: please report it"),
  OUTPUT_LOST(74, "all went well, but an output could not be written, such as to a full disk"),
  STOPPED(130, "stopped by Ctrl-C before it was done; 143 by SIGTERM, 129 by SIGHUP"),
  UNREAD(141, "all went well, but the reader of standard output had ended");

  private final int code;
  private final String meaning;

  ExitCode(int code, String meaning) {
    this.code = code;
    this.meaning = meaning;
  }

  public int code() {
    return code;
  }

  public String meaning() {
    return meaning;
  }
}
