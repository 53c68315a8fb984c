package org.smmulator.guest.sched;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.smmulator.execution.ThreadExecution;

/** One of two holders puts last, and sees what the other wrote while it held its reference. */
@JCStressTest
@State
@Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the first was last")
@Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "the second was last")
@Outcome(expect = Expect.FORBIDDEN, desc = "none or both were last, or it missed a write")
public class KrefLastPut {
  private static final int MISSED = 2;
  private static final Sched SCHED = new Sched(new ThreadExecution());

  private final Kref references = new Kref(SCHED);
  private int first;
  private int second;

  public KrefLastPut() {
    references.init();
    references.getUnlessZero();
  }

  @Actor
  public void first(II_Result result) {
    first = 1;
    if (references.put()) {
      result.r1 = second == 1 ? 1 : MISSED;
    }
  }

  @Actor
  public void second(II_Result result) {
    second = 1;
    if (references.put()) {
      result.r2 = first == 1 ? 1 : MISSED;
    }
  }
}
