package org.smmulator.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.smmulator.metrics.Summaries;
import org.smmulator.metrics.Summary;
import org.smmulator.record.Detail;
import org.smmulator.record.EventKind;
import org.smmulator.record.Recorder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class NewsTest {
  private final Recorder recorder = new Recorder(Detail.COMMANDS);
  private final Watch watch = new Watch(recorder);
  private final News news = watch.news();

  private static JsonNode read(String json) {
    return JsonMapper.builder().build().readTree(json);
  }

  @Test
  void theFirstTellingIsWholeAndLaterOnesSayWhatChanged() {
    watch.samples().add(1, Summary.EMPTY);
    watch.samples().add(2, Summaries.failed());
    JsonNode first = read(String.valueOf(news.next())).get("samples");
    assertThat(first).hasSize(1);
    assertThat(first.at("/0/whole").booleanValue()).isTrue();
    assertThat(first.at("/0/t").longValue()).isEqualTo(2);
    Map<String, JsonNode> changed = new HashMap<>();
    first.at("/0/changed").properties().forEach(e -> changed.put(e.getKey(), e.getValue()));
    assertThat(changed)
        .hasEntrySatisfying(
            "/smmu/commands/ATC_INV", n -> assertThat(n.longValue()).isEqualTo(308));
    assertThat(changed)
        .as("unknown")
        .hasEntrySatisfying("/devices/00:05.0/atc/lookups", n -> assertThat(n.isNull()).isTrue());
    assertThat(news.next()).as("nothing is new").isNull();

    watch.samples().add(3, Summaries.failed());
    JsonNode second = read(String.valueOf(news.next())).get("samples");
    assertThat(second.toString()).isEqualTo("[{\"t\":3,\"whole\":false,\"changed\":{}}]");
  }

  @Test
  void aStepIsToldOnce() {
    long step = recorder.name("munmap alice");
    recorder.record(EventKind.STEP_BEGINS, 77, 0, Recorder.NO_CAUSE, step, 1, 16, 0);

    assertThat(read(String.valueOf(news.next())).get("steps").toString())
        .isEqualTo("[{\"t\":77,\"step\":\"munmap alice\"}]");
    assertThat(news.next()).isNull();
  }
}
