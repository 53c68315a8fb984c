package org.smmulator.smmu.config;

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
  private static final String NOT_VALID = "V is 0";
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
    long word1 = memory.load64(pa + 8);
    long word2 = memory.load64(pa + 16);
    long word3 = memory.load64(pa + 24);
    int outputBits = Math.min(AddressSize.bits(Cd.IPS.getInt(word0)), features.outputAddressBits());
    String whole = illegality(word0, stream, features);
    String lower = Half.LOWER.illegality(word0, word1, single, outputBits, features);
    String upper = Half.UPPER.illegality(word0, word2, single, outputBits, features);
    String illegality = whole != null ? whole : lower != null ? lower : upper;
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
        Half.LOWER.table(word0, word1, legal, single, outputBits, features),
        Half.UPPER.table(word0, word2, legal, single, outputBits, features));
  }

  /** The table that an address uses; in a regime with one table, the upper half is disabled. */
  public TranslationTable half(long address) {
    return TranslationTable.isUpper(address) ? upper : lower;
  }

  /** The tag of a page; where there are no ASIDs, there is nothing to be global among. */
  public TlbSpace spaceOf(boolean global) {
    return global && regime != Regime.EL2 ? globals : space;
  }

  /** V. */
  public boolean isValid() {
    return !NOT_VALID.equals(illegality);
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
      return NOT_VALID;
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

  /** The fields of one half of the addresses; the last three are not in the first word. */
  @SuppressWarnings("ImmutableEnumChecker") // Fields of a layout never change.
  private enum Half {
    LOWER(0, Cd.EPD0, Cd.T0SZ, Cd.TG0, Cd.TBI0, Cd.E0PD0, Cd.HAD0, Cd.TTB0),
    UPPER(1, Cd.EPD1, Cd.T1SZ, Cd.TG1, Cd.TBI1, Cd.E0PD1, Cd.HAD1, Cd.TTB1);

    private final BitField epd;
    private final BitField txsz;
    private final BitField tg;
    private final BitField tbi;
    private final BitField e0pd;
    private final BitField had;
    private final BitField ttb;
    private final String badGranule;
    private final String badSize;
    private final String badPointer;

    Half(
        int number,
        BitField epd,
        BitField txsz,
        BitField tg,
        BitField tbi,
        BitField e0pd,
        BitField had,
        BitField ttb) {
      this.epd = epd;
      this.txsz = txsz;
      this.tg = tg;
      this.tbi = tbi;
      this.e0pd = e0pd;
      this.had = had;
      this.ttb = ttb;
      badGranule = "TG" + number + " is reserved, or a granule that IDR5 does not have";
      badSize = "T" + number + "SZ is out of range";
      badPointer = "TTB" + number + " is beyond the effective IPS";
    }

    /** In a regime with a single table, EPD and E0PD do not count and TTB1 does not exist. */
    private boolean isDisabled(long word0, boolean single) {
      return single ? this == UPPER : epd.isSet(word0);
    }

    @Nullable String illegality(
        long word0, long word, boolean single, int outputBits, SmmuFeatures features) {
      if (isDisabled(word0, single)) {
        return null;
      }
      Granule granule = granule(word0);
      if (granule == null || !isSupported(granule, features)) {
        return badGranule;
      }
      boolean wide = granule == Granule.KB64;
      int min = wide && features.has(Feature.VAX52) ? MIN_TXSZ_WIDE : MIN_TXSZ;
      int max = !features.has(Feature.STT) ? MAX_TXSZ : wide ? MAX_TXSZ_SMALL_64K : MAX_TXSZ_SMALL;
      int size = txsz.getInt(word0);
      if (size < min || size > max) {
        return badSize;
      }
      int pointerBits = wide ? outputBits : Math.min(outputBits, 48);
      return ttb.inPlace(word) >>> pointerBits != 0 ? badPointer : null;
    }

    TranslationTable table(
        long word0,
        long word,
        boolean legal,
        boolean single,
        int outputBits,
        SmmuFeatures features) {
      int options =
          (tbi.isSet(word0) ? TranslationTable.TOP_BYTE_IGNORED : 0)
              | (had.isSet(word) && features.has(Feature.HAD)
                  ? TranslationTable.HIERARCHY_IGNORED
                  : 0)
              | (e0pd.isSet(word) && !single && features.has(Feature.E0PD)
                  ? TranslationTable.UNPRIVILEGED_REFUSED
                  : 0);
      int oas = features.outputAddressBits();
      Granule granule = granule(word0);
      return !legal || isDisabled(word0, single) || granule == null
          ? TranslationTable.disabled(oas, outputBits, options)
          : TranslationTable.stage1(
              oas, outputBits, granule, 64 - txsz.getInt(word0), ttb.inPlace(word), options);
    }

    private @Nullable Granule granule(long word0) {
      int code = tg.getInt(word0);
      return this == LOWER ? tg0(code) : tg1(code);
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
