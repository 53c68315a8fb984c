package org.smmulator.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A summary in every form in which people and programs get it. */
final class Display {
  private final JsonNode json;
  private final List<String> meters;
  private final List<String> tables;

  Display(Summary summary) {
    json = new JsonMapper().readTree(SummaryJson.write(summary));
    meters = PrometheusText.write("shown", summary).lines().toList();
    tables = SummaryTables.render(summary).lines().map(line -> line.replaceAll(" +", " ")).toList();
  }

  /** A row's number in the JSON, and its meter. */
  void tells(String pointer, String meter) {
    assertThat(json.at(pointer).isIntegralNumber()).as(pointer).isTrue();
    assertThat(meters).as(pointer).contains(meter + " " + (double) number(pointer));
  }

  /** It also has a line of a table with its label. */
  void tabulates(String pointer, String label) {
    long number = number(pointer);
    String cell = Pattern.quote(String.format(Locale.ROOT, "%,d", number));
    Pattern line =
        Pattern.compile("(?=.* " + Pattern.quote(label) + "\\b)(?=.* " + cell + "( |$)).*");
    assertThat(tables).as(label + " " + number).anyMatch(text -> line.matcher(text).matches());
  }

  long number(String pointer) {
    return json.at(pointer).longValue();
  }
}
