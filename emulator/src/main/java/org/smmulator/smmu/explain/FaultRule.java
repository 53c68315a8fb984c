package org.smmulator.smmu.explain;

import org.smmulator.arch.event.EventField;
import org.smmulator.arch.vmsa.Granule;
import org.smmulator.smmu.config.Configuration;
import org.smmulator.smmu.config.ContextDescriptor;
import org.smmulator.smmu.config.Stage2Context;
import org.smmulator.smmu.config.TranslationTable;
import org.smmulator.smmu.fault.Fault;
import org.smmulator.smmu.port.Transaction;
import org.smmulator.smmu.tlb.Regime;

/** Why a stage of translation faulted, and what the fault bits make of it, as sentences. */
final class FaultRule {
  private final Configuration configuration;
  private final WalkLines walk;
  private final Transaction tx;

  /**
   * @param tx with the attributes that the STE gave it
   */
  FaultRule(Configuration configuration, WalkLines walk, Transaction tx) {
    this.configuration = configuration;
    this.walk = walk;
    this.tx = tx;
  }

  String describe(Fault fault) {
    String where = (fault.stage2() ? "stage 2" + purpose(fault) : "stage 1") + ": ";
    return where
        + switch (fault.type()) {
          case F_WALK_EABT -> "the descriptor at " + hex(fault.fetchAddress()) + " aborts";
          case F_TRANSLATION -> fault.stage2() ? noTranslation2(fault) : noTranslation1();
          case F_ADDR_SIZE -> addressSize(fault.stage2());
          case F_ACCESS ->
              "AF is 0 in the level "
                  + walk.level(fault.stage2())
                  + (fault.stage2()
                      ? " leaf, and so are STE.S2HA and S2AFFD"
                      : " leaf, and so are CD.HA and AFFD");
          case F_PERMISSION -> permission(fault);
          default -> fault.type().toString();
        };
  }

  private static String purpose(Fault fault) {
    return switch (fault.walkClass()) {
          case EventField.CLASS_CD -> " for the fetch of the CD, IPA ";
          case EventField.CLASS_TT ->
              fault.descriptorWrite()
                  ? " for the update of a stage 1 descriptor, IPA "
                  : " for the fetch of a stage 1 descriptor, IPA ";
          default -> " for the input, IPA ";
        }
        + hex(fault.ipa());
  }

  private String noTranslation1() {
    ContextDescriptor context = configuration.context();
    if (context == null) {
      throw new IllegalStateException("stage 1 faulted without a context");
    }
    TranslationTable table = context.half(tx.address());
    int half = table == context.upper() ? 1 : 0;
    if (table.disabled()) {
      return context.regime() == Regime.EL2
          ? "the regime is EL2, which has no TTB1"
          : "CD.EPD" + half + " is 1: TTB" + half + " is not walked";
    }
    if (!table.contains(tx.address())) {
      return String.format(
          "the address is outside of the %d bits (64 - T%dSZ) of TTB%d",
          table.inputBits(), half, half);
    }
    return table.unprivilegedRefused() && !tx.effectivePrivileged()
        ? "CD.E0PD" + half + " is 1: unprivileged accesses to this half fault"
        : invalid(table, false);
  }

  private String noTranslation2(Fault fault) {
    TranslationTable table = stage2().table();
    return table.containsIntermediate(fault.ipa())
        ? invalid(table, true)
        : String.format("it is outside of the %d bits (64 - S2T0SZ) of S2TTB", table.inputBits());
  }

  private String invalid(TranslationTable table, boolean second) {
    int level = walk.level(second);
    String descriptor = "the level " + level + " descriptor is invalid: ";
    if ((walk.descriptor(second) & 1) == 0) {
      return descriptor + "bit 0 is 0";
    }
    return descriptor
        + (level == Granule.LAST_LEVEL
            ? "0b01 is reserved at this level"
            : "there are no blocks at this level with granule " + table.granule());
  }

  private String addressSize(boolean second) {
    if (!second && configuration.context() == null) {
      return configuration.stage2() == null
          ? "the address is beyond IDR5.OAS"
          : "the address is beyond the " + stage2().intermediateBits() + " bits of the IAS";
    }
    return "the address in the level "
        + walk.level(second)
        + " descriptor is beyond the effective "
        + (second ? "STE.S2PS" : "CD.IPS");
  }

  private String permission(Fault fault) {
    String leaf = "the level " + walk.level(fault.stage2()) + " leaf does not permit it: ";
    boolean input = fault.walkClass() == EventField.CLASS_IN;
    return leaf
        + (fault.stage2()
            ? PermissionRule.stage2(
                walk.descriptor(true),
                stage2(),
                input ? wanted() : new PermissionRule.Wanted(fault.descriptorWrite(), false, false))
            : refusal(wanted()));
  }

  /** Why a translation request that met no fault grants nothing. */
  String nothingGranted(boolean readsAreFetches) {
    if (configuration.action() == Configuration.Action.BYPASS) {
      return "no stage translates, and the address is beyond the output address size (IDR5.OAS)";
    }
    PermissionRule.Wanted least =
        new PermissionRule.Wanted(false, tx.effectivePrivileged(), readsAreFetches);
    return "nothing of what is asked for is permitted"
        + (configuration.stage2() == null ? ": " + refusal(least) : " by both stages");
  }

  /** Why stage 1 does not permit an access. */
  private String refusal(PermissionRule.Wanted wanted) {
    ContextDescriptor context = configuration.context();
    if (context == null) {
      throw new IllegalStateException("stage 1 refused without a context");
    }
    return PermissionRule.stage1(walk.descriptor(false), walk.tables(), context, wanted);
  }

  private PermissionRule.Wanted wanted() {
    return new PermissionRule.Wanted(tx.write(), tx.effectivePrivileged(), tx.effectiveExecute());
  }

  private Stage2Context stage2() {
    Stage2Context stage2 = configuration.stage2();
    if (stage2 == null) {
      throw new IllegalStateException("stage 2 faulted and is off");
    }
    return stage2;
  }

  /** What becomes of the fault of an ordinary transaction. */
  String consequence(Fault fault) {
    ContextDescriptor context = configuration.context();
    Stage2Context stage2 = configuration.stage2();
    if (fault.isTranslationRelated() && fault.stage2() && stage2 != null) {
      return String.format("STE.S2R is %d, S2S is %d", bit(stage2.records()), bit(stage2.stalls()))
          + denied(stage2.stalls());
    }
    if (fault.isTranslationRelated() && context != null) {
      return String.format(
              "CD.A is %d, R is %d, S is %d",
              bit(context.aborts()), bit(context.records()), bit(context.stalls()))
          + denied(context.stalls());
    }
    return "such a fault is always aborted and recorded";
  }

  private String denied(boolean stalls) {
    return stalls && tx.outcome() != Transaction.Outcome.STALLED
        ? ", but streams of PCIe never stall"
        : "";
  }

  private static int bit(boolean value) {
    return value ? 1 : 0;
  }

  private static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }
}
