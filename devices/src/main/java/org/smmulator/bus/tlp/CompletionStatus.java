package org.smmulator.bus.tlp;

/** Completion Status codes; a receiver handles every other code like {@link #UR}. */
public final class CompletionStatus {
  /** Successful Completion. */
  public static final int SC = 0;

  /** Unsupported Request. */
  public static final int UR = 1;

  /** Configuration Request Retry Status. */
  public static final int CRS = 2;

  /** Completer Abort. */
  public static final int CA = 4;

  private CompletionStatus() {}
}
