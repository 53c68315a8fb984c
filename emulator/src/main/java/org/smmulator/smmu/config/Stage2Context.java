package org.smmulator.smmu.config;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.structure.Ste;
import org.smmulator.arch.vmsa.Granule;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.feature.SmmuFeatures.Httu;
import org.smmulator.smmu.feature.SmmuFeatures.StallModel;
import org.smmulator.smmu.tlb.TlbSpace;

/**
 * What a stream table entry says about stage 2 (IHI 0070 5.2).
 *
 * @param intermediateBits IAS: larger inputs are a fault of stage 1
 * @param accessFlagIgnored S2AFFD
 * @param updatesAccessFlag S2HA
 * @param updatesDirty S2HA and S2HD
 * @param devicesProtected S2PTW: no table or context descriptor may lie in Device memory
 * @param forcesWriteBack S2FWB: MemAttr has its other meaning
 * @param privilegedExecution XNX: XN tells privileged from unprivileged execution
 * @param records S2R
 * @param stalls S2S
 */
public record Stage2Context(
    TranslationTable table,
    int intermediateBits,
    TlbSpace space,
    boolean accessFlagIgnored,
    boolean updatesAccessFlag,
    boolean updatesDirty,
    boolean devicesProtected,
    boolean forcesWriteBack,
    boolean privilegedExecution,
    boolean records,
    boolean stalls) {
  private static final int MIN_T0SZ = 16;
  private static final int MIN_T0SZ_64K = 12;
  private static final int MAX_T0SZ = 39;
  private static final int MAX_T0SZ_SMALL = 48;
  private static final int MAX_T0SZ_SMALL_64K = 47;

  /** Index bits that concatenation adds at the most: 16 tables. */
  private static final int CONCATENATED_LOG2 = 4;

  /** Reads the stage 2 fields of the entry's words 1 to 3, which are legal. */
  static Stage2Context of(
      long word1, long word2, long word3, TlbSpace space, SmmuFeatures features) {
    Granule granule = granule(Ste.S2TG.getInt(word2));
    if (granule == null) {
      throw new IllegalStateException("S2TG of a legal entry is reserved");
    }
    boolean updates = Ste.S2HA.isSet(word2);
    return new Stage2Context(
        TranslationTable.stage2(
            features.outputAddressBits(),
            outputBits(word2, features),
            granule,
            64 - Ste.S2T0SZ.getInt(word2),
            startLevel(granule, Ste.S2SL0.getInt(word2), features),
            Ste.S2TTB.inPlace(word3)),
        features.intermediateAddressBits(),
        space,
        Ste.S2AFFD.isSet(word2),
        updates,
        updates && Ste.S2HD.isSet(word2),
        Ste.S2PTW.isSet(word2),
        features.has(Feature.FWB) && Ste.S2FWB.isSet(word1),
        features.has(Feature.XNX),
        Ste.S2R.isSet(word2),
        Ste.S2S.isSet(word2));
  }

  /** The first condition of IHI 0070 5.2.1 that makes stage 2 ILLEGAL, or null. */
  static @Nullable String illegality(long word2, long word3, SmmuFeatures features) {
    boolean stalls = Ste.S2S.isSet(word2);
    boolean dirty = Ste.S2HD.isSet(word2);
    if (stalls && features.stallModel() == StallModel.TERMINATE_ONLY) {
      return "S2S is 1, but IDR0.STALL_MODEL allows no stalls";
    }
    if (!stalls && features.stallModel() == StallModel.FORCED) {
      return "S2S is 0, but IDR0.STALL_MODEL forces stalls";
    }
    if (!Ste.S2AA64.isSet(word2)) {
      return "S2AA64 is 0, but IDR0.TTF has AArch64 tables only";
    }
    if ((Ste.S2HA.isSet(word2) || dirty) && features.httu() == Httu.NONE) {
      return "S2HA or S2HD is 1, but IDR0.HTTU is 0";
    }
    if (dirty && features.httu() == Httu.ACCESS_FLAG) {
      return "S2HD is 1, but IDR0.HTTU updates no dirty state";
    }
    return tableIllegality(word2, word3, features);
  }

  private static @Nullable String tableIllegality(long word2, long word3, SmmuFeatures features) {
    Granule granule = granule(Ste.S2TG.getInt(word2));
    if (granule == null || !ContextDescriptor.isSupported(granule, features)) {
      return "S2TG is reserved, or a granule that IDR5 does not have";
    }
    int outputBits = outputBits(word2, features);
    int pointerBits = granule == Granule.KB64 ? outputBits : Math.min(outputBits, 48);
    if (Ste.S2TTB.inPlace(word3) >>> pointerBits != 0) {
      return "S2TTB is beyond the effective S2PS";
    }
    int t0sz = Ste.S2T0SZ.getInt(word2);
    if (!isSizeLegal(granule, t0sz, features)) {
      return "S2T0SZ is out of range";
    }
    if (!fits(granule, 64 - t0sz, startLevel(granule, Ste.S2SL0.getInt(word2), features))) {
      return "S2SL0 and S2T0SZ do not fit together";
    }
    return Ste.S2ENDI.isSet(word2) ? "S2ENDI is 1, but IDR0.TTENDIAN is little-endian" : null;
  }

  private static int outputBits(long word2, SmmuFeatures features) {
    return Math.min(AddressSize.bits(Ste.S2PS.getInt(word2)), features.outputAddressBits());
  }

  /** Whether an address is larger than any intermediate address. */
  public boolean isBeyondIntermediate(long address) {
    return address >>> intermediateBits != 0;
  }

  private static @Nullable Granule granule(int code) {
    return switch (code) {
      case 0 -> Granule.KB4;
      case 1 -> Granule.KB64;
      case 2 -> Granule.KB16;
      default -> null;
    };
  }

  private static boolean isSizeLegal(Granule granule, int t0sz, SmmuFeatures features) {
    boolean wide = granule == Granule.KB64;
    boolean small = features.has(Feature.STT);
    int min = Math.max(wide ? MIN_T0SZ_64K : MIN_T0SZ, 64 - features.intermediateAddressBits());
    int max = !small ? MAX_T0SZ : wide ? MAX_T0SZ_SMALL_64K : MAX_T0SZ_SMALL;
    return t0sz >= min && t0sz <= max;
  }

  /** The level that SL0 names, or -1 for a reserved code; the highest ones need large addresses. */
  private static int startLevel(Granule granule, int sl0, SmmuFeatures features) {
    int oas = features.outputAddressBits();
    return switch (granule) {
      case KB4 ->
          switch (sl0) {
            case 0 -> 2;
            case 1 -> 1;
            case 2 -> oas >= 44 ? 0 : -1;
            default -> features.has(Feature.STT) ? 3 : -1;
          };
      case KB16 ->
          switch (sl0) {
            case 0 -> 3;
            case 1 -> 2;
            case 2 -> oas >= 42 ? 1 : -1;
            default -> -1;
          };
      case KB64 ->
          switch (sl0) {
            case 0 -> 3;
            case 1 -> 2;
            case 2 -> oas >= 44 ? 1 : -1;
            default -> -1;
          };
    };
  }

  private static boolean fits(Granule granule, int inputBits, int startLevel) {
    if (startLevel < 0) {
      return false;
    }
    int indexBits = inputBits - granule.levelShift(startLevel);
    return indexBits >= 1 && indexBits <= granule.stride() + CONCATENATED_LOG2;
  }
}
