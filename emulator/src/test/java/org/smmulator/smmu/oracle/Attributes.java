package org.smmulator.smmu.oracle;

/** What an access wants of a page, after the overrides of the STE. Writes are always data. */
record Attributes(boolean write, boolean privileged, boolean instruction) {
  /** How the SMMU reads a descriptor or CD through stage 2. */
  static final Attributes STRUCTURE_READ = new Attributes(false, true, false);

  /** How the SMMU updates a stage-1 descriptor through stage 2. */
  static final Attributes STRUCTURE_WRITE = new Attributes(true, true, false);
}
