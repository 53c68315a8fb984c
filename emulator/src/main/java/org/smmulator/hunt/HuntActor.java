package org.smmulator.hunt;

import java.util.Locale;
import org.smmulator.guest.iommu.IommuException;

/** What one task does while others act. */
enum HuntActor {
  EXIT(HuntWorld::exit),
  UNBIND(HuntWorld::unbind),
  MUNMAP(HuntWorld::munmap),
  MUNMAP_OTHER(HuntWorld::munmapOther),
  BIND(HuntWorld::bindSecondDevice),
  FIRST_BIND(HuntWorld::bindNewProcess),
  DETACH(HuntWorld::detach),
  DMA(HuntWorld::dma),
  DROP(HuntWorld::dropPages),
  USE(HuntWorld::useDropped),
  USE_OTHER(HuntWorld::useDroppedOnSecondDevice),
  REMOVAL(HuntWorld::remove),
  FORK(HuntWorld::fork),
  FAULT(HuntWorld::deviceFaults);

  /** As a task of the guest. */
  private interface Action {
    void of(HuntWorld world) throws IommuException;
  }

  @SuppressWarnings("ImmutableEnumChecker") // A method reference.
  private final Action action;

  HuntActor(Action action) {
    this.action = action;
  }

  void act(HuntWorld world) throws IommuException {
    action.of(world);
  }

  /** The meeting in which this one begins while another one is under way. */
  String duringThat(HuntActor other) {
    return this + " begins during " + other;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
