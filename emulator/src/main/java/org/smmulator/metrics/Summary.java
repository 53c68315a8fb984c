package org.smmulator.metrics;

import java.util.List;

/**
 * Everything a machine counted up to one moment. The component names are the JSON names. A count
 * that the machine cannot know is null, never 0.
 */
public record Summary(
    List<DeviceSummary> devices,
    LinksSummary links,
    SmmuSummary smmu,
    SvaSummary sva,
    Verdict verdict) {
  /** Of a machine that has not begun. */
  public static final Summary EMPTY =
      new Summary(
          List.of(), LinksSummary.EMPTY, SmmuSummary.EMPTY, SvaSummary.EMPTY, Verdict.EMPTY);

  public Summary {
    devices = List.copyOf(devices);
  }

  /** The same counts of a run that was stopped before it was done. */
  public Summary cutShort() {
    return new Summary(devices, links, smmu, sva, verdict.ofCutShort());
  }
}
