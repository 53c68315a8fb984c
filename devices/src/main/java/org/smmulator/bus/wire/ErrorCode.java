package org.smmulator.bus.wire;

/** Why a link is closed: codes of ERROR frames. */
public final class ErrorCode {
  /** The protocol's major versions differ. */
  public static final int VERSION = 1;

  /** Another device has the wanted requester id. */
  public static final int ID_TAKEN = 2;

  /** No slot is left, or the wanted requester id names none. */
  public static final int NO_SLOT = 3;

  /** The peer sent something that is no frame, no packet, or not allowed at that moment. */
  public static final int MALFORMED = 4;

  /** The peer does not read what it is sent. */
  public static final int NOT_READING = 5;

  /** The peer did not say hello in time. */
  public static final int NO_HELLO = 6;

  /** The machine or device stops. */
  public static final int SHUTDOWN = 7;

  /** The sender itself failed. */
  public static final int INTERNAL = 8;

  /** The device did not answer all configuration requests of its training in time. */
  public static final int NOT_TRAINED = 9;

  private ErrorCode() {}
}
