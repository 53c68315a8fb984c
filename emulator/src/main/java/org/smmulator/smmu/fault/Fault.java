package org.smmulator.smmu.fault;

import org.smmulator.arch.event.EventField;
import org.smmulator.arch.event.EventType;

/**
 * Why a translation or a configuration lookup ended, with all that an event record says about it
 * (IHI 0070 7.3). Reused by its owner.
 */
public final class Fault {
  private EventType type = EventType.F_TRANSLATION;
  private boolean stage2;
  private int walkClass;
  private long ipa;
  private long fetchAddress;
  private boolean descriptorWrite;
  private boolean happened;

  /** A configuration error that names no address. */
  public static Fault of(EventType type) {
    return new Fault().configuration(type, 0);
  }

  /** F_STE_FETCH or F_CD_FETCH of a structure at {@code fetchAddress}, or an error without one. */
  public Fault configuration(EventType newType, long newFetchAddress) {
    return set(newType, false, EventField.CLASS_CD, 0, newFetchAddress);
  }

  /** A fault of stage 1 on the input address: S2 = 0, CLASS = IN. */
  public Fault stage1(EventType newType) {
    return set(newType, false, EventField.CLASS_IN, 0, 0);
  }

  /** An external abort of the stage 1 walk: S2 = 0, CLASS = TT whatever the configuration. */
  public Fault stage1WalkAbort(long descriptorAddress) {
    return set(EventType.F_WALK_EABT, false, EventField.CLASS_TT, 0, descriptorAddress);
  }

  /** A fault of stage 2 on {@code newIpa}, which was needed for what {@code newClass} says. */
  public Fault stage2(EventType newType, int newClass, long newIpa) {
    return set(newType, true, newClass, newIpa, 0);
  }

  /** An external abort of the stage 2 walk. */
  public Fault stage2WalkAbort(int newClass, long newIpa, long descriptorAddress) {
    return set(EventType.F_WALK_EABT, true, newClass, newIpa, descriptorAddress);
  }

  /** Becomes what another one is. */
  public Fault copy(Fault from) {
    set(from.type, from.stage2, from.walkClass, from.ipa, from.fetchAddress);
    descriptorWrite = from.descriptorWrite;
    return this;
  }

  /** Whether all that an event record says is the same of both. */
  public boolean isLike(Fault other) {
    return type == other.type
        && stage2 == other.stage2
        && walkClass == other.walkClass
        && ipa == other.ipa
        && fetchAddress == other.fetchAddress
        && descriptorWrite == other.descriptorWrite;
  }

  private Fault set(
      EventType newType, boolean newStage2, int newClass, long newIpa, long newFetchAddress) {
    type = newType;
    stage2 = newStage2;
    walkClass = newClass;
    ipa = newIpa;
    fetchAddress = newFetchAddress;
    descriptorWrite = false;
    happened = true;
    return this;
  }

  /** It was the update of a stage 1 descriptor that stage 2 refused (TTRnW = 0). */
  public void onDescriptorWrite() {
    descriptorWrite = true;
  }

  /** Whether it has been a fault at any time. */
  public boolean happened() {
    return happened;
  }

  public EventType type() {
    return type;
  }

  public boolean stage2() {
    return stage2;
  }

  /** CLASS: {@link EventField#CLASS_CD}, {@code CLASS_TT} or {@code CLASS_IN}. */
  public int walkClass() {
    return walkClass;
  }

  /** Of a fault of stage 2. */
  public long ipa() {
    return ipa;
  }

  /** Of F_STE_FETCH, F_CD_FETCH and F_WALK_EABT: what could not be read. */
  public long fetchAddress() {
    return fetchAddress;
  }

  public boolean descriptorWrite() {
    return descriptorWrite;
  }

  /** Whether CD.A, R and S or STE.S2R and S2S decide what becomes of it. */
  public boolean isTranslationRelated() {
    return switch (type) {
      case F_TRANSLATION, F_ADDR_SIZE, F_ACCESS, F_PERMISSION -> true;
      default -> false;
    };
  }
}
