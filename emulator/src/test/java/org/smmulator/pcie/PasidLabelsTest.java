package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which label a count of a PASID has, as {@code /metrics} shows it. */
class PasidLabelsTest {
  private final PasidLabels labels = new PasidLabels();

  private String label(int pasid) {
    int label = labels.of(pasid);
    return labels.pasid(label) + " " + labels.process(label);
  }

  @Test
  void aPasidThatComesToAnotherProcessHasAnotherLabel() {
    labels.name(7, "alice");
    int alice = labels.of(7);
    labels.name(7, "bob");
    assertThat(labels.of(7)).isNotEqualTo(alice);
    assertThat(label(7)).isEqualTo("7 bob");
    assertThat(labels.process(alice)).as("for ever").isEqualTo("alice");
    labels.name(7, "alice");
    assertThat(labels.of(7)).as("the same pair again").isEqualTo(alice);
  }

  @Test
  void theFirstSixteenKeepTheirsAndAllOthersAreOne() {
    List<Integer> first = new ArrayList<>();
    for (int pasid = 30; pasid > 14; pasid--) {
      labels.name(pasid, "p" + pasid);
      first.add(labels.of(pasid));
    }
    assertThat(first).doesNotHaveDuplicates().hasSize(16);
    labels.name(3, "late");
    assertThat(label(3)).isEqualTo("other ");
    labels.name(30, "also late");
    assertThat(label(30)).isEqualTo("other ");
    assertThat(label(29)).isEqualTo("29 p29");
    assertThat(labels.of(29)).isEqualTo(first.get(1));
    assertThat(label(-1)).isEqualTo("none ");
  }

  @Test
  void withoutANameThePasidAloneIsTheLabel() {
    assertThat(label(9)).isEqualTo("9 ");
    labels.name(9, "carol");
    assertThat(label(9)).isEqualTo("9 carol");
  }

  @Test
  void countingAllocatesNothing() {
    FunctionPasids function = new FunctionPasids(labels);
    for (int pasid = 0; pasid < 40; pasid++) {
      labels.name(pasid, "p" + pasid);
    }
    count(function, 20_000);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    count(function, 20_000);
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(1_000);
    assertThat(function.counts(true)).hasSize(18);
  }

  private static void count(FunctionPasids function, int times) {
    for (int i = 0; i < times; i++) {
      function.count(PasidCounter.TRANSLATION_REQUESTS, i % 41 - 1);
    }
  }
}
