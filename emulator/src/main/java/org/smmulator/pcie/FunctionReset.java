package org.smmulator.pcie;

import java.util.ArrayList;
import java.util.List;

/**
 * Resets of one function (Base Specification 6.6): CONTROL RESET on its link, and behind it a
 * configuration read, as of software that waits for the function. The link keeps its order: what
 * comes before the read's completion may have been sent before the reset, and nothing after it was.
 * So only that completion shows that the function holds no translation any more.
 */
final class FunctionReset {
  private final AttachedFunction function;

  /** Who waits for the reset under way. */
  private final List<Runnable> waiting = new ArrayList<>();

  /** A reset during another one takes its place; the first one's read tells nothing then. */
  private int latest;

  FunctionReset(AttachedFunction function) {
    this.function = function;
  }

  /**
   * Begins a reset.
   *
   * @param cause sends what initiates it, ahead of it
   * @param done called when the function answers again, or has not done so in time
   */
  void begin(Runnable cause, Runnable done) {
    waiting.add(done);
    int begun = ++latest;
    function.resetBegins();
    cause.run();
    function.sendReset();
    function.config.resetSent();
    function.requests.probe(
        answered -> {
          function.config.writeDone();
          if (begun == latest) {
            end(answered);
          }
        });
  }

  private void end(boolean answered) {
    function.resetEnds(answered);
    List<Runnable> told = List.copyOf(waiting);
    waiting.clear();
    told.forEach(Runnable::run);
  }
}
