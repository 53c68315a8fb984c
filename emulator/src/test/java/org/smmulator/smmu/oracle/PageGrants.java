package org.smmulator.smmu.oracle;

/** What a page grants at one privilege level. */
record PageGrants(boolean read, boolean write, boolean execute) {
  static final PageGrants ALL = new PageGrants(true, true, true);

  boolean allow(Attributes wanted) {
    if (wanted.write()) {
      return write;
    }
    return wanted.instruction() ? execute : read;
  }

  PageGrants and(PageGrants other) {
    return new PageGrants(read && other.read, write && other.write, execute && other.execute);
  }
}
