package org.smmulator.smmu.config;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.BitField;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.structure.Cd;
import org.smmulator.arch.vmsa.Granule;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.feature.SmmuFeatures.Httu;
import org.smmulator.smmu.feature.SmmuFeatures.StallModel;
import org.smmulator.smmu.tlb.Regime;
import org.smmulator.smmu.tlb.TlbSpace;
import org.smmulator.smmu.tlb.TlbSpaces;

/**
 * A snapshot of one context descriptor (IHI 0070 5.4), read through one stream, valid or not, with
 * the SMMU's verdict on it.
 *
 * @param illegality why it may not be used (C_BAD_CD, and no other component counts), or null
 * @param space tag of its translations
 * @param globals tag of those that are global; of nothing in a regime without ASIDs
 * @param regime translation regime
 * @param aborts A: a translation fault aborts the transaction, otherwise it is RAZ/WI
 * @param records R: a translation fault is recorded
 * @param stalls S: a translation fault stalls
 * @param accessFlagIgnored AFFD
 * @param updatesAccessFlag HA
 * @param updatesDirty HA and HD
 * @param writeExecuteNever WXN
 * @param privilegedAccessNever PAN
 * @param memoryAttributes MAIR
 */
public record ContextDescriptor(
    @Nullable String illegality,
    Regime regime,
    TlbSpace space,
    TlbSpace globals,
    boolean aborts,
    boolean records,
    boolean stalls,
    boolean accessFlagIgnored,
    boolean updatesAccessFlag,
    boolean updatesDirty,
    boolean writeExecuteNever,
    boolean privilegedAccessNever,
    long memoryAttributes,
    TranslationTable lower,
    TranslationTable upper) {
  private static final int MIN_TXSZ = 16;
  private static final int MIN_TXSZ_WIDE = 12;
  private static final int MAX_TXSZ = 39;
  private static final int MAX_TXSZ_SMALL = 48;
  private static final int MAX_TXSZ_SMALL_64K = 47;

  /** Reads the descriptor at {@code pa}, its first word first. */
  static ContextDescriptor read(
      PhysicalMemory memory,
      long pa,
      StreamTableEntry stream,
      TlbSpaces spaces,
      SmmuFeatures features)
      throws BusAbort {
    long word0 = memory.load64(pa);
    Regime regime = stream.regime();
    boolean single = regime == Regime.EL2;
    Half lower = Half.of(word0, memory.load64(pa + 8), single, false);
    Half upper = Half.of(word0, memory.load64(pa + 16), single, true);
    long word3 = memory.load64(pa + 24);
    int oas = features.outputAddressBits();
    int outputBits = Math.min(AddressSize.bits(Cd.IPS.getInt(word0)), oas);
    String illegality = illegality(word0, stream, features);
    for (Half half : List.of(lower, upper)) {
      illegality = illegality == null ? half.illegality(outputBits, features) : illegality;
    }
    boolean legal = illegality == null;
    boolean aset = Cd.ASET.isSet(word0);
    int asid = single ? 0 : Cd.ASID.getInt(word0);
    return new ContextDescriptor(
        illegality,
        regime,
        spaces.of(regime, stream.vmid(), asid, aset && !single),
        single ? spaces.none() : spaces.global(regime, stream.vmid(), aset),
        Cd.A.isSet(word0),
        Cd.R.isSet(word0),
        Cd.S.isSet(word0),
        Cd.AFFD.isSet(word0),
        Cd.HA.isSet(word0),
        Cd.HA.isSet(word0) && Cd.HD.isSet(word0),
        Cd.WXN.isSet(word0),
        Cd.PAN.isSet(word0) && !single,
        Cd.MAIR.get(word3),
        lower.table(legal, oas, outputBits, features),
        upper.table(legal, oas, outputBits, features));
  }

  /** The table that an address uses; in a regime with one table, the upper half is disabled. */
  public TranslationTable half(long address) {
    return TranslationTable.isUpper(address) ? upper : lower;
  }

  /** The tag of a page; where there are no ASIDs, there is nothing to be global among. */
  public TlbSpace spaceOf(boolean global) {
    return global && regime != Regime.EL2 ? globals : space;
  }

  /** Whether it may be used; otherwise C_BAD_CD. */
  public boolean legal() {
    return illegality == null;
  }

  /** The first condition of IHI 0070 5.4.1 on the descriptor as a whole that is met, or null. */
  private static @Nullable String illegality(
      long word0, StreamTableEntry stream, SmmuFeatures features) {
    boolean single = stream.regime() == Regime.EL2;
    boolean bothDisabled = !single && Cd.EPD0.isSet(word0) && Cd.EPD1.isSet(word0);
    boolean stalls = Cd.S.isSet(word0);
    boolean dirty = Cd.HD.isSet(word0);
    if (!Cd.V.isSet(word0)) {
      return "V is 0";
    }
    if (stalls && stream.stallsDisabled()) {
      return "S is 1, but STE.S1STALLD forbids stalls";
    }
    if (!Cd.A.isSet(word0) && features.has(Feature.TERM_MODEL)) {
      return "A is 0, but IDR0.TERM_MODEL allows aborts only";
    }
    if (stalls && features.stallModel() == StallModel.TERMINATE_ONLY) {
      return "S is 1, but IDR0.STALL_MODEL allows no stalls";
    }
    if (!stalls && features.stallModel() == StallModel.FORCED) {
      return "S is 0, but IDR0.STALL_MODEL forces stalls";
    }
    if (Cd.ENDI.isSet(word0) && !bothDisabled) {
      return "ENDI is 1, but IDR0.TTENDIAN is little-endian";
    }
    if (!Cd.AA64.isSet(word0)) {
      return "AA64 is 0, but IDR0.TTF has AArch64 tables only";
    }
    if ((Cd.HA.isSet(word0) || dirty) && features.httu() == Httu.NONE) {
      return "HA or HD is 1, but IDR0.HTTU is 0";
    }
    if (dirty && features.httu() == Httu.ACCESS_FLAG) {
      return "HD is 1, but IDR0.HTTU updates no dirty state";
    }
    return !single && Cd.ASID.getInt(word0) >>> 8 != 0 && !features.has(Feature.ASID16)
        ? "ASID has more than 8 bits, but IDR0.ASID16 is 0"
        : null;
  }

  /** The fields of one half, TTB0's or TTB1's. */
  private record Half(
      int number,
      boolean disabled,
      int txsz,
      @Nullable Granule granule,
      long pointer,
      boolean topByteIgnored,
      boolean hierarchyIgnored,
      boolean unprivilegedRefused) {

    /** In a regime with a single table, EPD and E0PD do not count and TTB1 does not exist. */
    static Half of(long word0, long word, boolean single, boolean upper) {
      boolean disabled = single ? upper : (upper ? Cd.EPD1 : Cd.EPD0).isSet(word0);
      BitField txsz = upper ? Cd.T1SZ : Cd.T0SZ;
      return new Half(
          upper ? 1 : 0,
          disabled,
          txsz.getInt(word0),
          upper ? tg1(Cd.TG1.getInt(word0)) : tg0(Cd.TG0.getInt(word0)),
          (upper ? Cd.TTB1 : Cd.TTB0).inPlace(word),
          (upper ? Cd.TBI1 : Cd.TBI0).isSet(word0),
          (upper ? Cd.HAD1 : Cd.HAD0).isSet(word),
          !single && (upper ? Cd.E0PD1 : Cd.E0PD0).isSet(word));
    }

    @Nullable String illegality(int outputBits, SmmuFeatures features) {
      if (disabled) {
        return null;
      }
      if (granule == null || !isSupported(granule, features)) {
        return "TG" + number + " is reserved, or a granule that IDR5 does not have";
      }
      boolean wide = granule == Granule.KB64;
      int min = wide && features.has(Feature.VAX52) ? MIN_TXSZ_WIDE : MIN_TXSZ;
      int max = !features.has(Feature.STT) ? MAX_TXSZ : wide ? MAX_TXSZ_SMALL_64K : MAX_TXSZ_SMALL;
      if (txsz < min || txsz > max) {
        return "T" + number + "SZ is out of range";
      }
      int pointerBits = wide ? outputBits : Math.min(outputBits, 48);
      return pointer >>> pointerBits != 0 ? "TTB" + number + " is beyond the effective IPS" : null;
    }

    TranslationTable table(boolean legal, int oas, int outputBits, SmmuFeatures features) {
      TranslationTable.Builder table =
          new TranslationTable.Builder(oas, outputBits)
              .topByteIgnored(topByteIgnored)
              .hierarchyIgnored(hierarchyIgnored && features.has(Feature.HAD))
              .unprivilegedRefused(unprivilegedRefused && features.has(Feature.E0PD));
      return !legal || disabled || granule == null
          ? table.disabled()
          : table.stage1(granule, 64 - txsz, pointer);
    }

    private static @Nullable Granule tg0(int code) {
      return switch (code) {
        case 0 -> Granule.KB4;
        case 1 -> Granule.KB64;
        case 2 -> Granule.KB16;
        default -> null;
      };
    }

    private static @Nullable Granule tg1(int code) {
      return switch (code) {
        case 1 -> Granule.KB16;
        case 2 -> Granule.KB4;
        case 3 -> Granule.KB64;
        default -> null;
      };
    }
  }

  static boolean isSupported(Granule granule, SmmuFeatures features) {
    return features.has(
        switch (granule) {
          case KB4 -> Feature.GRAN4K;
          case KB16 -> Feature.GRAN16K;
          case KB64 -> Feature.GRAN64K;
        });
  }
}
