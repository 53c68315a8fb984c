package org.smmulator.smmu.oracle;

/** What a page grants at one privilege level. */
record Permissions(boolean read, boolean write, boolean execute) {
  static final Permissions ALL = new Permissions(true, true, true);

  boolean allow(Attributes wanted) {
    if (wanted.write()) {
      return write;
    }
    return wanted.instruction() ? execute : read;
  }

  Permissions and(Permissions other) {
    return new Permissions(read && other.read, write && other.write, execute && other.execute);
  }
}
