package org.smmulator.smmu.config;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.structure.Ste;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.feature.SmmuFeatures.StallModel;
import org.smmulator.smmu.port.Transaction;
import org.smmulator.smmu.tlb.Regime;
import org.smmulator.smmu.tlb.TlbSpaces;

/**
 * A snapshot of one stream table entry (IHI 0070 5.2), valid or not, with the SMMU's verdict on it.
 *
 * @param illegality why it may not be used (C_BAD_STE, and no other component counts), or null
 * @param config CONFIG: what is done to the stream
 * @param regime translation regime of stage 1
 * @param vmid VMID of its translations, 0 without stage 2 in the SMMU
 * @param contextPointer S1ContextPtr: the context descriptor or the table of them
 * @param contextsLog2 S1CDMax: log2 of the substreams; 0 for none
 * @param contextFormat S1Fmt
 * @param defaultSubstream S1DSS: what becomes of transactions without a substream
 * @param stallsDisabled S1STALLD
 * @param ats EATS, 0 where it does not count
 * @param pasidInAutomaticResponses PPAR
 * @param mergesEvents MEV
 * @param privilege PRIVCFG
 * @param instruction INSTCFG
 * @param stage2 null unless CONFIG enables it
 */
public record StreamTableEntry(
    @Nullable String illegality,
    int config,
    Regime regime,
    int vmid,
    long contextPointer,
    int contextsLog2,
    int contextFormat,
    int defaultSubstream,
    boolean stallsDisabled,
    int ats,
    boolean pasidInAutomaticResponses,
    boolean mergesEvents,
    int privilege,
    int instruction,
    @Nullable Stage2Context stage2) {
  private static final int STAGE1 = 0b101;
  private static final int STAGE2 = 0b110;
  private static final int EATS_SPLIT = 2;
  private static final int STRW_EL2 = 2;
  private static final int UNPRIVILEGED = 2;
  private static final int PRIVILEGED = 3;
  private static final int DATA = 2;
  private static final int INSTRUCTION = 3;

  /** Reads the entry at {@code pa}, its first word first. */
  static StreamTableEntry read(
      PhysicalMemory memory,
      long pa,
      TlbSpaces spaces,
      boolean hostExtensions,
      SmmuFeatures features)
      throws BusAbort {
    long word0 = memory.load64(pa);
    long word1 = memory.load64(pa + 8);
    long word2 = memory.load64(pa + 16);
    long word3 = memory.load64(pa + 24);
    int config = Ste.CONFIG.getInt(word0);
    boolean translates = config > Ste.CONFIG_BYPASS;
    int vmid = isVmidUsed(config, word1, features) ? Ste.S2VMID.getInt(word2) : 0;
    String illegality = illegality(word0, word1, word2, word3, features);
    Stage2Context stage2 =
        illegality == null && (config & STAGE2) == STAGE2 && translates
            ? Stage2Context.of(word1, word2, word3, spaces.stage2(vmid), features)
            : null;
    boolean overrides = features.has(Feature.ATTR_PERMS_OVR);
    return new StreamTableEntry(
        illegality,
        config,
        regime(config, word1, hostExtensions, features),
        vmid,
        Ste.S1CONTEXTPTR.inPlace(word0),
        features.substreamIdBits() == 0 ? 0 : Ste.S1CDMAX.getInt(word0),
        Ste.S1FMT.getInt(word0),
        Ste.S1DSS.getInt(word1),
        Ste.S1STALLD.isSet(word1),
        features.has(Feature.ATS) && translates ? Ste.EATS.getInt(word1) : 0,
        Ste.PPAR.isSet(word1),
        Ste.MEV.isSet(word1),
        overrides ? Ste.PRIVCFG.getInt(word1) : 0,
        overrides ? Ste.INSTCFG.getInt(word1) : 0,
        stage2);
  }

  /** The first condition of IHI 0070 5.2.1 that makes an entry ILLEGAL, or null. */
  private static @Nullable String illegality(
      long word0, long word1, long word2, long word3, SmmuFeatures features) {
    int config = Ste.CONFIG.getInt(word0);
    if (!Ste.V.isSet(word0)) {
      return "V is 0";
    }
    if (config <= Ste.CONFIG_BYPASS) {
      return null;
    }
    String mode = modeIllegality(config, word1, word2, features);
    if (mode != null) {
      return mode;
    }
    String stage1 =
        (config & STAGE1) == STAGE1 ? stage1Illegality(config, word0, word1, features) : null;
    if (stage1 != null) {
      return stage1;
    }
    String stage2 =
        (config & STAGE2) == STAGE2 ? Stage2Context.illegality(word2, word3, features) : null;
    if (stage2 != null) {
      return stage2;
    }
    boolean wideVmid = Ste.S2VMID.getInt(word2) >>> 8 != 0 && !features.has(Feature.VMID16);
    return wideVmid && isVmidUsed(config, word1, features)
        ? "S2VMID has more than 8 bits, but IDR0.VMID16 is 0"
        : null;
  }

  private static @Nullable String modeIllegality(
      int config, long word1, long word2, SmmuFeatures features) {
    boolean stage2 = (config & STAGE2) == STAGE2;
    if ((config & STAGE1) == STAGE1 && !features.has(Feature.S1P)) {
      return "Config enables stage 1, but IDR0.S1P is 0";
    }
    if (stage2 && !features.has(Feature.S2P)) {
      return "Config enables stage 2, but IDR0.S2P is 0";
    }
    int eats = features.has(Feature.ATS) ? Ste.EATS.getInt(word1) : 0;
    if (eats == EATS_SPLIT) {
      if (config != Ste.CONFIG_NESTED) {
        return "EATS is 0b10 (split-stage), but Config does not enable both stages";
      }
      if (Ste.S2S.isSet(word2)) {
        return "EATS is 0b10 (split-stage), but S2S is 1";
      }
      if (!features.has(Feature.SPLIT_ATS)) {
        return "EATS is 0b10 (split-stage), but IDR0.NS1ATS is 1";
      }
    }
    if (eats == Ste.EATS_FULL && stage2 && Ste.S2S.isSet(word2)) {
      return "EATS is 0b01 with stage 2, but S2S is 1";
    }
    return isWorldUsed(config, features) && (Ste.STRW.getInt(word1) & 1) != 0
        ? "STRW is reserved"
        : null;
  }

  private static @Nullable String stage1Illegality(
      int config, long word0, long word1, SmmuFeatures features) {
    int contexts = features.substreamIdBits() == 0 ? 0 : Ste.S1CDMAX.getInt(word0);
    int format = Ste.S1FMT.getInt(word0);
    boolean twoLevel = format == Ste.S1FMT_4K_LEAF || format == Ste.S1FMT_64K_LEAF;
    if (Ste.S1STALLD.isSet(word1) && features.stallModel() != StallModel.CONFIGURABLE) {
      return "S1STALLD is 1, but IDR0.STALL_MODEL is not 0";
    }
    if (contexts > features.substreamIdBits()) {
      return "S1CDMax is larger than IDR1.SSIDSIZE";
    }
    if (twoLevel && contexts != 0 && !features.has(Feature.CD2L)) {
      return "S1Fmt asks for two levels, but IDR0.CD2L is 0";
    }
    // In a nested configuration the pointer is an IPA, and stage 2 has the last word.
    return Ste.S1CONTEXTPTR.inPlace(word0) >>> features.outputAddressBits() != 0
            && config == Ste.CONFIG_STAGE1
        ? "S1ContextPtr is beyond the output address size (IDR5.OAS)"
        : null;
  }

  private static boolean isWorldUsed(int config, SmmuFeatures features) {
    return config == Ste.CONFIG_STAGE1 && features.has(Feature.HYP);
  }

  private static Regime regime(
      int config, long word1, boolean hostExtensions, SmmuFeatures features) {
    if (!isWorldUsed(config, features) || Ste.STRW.getInt(word1) != STRW_EL2) {
      return Regime.EL1;
    }
    return hostExtensions ? Regime.EL2_E2H : Regime.EL2;
  }

  private static boolean isVmidUsed(int config, long word1, SmmuFeatures features) {
    return features.has(Feature.S2P)
        && !(isWorldUsed(config, features) && Ste.STRW.getInt(word1) == STRW_EL2);
  }

  /** Whether it may be used; otherwise C_BAD_STE. */
  public boolean legal() {
    return illegality == null;
  }

  /** CONFIG 0xx: every transaction is terminated without an event. */
  public boolean isAbort() {
    return (config & Ste.CONFIG_BYPASS) == 0;
  }

  /** Whether stage 1 translates. */
  public boolean hasStage1() {
    return (config & STAGE1) == STAGE1;
  }

  /** Whether any stage translates. */
  public boolean translates() {
    return config > Ste.CONFIG_BYPASS;
  }

  public boolean hasSubstreams() {
    return contextsLog2 != 0;
  }

  /** Whether transactions without a substream use the first context descriptor. */
  public boolean firstContextServesNoPasid() {
    return hasStage1() && (!hasSubstreams() || defaultSubstream == Ste.S1DSS_SSID0);
  }

  /** Whether transactions without a substream bypass stage 1. */
  public boolean skipsStage1() {
    return hasSubstreams() && defaultSubstream == Ste.S1DSS_BYPASS;
  }

  /** EATS grants ATS with the result of all stages. */
  public boolean fullAts() {
    return ats == Ste.EATS_FULL;
  }

  /** EATS grants ATS with the result of stage 1. */
  public boolean splitAts() {
    return ats == EATS_SPLIT;
  }

  /** Privilege that an access is treated with (PRIVCFG). */
  public boolean effectivePrivilege(boolean incoming) {
    return privilege == PRIVILEGED || (privilege != UNPRIVILEGED && incoming);
  }

  /** INSTCFG makes all reads instruction fetches. */
  public boolean readsAreFetches() {
    return instruction == INSTRUCTION;
  }

  /** INSTCFG makes all instruction fetches reads of data. */
  public boolean fetchesAreReads() {
    return instruction == DATA;
  }

  /** Gives a transaction the attributes that it is treated with. */
  public void override(Transaction tx) {
    tx.treatAs(
        effectivePrivilege(tx.privileged()),
        readsAreFetches() || (!fetchesAreReads() && tx.execute()));
  }
}
