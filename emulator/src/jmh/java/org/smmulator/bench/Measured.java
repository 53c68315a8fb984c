package org.smmulator.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What one run of a row took.
 *
 * @param wall nanoseconds of real time for each operation, the median of the iterations
 * @param cpu nanoseconds of CPU time for each operation, the same
 */
record Measured(double wall, double cpu) {
  /** Reads what JMH wrote with {@code -rf json -tu ns} and {@link JavaThreadsCpu}. */
  static Measured parse(String json) throws ComparisonException {
    JsonNode results = new JsonMapper().readTree(json);
    if (results.size() != 1) {
      throw new ComparisonException("JMH ran " + results.size() + " benchmarks instead of one");
    }
    JsonNode primary = results.get(0).get("primaryMetric");
    double score = median(primary);
    boolean throughput = primary.get("scoreUnit").stringValue().startsWith("ops/");
    for (Map.Entry<String, JsonNode> each : results.get(0).get("secondaryMetrics").properties()) {
      if (each.getKey().endsWith(JavaThreadsCpu.LABEL)) {
        return new Measured(throughput ? 1 / score : score, median(each.getValue()));
      }
    }
    throw new ComparisonException("JMH reported no CPU time");
  }

  private static double median(JsonNode metric) {
    List<Double> iterations = new ArrayList<>();
    for (JsonNode fork : metric.get("rawData")) {
      fork.forEach(iteration -> iterations.add(iteration.doubleValue()));
    }
    return Ratios.median(iterations);
  }
}
