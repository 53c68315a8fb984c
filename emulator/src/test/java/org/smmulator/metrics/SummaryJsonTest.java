package org.smmulator.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.smmulator.pcie.FunctionCounter;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class SummaryJsonTest {
  private static JsonNode json(Summary summary) {
    return new JsonMapper().readTree(SummaryJson.write(summary));
  }

  @Test
  void readsBackWhatItWrote() throws IOException {
    assertThat(SummaryJson.read(SummaryJson.write(Summaries.passed())))
        .isEqualTo(Summaries.passed());
    assertThat(SummaryJson.read(SummaryJson.write(Summaries.failed())))
        .isEqualTo(Summaries.failed());
    assertThat(SummaryJson.read(SummaryJson.write(Summary.EMPTY))).isEqualTo(Summary.EMPTY);
  }

  @Test
  void usesTheDocumentedNames() {
    JsonNode json = json(Summaries.failed());

    assertThat(json.propertyNames())
        .containsExactlyInAnyOrder(
            "devices", "links", "vfioUser", "smmu", "smmuDriver", "mm", "sva", "steps", "verdict");
    JsonNode device = json.get("devices").get(0);
    assertThat(device.get("id").stringValue()).isEqualTo("00:04.0");
    assertThat(device.get("atc").propertyNames())
        .containsExactlyInAnyOrder(
            "lookups",
            "hits",
            "misses",
            "hitRatio",
            "fills",
            "evictions",
            "invalidationRequests",
            "entriesDropped",
            "entriesHeld",
            "capacity");
    assertThat(device.at("/atc/hitRatio").doubleValue()).isBetween(0.80, 0.82);
    assertThat(device.at("/reported/pageRequests").longValue()).isEqualTo(157);
    assertThat(device.get("pageRequests").longValue())
        .isEqualTo(100 + FunctionCounter.PAGE_REQUESTS.slot());
    assertThat(device.at("/latencies/translationRequest/p99").longValue()).isEqualTo(12_340);
    assertThat(json.at("/smmu/tlb").propertyNames())
        .containsExactlyInAnyOrder(
            "lookups", "hits", "hitRatio", "insertions", "evictions", "invalidated", "resident");
    assertThat(json.at("/smmu/walkCache/evictions").longValue()).isEqualTo(323);
    assertThat(json.at("/smmu/configurationCache/resident").longValue()).isEqualTo(335);
    assertThat(json.at("/smmu/commands/ATC_INV").longValue()).isEqualTo(308);
    assertThat(json.at("/sva/notifierCalls/invalidateRange").longValue()).isEqualTo(601);
    assertThat(json.at("/verdict/staleAccesses").longValue()).isEqualTo(1);
    assertThat(json.at("/verdict/overdueAccesses").longValue()).isEqualTo(6);
    assertThat(json.at("/verdict/unendedOperations").longValue()).isEqualTo(7);
    assertThat(json.at("/verdict/outcome").stringValue()).isEqualTo("FAILED");
    assertThat(json.at("/verdict/violations/0/count").longValue()).isEqualTo(377);
    assertThat(json.at("/verdict/violationsLeftOut").longValue()).isEqualTo(91);
    assertThat(json.at("/links/refused").longValue()).isEqualTo(10_912);
    assertThat(json.at("/verdict/checked/operations").longValue()).isEqualTo(900);
    assertThat(json.at("/verdict/passed").booleanValue()).isFalse();
    assertThat(json.at("/verdict/violations/0/frame").stringValue()).isEqualTo("0x40001000");
  }

  @Test
  void showsUnknownCountsAsNullAndNotAsZero() {
    JsonNode silent = json(Summaries.passed()).get("devices").get(1);

    assertThat(silent.at("/atc/lookups").isNull()).isTrue();
    assertThat(silent.at("/atc/hitRatio").isNull()).isTrue();
    assertThat(silent.at("/reported/pageRequests").isNull()).isTrue();
    assertThat(silent.at("/latencies/invalidation").isNull()).isTrue();
  }

  @Test
  void refusesWhatIsNoSummary() {
    assertThatThrownBy(() -> SummaryJson.read("<html>"))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("not a machine's summary: ");
    assertThatThrownBy(() -> SummaryJson.read("{\"devices\": []}"))
        .isInstanceOf(IOException.class)
        .hasMessage("not a machine's summary: /links/accepted is missing");
  }
}
