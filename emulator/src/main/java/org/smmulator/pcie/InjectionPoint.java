package org.smmulator.pcie;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A place that things pass on the hardware's thread, and what is to happen to which of them there.
 */
public final class InjectionPoint {
  /** Instead of a requester ID: of all devices, or of none. */
  public static final int ANY = -1;

  /** Most that wait for theirs to come. */
  public static final int MOST = 1_024;

  private static final class Planned {
    final int requesterId;
    final Injection injection;
    int left;

    Planned(int requesterId, int nth, Injection injection) {
      this.requesterId = requesterId;
      this.injection = injection;
      this.left = nth;
    }
  }

  private final List<Planned> planned = new ArrayList<>();

  /**
   * Plans for one of those that pass from now on.
   *
   * @param requesterId of the device that they are counted of, or {@link #ANY}
   * @param nth 1 is the next
   * @return false if {@link #MOST} wait already
   */
  public boolean plan(int requesterId, int nth, Injection injection) {
    return planned.size() < MOST && planned.add(new Planned(requesterId, nth, injection));
  }

  /** Whether anything waits, so that who passes has to be counted. */
  public boolean isPlanned() {
    return !planned.isEmpty();
  }

  /**
   * One passes. If several were planned for it the first of them happens.
   *
   * @param requesterId of its device, or {@link #ANY}
   * @return what happens to it; null if nothing does
   */
  public @Nullable Injection pass(int requesterId) {
    if (planned.isEmpty()) {
      return null;
    }
    Injection happens = null;
    for (Iterator<Planned> each = planned.iterator(); each.hasNext(); ) {
      Planned one = each.next();
      if ((one.requesterId == ANY || one.requesterId == requesterId) && --one.left == 0) {
        each.remove();
        happens = happens == null ? one.injection : happens;
      }
    }
    return happens;
  }
}
