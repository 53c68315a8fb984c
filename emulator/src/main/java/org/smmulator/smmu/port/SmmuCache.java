package org.smmulator.smmu.port;

/** The caches of the SMMU that count. */
public enum SmmuCache {
  TLB("TLB"),
  WALK_CACHE("walk"),
  CONFIGURATION_CACHE("configuration");

  private final String label;

  SmmuCache(String label) {
    this.label = label;
  }

  /** As in tables for people. */
  public String label() {
    return label;
  }
}
