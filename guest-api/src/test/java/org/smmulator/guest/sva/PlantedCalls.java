package org.smmulator.guest.sva;

import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.sched.Kref;

/** What a {@link PlantedBug} calls in place of what is right. */
final class PlantedCalls {
  private PlantedCalls() {}

  static void atOnceIfUnbinding(AddressSpace mm, Runnable action) {
    boolean unbinding =
        StackWalker.getInstance()
            .walk(frames -> frames.anyMatch(f -> f.getClassName().endsWith(".Unbinding")));
    if (unbinding) {
      action.run();
    } else {
      mm.callAfterGrace(action);
    }
  }

  static boolean getAlways(Kref references) {
    if (!references.getUnlessZero()) {
      references.init();
    }
    return true;
  }
}
