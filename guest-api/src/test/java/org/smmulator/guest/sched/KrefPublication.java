package org.smmulator.guest.sched;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZI_Result;
import org.smmulator.execution.ThreadExecution;

/** Whoever grabs an object sees what its maker wrote before the first reference. */
@JCStressTest
@State
@Outcome(id = "false, 0", expect = Expect.ACCEPTABLE, desc = "not to be grabbed yet")
@Outcome(id = "true, 7", expect = Expect.ACCEPTABLE, desc = "grabbed and complete")
@Outcome(expect = Expect.FORBIDDEN, desc = "grabbed before it was complete")
public class KrefPublication {
  private static final Sched SCHED = new Sched(new ThreadExecution());

  private final Kref references = new Kref(SCHED);
  private int pasid;

  @Actor
  public void maker() {
    pasid = 7;
    references.init();
  }

  @Actor
  public void finder(ZI_Result result) {
    result.r1 = references.getUnlessZero();
    result.r2 = result.r1 ? pasid : 0;
  }
}
