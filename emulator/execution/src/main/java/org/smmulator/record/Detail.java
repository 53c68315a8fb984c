package org.smmulator.record;

/** How much is recorded; each level has what the ones before it have. */
public enum Detail {
  NOTHING(0),
  /** Steps, calls and notifiers, page faults, ends of processes, and what devices lose by them. */
  CHANGES(1),
  /** Each command, SMMU event, Invalidate Request, page request and page response as well. */
  COMMANDS(2),
  /** Everything: translation requests, and hand-overs between simulated tasks. */
  TRAFFIC(3);

  private final int level;

  Detail(int level) {
    this.level = level;
  }

  /** Higher if it is more. */
  int level() {
    return level;
  }
}
