package org.smmulator.smmu.tlb;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The one {@link TlbSpace} of each name. A space lives as long as a configuration refers to it or a
 * cache holds an entry of it; what nobody uses is collected, so that software which names ever new
 * spaces does not fill memory. Open addressing; finding allocates nothing.
 *
 * <pre>
 *   name:  63 | 38   35 | 34  19 | 18     | 17 2 | 1    | 0
 *           1 | regime  | VMID   | global | ASID | ASET | 0
 * </pre>
 */
public final class TlbSpaces {
  private static final int MIN_SLOTS = 64;
  private static final long PRESENT = 1L << 63;
  private static final int REGIME_SHIFT = 35;
  private static final int VMID_SHIFT = 19;
  private static final int ASID_SHIFT = 2;
  private static final long GLOBAL = 1L << 18;
  private static final long ASET = 1L << 1;

  private final TlbSpace none = new TlbSpace(Regime.EL2, 0, TlbSpace.GLOBAL, false);
  private final SpaceIds ids = new SpaceIds();
  private long[] names = new long[MIN_SLOTS];
  private List<@Nullable WeakReference<TlbSpace>> spaces = slots(MIN_SLOTS);
  private int used;
  private TlbSpace[] selected = new TlbSpace[4];
  private int selectedCount;

  /** The space of one ASID; of regime EL2 there is one, with ASID 0. */
  public TlbSpace of(Regime regime, int vmid, int asid, boolean aset) {
    int slot = slot(name(regime, vmid, asid, aset));
    TlbSpace present = at(slot);
    return present != null ? present : add(new TlbSpace(regime, vmid, asid, aset));
  }

  /** The space of global pages. */
  public TlbSpace global(Regime regime, int vmid, boolean aset) {
    return of(regime, vmid, TlbSpace.GLOBAL, aset);
  }

  /** A space that nothing is ever in, for regimes without global pages. */
  public TlbSpace none() {
    return none;
  }

  /** The space of the same name as one of another SMMU. */
  public TlbSpace sameAs(TlbSpace other) {
    return of(other.regime(), other.vmid(), other.asid(), other.aset());
  }

  /** The intermediate addresses of a VMID. */
  public TlbSpace stage2(int vmid) {
    return of(Regime.STAGE2, vmid, 0, false);
  }

  SpaceIds ids() {
    return ids;
  }

  /** Finds the spaces with entries that a scope names; they stay selected until the next call. */
  int select(SpaceScope scope) {
    selectedCount = 0;
    if (scope.namesOneAsid()) {
      selectNamed(scope, false);
      if (!scope.asetZeroOnly) {
        selectNamed(scope, true);
      }
    } else {
      for (int i = 0; i < ids.liveCount(); i++) {
        if (scope.names(ids.live(i))) {
          select(ids.live(i));
        }
      }
    }
    return selectedCount;
  }

  TlbSpace selected(int i) {
    return selected[i];
  }

  private void selectNamed(SpaceScope scope, boolean aset) {
    selectIfLive(at(slot(name(scope.regime, scope.vmid, scope.asid, aset))));
    if (scope.globals && ids.haveGlobals()) {
      selectIfLive(at(slot(name(scope.regime, scope.vmid, TlbSpace.GLOBAL, aset))));
    }
  }

  private void selectIfLive(@Nullable TlbSpace space) {
    if (space != null && space.id != 0) {
      select(space);
    }
  }

  private void select(TlbSpace space) {
    if (selectedCount == selected.length) {
      selected = Arrays.copyOf(selected, 2 * selectedCount);
    }
    selected[selectedCount++] = space;
  }

  private TlbSpace add(TlbSpace space) {
    if (2 * (used + 1) > names.length) {
      rebuild();
    }
    long name = name(space.regime(), space.vmid(), space.asid(), space.aset());
    int slot = slot(name);
    if (names[slot] == 0) {
      names[slot] = name;
      used++;
    }
    spaces.set(slot, new WeakReference<>(space));
    return space;
  }

  /** Leaves out what has been collected, and makes room for as many again as remain. */
  private void rebuild() {
    List<TlbSpace> alive = new ArrayList<>();
    for (int slot = 0; slot < names.length; slot++) {
      TlbSpace space = at(slot);
      if (space != null) {
        alive.add(space);
      }
    }
    int size = Math.max(MIN_SLOTS, Integer.highestOneBit(alive.size() + 1) << 3);
    names = new long[size];
    spaces = slots(size);
    used = 0;
    alive.forEach(this::add);
  }

  private @Nullable TlbSpace at(int slot) {
    WeakReference<TlbSpace> reference = spaces.get(slot);
    return reference == null ? null : reference.get();
  }

  /** The slot of a name, or the empty one where it would go. */
  private int slot(long name) {
    int mask = names.length - 1;
    // Both values of ASET start at one slot: commands ask for both.
    long mixed = (name >>> ASID_SHIFT) * 0x9e37_79b9_7f4a_7c15L;
    int slot = (int) (mixed >>> 40) & mask;
    while (names[slot] != name && names[slot] != 0) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private static long name(Regime regime, int vmid, int asid, boolean aset) {
    return PRESENT
        | (long) regime.code() << REGIME_SHIFT
        | (long) vmid << VMID_SHIFT
        | (asid == TlbSpace.GLOBAL ? GLOBAL : (long) asid << ASID_SHIFT)
        | (aset ? ASET : 0);
  }

  private static List<@Nullable WeakReference<TlbSpace>> slots(int size) {
    return new ArrayList<>(Collections.nCopies(size, null));
  }
}
