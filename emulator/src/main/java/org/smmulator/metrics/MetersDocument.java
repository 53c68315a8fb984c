package org.smmulator.metrics;

import java.util.List;
import java.util.Locale;

/** {@code METRICS.md}: what monitoring systems can know of a machine. */
final class MetersDocument {
  private static final String HEAD =
      """
      # Metrics of a machine

      A running machine tells these at `/metrics` of its `http.listen`, in the text format of Prometheus. This page is
      written from the list that is served; `configs/observability/` has a configuration of Prometheus, alert rules and a
      dashboard that use it.

      Every meter has the label `machine`, the name in the machine file. A number that nobody knows (of a device that does not report,
      or of a guest that is not the built-in one) is not there; it is never 0. A device that left keeps its last numbers, and one that
      comes back under the same name and ID goes on from 0, as a process that restarts does.

      Meters of a PASID have the labels `pasid` and `process`. The first 16 pairs of PASID and process that a machine sees keep
      theirs, and everything later is `other`, so that no counter goes back; a PASID that comes to another process counts under another
      pair. `none` is what carries no PASID, and invalidations of all PASIDs. The root complex counts them, as it sees them: what the ATC
      did not hold, and what it was made to drop. Hits by PASID only the device would know; what follows from them carries no PASID. A
      process has its name from the scenario; with a guest that is not the built-in one it is empty.

      Histograms have a bucket for each power of two from 1 us to 17 ms, then for each eighth up to 9 s. Their sums
      are exact; of a device whose STATS are older than version 3 each round trip is taken to be in the middle of one of the finer
      buckets that it sends, an eighth off at most.
      """;

  private MetersDocument() {}

  static String markdown() {
    StringBuilder text = new StringBuilder(HEAD);
    Meters.PARTS.forEach(
        (part, meters) -> {
          text.append("\n## ").append(part).append("\n\n");
          text.append("| meter | type | unit | labels | meaning |\n|---|---|---|---|---|\n");
          meters.forEach(meter -> row(text, meter));
        });
    return text.toString();
  }

  private static void row(StringBuilder text, Meter meter) {
    List<String> cells =
        List.of(
            "`" + meter.fullName() + "`",
            meter.type().name().toLowerCase(Locale.ROOT),
            meter.type() == Meter.Type.INFO ? "" : meter.unit(),
            String.join(", ", meter.labels()),
            meter.meaning());
    text.append("| ").append(String.join(" | ", cells)).append(" |\n");
  }
}
