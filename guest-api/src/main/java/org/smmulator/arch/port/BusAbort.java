package org.smmulator.arch.port;

/**
 * An access that nothing answers: an address without memory behind it. Checked, because each access
 * decides what an abort means there; one instance without a stack, because hot paths throw.
 */
public final class BusAbort extends Exception {
  private static final long serialVersionUID = 1L;

  @SuppressWarnings("StaticAssignmentOfThrowable")
  public static final BusAbort INSTANCE = new BusAbort();

  private BusAbort() {
    super("no memory answers at this address", null, false, false);
  }
}
