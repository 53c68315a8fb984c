package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The lives of links and functions: what may follow what, and nothing else. */
class LifeStatesTest {
  @ParameterizedTest
  @CsvSource({
    "CONNECTED, TRAINING CLOSED",
    "TRAINING, ATTACHED DETACHED CLOSED",
    "ATTACHED, DETACHED CLOSED",
    "DETACHED, CLOSED",
    "CLOSED, -",
  })
  void aLinkLeads(PortState from, String to) {
    for (PortState next : PortState.values()) {
      if (isIn(to, next)) {
        assertThat(from.transition(next)).isEqualTo(next);
      } else {
        assertThatThrownBy(() -> from.transition(next))
            .hasMessage("a link that is " + from + " cannot become " + next);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "TRAINING, ANSWERING DETACHED LOST",
    "ANSWERING, ANSWERING SILENT DETACHED LOST",
    "SILENT, ANSWERING SILENT DETACHED LOST",
    "DETACHED, -",
    "LOST, -",
  })
  void aFunctionLeads(FunctionState from, String to) {
    for (FunctionState next : FunctionState.values()) {
      if (isIn(to, next)) {
        assertThat(from.transition(next)).isEqualTo(next);
      } else {
        assertThatThrownBy(() -> from.transition(next))
            .hasMessage("a function that is " + from + " cannot become " + next);
      }
    }
  }

  private static boolean isIn(String states, Enum<?> state) {
    return (" " + states + " ").contains(" " + state.name() + " ");
  }
}
