package org.smmulator.metrics;

import java.util.ArrayList;
import java.util.List;
import org.smmulator.counter.Counts;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The steps of a summary as JSON, and back; null is unknown. */
final class StepJson {
  static final String STEPS = "/steps";

  private StepJson() {}

  static void write(List<StepSummary> steps, ArrayNode array) {
    for (StepSummary step : steps) {
      ObjectNode node = array.addObject();
      node.put("step", step.step()).put("pages", step.pages());
      node.put("notifierCalls", step.notifierCalls()).put("commands", step.commands());
      ArrayNode devices = node.putArray("devices");
      for (StepSummary.OnDevice device : step.devices()) {
        ObjectNode on = devices.addObject();
        on.put("device", device.device()).put("requests", device.requests());
        put(on, "entriesDropped", device.entriesDropped());
        put(on, "pagesOverInvalidated", device.pagesOverInvalidated());
        put(on, "lastCompletionNanos", device.lastCompletionNanos());
      }
    }
  }

  private static void put(ObjectNode node, String name, long count) {
    node.put(name, count == Counts.UNKNOWN ? null : count);
  }

  static List<StepSummary> read(JsonNode root) {
    List<StepSummary> steps = new ArrayList<>();
    for (JsonNode node : SummaryJson.required(root, STEPS)) {
      List<StepSummary.OnDevice> devices = new ArrayList<>();
      for (JsonNode on : SummaryJson.required(node, "/devices")) {
        devices.add(
            new StepSummary.OnDevice(
                SummaryJson.required(on, "/device").stringValue(),
                SummaryJson.number(on, "/requests"),
                SummaryJson.number(on, "/entriesDropped"),
                SummaryJson.number(on, "/pagesOverInvalidated"),
                SummaryJson.number(on, "/lastCompletionNanos")));
      }
      steps.add(
          new StepSummary(
              SummaryJson.required(node, "/step").stringValue(),
              SummaryJson.number(node, "/pages"),
              SummaryJson.number(node, "/notifierCalls"),
              SummaryJson.number(node, "/commands"),
              devices));
    }
    return steps;
  }
}
