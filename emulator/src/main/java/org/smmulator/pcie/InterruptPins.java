package org.smmulator.pcie;

import org.smmulator.bus.tlp.MessageCode;
import org.smmulator.bus.tlp.RequesterId;
import org.smmulator.bus.tlp.Tlp;

/**
 * The four interrupt lines of the root complex, INTA# to INTD#, that functions raise and lower with
 * messages (Base Specification 2.2.8.1). Pin A of slot s is wired to line s mod 4, and a line is up
 * while any function holds it. A function that is gone holds nothing.
 */
public final class InterruptPins {
  /** Hears the level of a line when it changes. */
  public interface Lines {
    void level(int line, boolean asserted);
  }

  private static final int LINES = 4;

  private final int[] holders = new int[LINES];
  private Lines lines = (line, asserted) -> {};

  InterruptPins() {}

  /** Connects the lines to an interrupt controller. */
  public void connect(Lines controller) {
    lines = controller;
  }

  /** Whether it was a message of a pin, and is handled. */
  boolean message(AttachedFunction function, Tlp tlp) {
    if (tlp.messageCode() != MessageCode.ASSERT_INTA
        && tlp.messageCode() != MessageCode.DEASSERT_INTA) {
      return false;
    }
    level(function, tlp.messageCode() == MessageCode.ASSERT_INTA);
    return true;
  }

  void gone(AttachedFunction function) {
    level(function, false);
  }

  private void level(AttachedFunction function, boolean asserted) {
    if (function.pinAsserted == asserted) {
      return;
    }
    function.pinAsserted = asserted;
    int line = RequesterId.slot(function.requesterId()) % LINES;
    int before = holders[line];
    holders[line] += asserted ? 1 : -1;
    if ((before == 0) != (holders[line] == 0)) {
      lines.level(line, asserted);
    }
  }
}
