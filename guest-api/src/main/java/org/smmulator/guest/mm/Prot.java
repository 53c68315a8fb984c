package org.smmulator.guest.mm;

/**
 * What a mapping permits: the {@code PROT_} flags of {@code mmap}. Stage 1 descriptors know neither
 * write-only nor (for both privileges) execute-only pages, so write and exec imply read, as Linux
 * has it on arm64.
 */
public record Prot(boolean read, boolean write, boolean exec) {
  public static final Prot NONE = new Prot(false, false, false);
  public static final Prot READ = new Prot(true, false, false);
  public static final Prot READ_WRITE = new Prot(true, true, false);
  public static final Prot READ_EXEC = new Prot(true, false, true);
  public static final Prot READ_WRITE_EXEC = new Prot(true, true, true);

  public Prot {
    read = read || write || exec;
  }

  boolean permits(FaultAccess access) {
    return (read || !access.read()) && (write || !access.write()) && (exec || !access.exec());
  }

  @Override
  public String toString() {
    return (read ? "r" : "-") + (write ? "w" : "-") + (exec ? "x" : "-");
  }
}
