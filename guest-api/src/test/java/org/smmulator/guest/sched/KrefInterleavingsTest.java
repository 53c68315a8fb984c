package org.smmulator.guest.sched;

import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;
import org.smmulator.execution.ThreadExecution;

/**
 * A reference count between its reads and writes of memory, where the scheduler of the other tests
 * has no say: Lincheck runs tasks against each other, switches between any two steps, and looks
 * whether what they saw fits some order of whole operations.
 */
public class KrefInterleavingsTest {
  private static final long PATIENCE_MILLIS = 3_600_000;

  private final Kref count = new Kref(new Sched(new ThreadExecution()));

  public KrefInterleavingsTest() {
    count.init();
  }

  @Operation
  public boolean grab() {
    return count.getUnlessZero();
  }

  @Operation
  public String drop() {
    try {
      return count.put() ? "last" : "one of several";
    } catch (IllegalStateException e) {
      return "nobody held it";
    }
  }

  @Operation
  public int read() {
    return count.get();
  }

  /**
   * Lincheck takes an order that is not over within some seconds for one that hangs, also where
   * others have the processors; the time that a test may take ends one that does.
   */
  @Test
  void referencesAreNeitherLostNorTakenOfWhatHasNone() {
    new ModelCheckingOptions()
        .threads(2)
        .actorsPerThread(3)
        .iterations(20)
        .invocationsPerIteration(500)
        .invocationTimeout$lincheck(PATIENCE_MILLIS)
        .check(KrefInterleavingsTest.class);
  }
}
