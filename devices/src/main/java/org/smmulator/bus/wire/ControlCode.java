package org.smmulator.bus.wire;

/** Codes of CONTROL frames; a receiver ignores those it does not know. */
public final class ControlCode {
  /** The device leaves on purpose and closes the link next. */
  public static final int DETACH = 1;

  /** The root complex resets the device: it aborts everything and drops its whole ATC. */
  public static final int RESET = 2;

  private ControlCode() {}
}
