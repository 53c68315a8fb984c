package org.smmulator.guest.mm;

/** The guest has no frame, no range of addresses or no ASID left for what was asked. */
public final class OutOfMemory extends RuntimeException {
  private static final long serialVersionUID = 1L;

  OutOfMemory(String message) {
    super(message);
  }
}
