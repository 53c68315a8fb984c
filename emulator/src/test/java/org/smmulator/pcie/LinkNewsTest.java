package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LinkNewsTest {
  private final AtomicLong now = new AtomicLong();
  private final LinkNews news = new LinkNews(now::get);
  private final List<String> lines = new ArrayList<>();

  @BeforeEach
  void listen() {
    news.tell(lines::add);
  }

  private void refuse(int times) {
    for (int i = 0; i < times; i++) {
      news.refused("peer at 127.0.0.1:" + i, "frame length of " + i);
    }
  }

  @Test
  void aPeerThatComesAgainAndAgainGetsAFewLinesPerSecondAndTheOthersAreCounted() {
    refuse(13_739);
    assertThat(lines)
        .containsExactly(
            "peer at 127.0.0.1:0 is refused: frame length of 0",
            "peer at 127.0.0.1:1 is refused: frame length of 1",
            "peer at 127.0.0.1:2 is refused: frame length of 2");
    lines.clear();
    now.addAndGet(500_000_000L);
    refuse(2);
    assertThat(lines)
        .containsExactly(
            "13,736 more like it: peers that were refused",
            "peer at 127.0.0.1:0 is refused: frame length of 0");
  }

  @Test
  void theLastSecondsLinesAreCountedAtTheEnd() {
    refuse(4);
    lines.clear();
    news.flush();
    news.flush();
    assertThat(lines).containsExactly("1 more like it: peers that were refused");
  }
}
