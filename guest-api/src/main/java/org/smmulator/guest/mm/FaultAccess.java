package org.smmulator.guest.mm;

/** What an access that faulted wants to do with the page; a page request may want several. */
public record FaultAccess(boolean read, boolean write, boolean exec) {
  public static final FaultAccess READ = new FaultAccess(true, false, false);
  public static final FaultAccess WRITE = new FaultAccess(false, true, false);
  public static final FaultAccess EXEC = new FaultAccess(false, false, true);

  @Override
  public String toString() {
    return (read ? "r" : "-") + (write ? "w" : "-") + (exec ? "x" : "-");
  }
}
