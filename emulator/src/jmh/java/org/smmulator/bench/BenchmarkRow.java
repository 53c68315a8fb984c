package org.smmulator.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One benchmark with one value of each of its parameters.
 *
 * @param benchmark class and method as JMH names them
 */
record BenchmarkRow(String benchmark, Map<String, String> parameters) {
  private static final Pattern BENCHMARK = Pattern.compile("[\\w.$]+\\.\\w+");
  private static final Pattern PARAMETER = Pattern.compile("\\s+param \"(\\w+)\" = \\{(.*)}");

  /** All rows of a list that JMH prints with {@code -lp}. */
  static List<BenchmarkRow> parse(List<String> lines) {
    List<BenchmarkRow> rows = new ArrayList<>();
    List<BenchmarkRow> current = List.of();
    for (String line : lines) {
      Matcher parameter = PARAMETER.matcher(line);
      if (parameter.matches()) {
        current = with(current, parameter.group(1), parameter.group(2).split(", "));
      } else if (BENCHMARK.matcher(line).matches()) {
        rows.addAll(current);
        current = List.of(new BenchmarkRow(line, Map.of()));
      }
    }
    rows.addAll(current);
    return rows;
  }

  private static List<BenchmarkRow> with(
      List<BenchmarkRow> rows, String parameter, String[] values) {
    List<BenchmarkRow> all = new ArrayList<>();
    for (BenchmarkRow row : rows) {
      for (String value : values) {
        Map<String, String> parameters = new LinkedHashMap<>(row.parameters);
        parameters.put(parameter, value);
        all.add(new BenchmarkRow(row.benchmark, parameters));
      }
    }
    return all;
  }

  /** Such as {@code TlbHitBenchmark.tlbHit resident=1024}. */
  String name() {
    int method = benchmark.lastIndexOf('.');
    String type = benchmark.substring(benchmark.lastIndexOf('.', method - 1) + 1);
    return parameters.entrySet().stream()
        .map(each -> " " + each.getKey() + "=" + each.getValue())
        .collect(Collectors.joining("", type, ""));
  }
}
