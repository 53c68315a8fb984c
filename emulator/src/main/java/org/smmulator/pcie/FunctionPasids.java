package org.smmulator.pcie;

import java.util.ArrayList;
import java.util.List;
import org.smmulator.counter.Counts;

/** Counts what one function does by PASID, under the machine's labels. */
final class FunctionPasids {
  private final PasidLabels labels;
  private final long[] counts = new long[PasidLabels.COUNT * PasidCounter.COUNT];

  FunctionPasids(PasidLabels labels) {
    this.labels = labels;
  }

  void count(PasidCounter counter, int pasid) {
    count(counter, pasid, 1);
  }

  void count(PasidCounter counter, int pasid, long amount) {
    counts[labels.of(pasid) * PasidCounter.COUNT + counter.slot()] += amount;
  }

  /**
   * Of each label of which anything was counted.
   *
   * @param tellsDropped whether the function says what it dropped
   */
  List<PasidCounts> counts(boolean tellsDropped) {
    List<PasidCounts> all = new ArrayList<>();
    for (int label = 0; label < PasidLabels.COUNT; label++) {
      int first = label * PasidCounter.COUNT;
      long sum = 0;
      for (int i = first; i < first + PasidCounter.COUNT; i++) {
        sum += counts[i];
      }
      if (sum > 0) {
        all.add(
            new PasidCounts(
                labels.pasid(label),
                labels.process(label),
                Counts.of(
                    PasidCounter.class,
                    row ->
                        row == PasidCounter.ENTRIES_DROPPED && !tellsDropped
                            ? Counts.UNKNOWN
                            : counts[first + row.slot()])));
      }
    }
    return all;
  }
}
