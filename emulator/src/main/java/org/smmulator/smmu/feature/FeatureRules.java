package org.smmulator.smmu.feature;

import java.util.ArrayList;
import java.util.List;
import org.smmulator.smmu.feature.SmmuFeatures.StallModel;

/**
 * Which features go together (IHI 0070 6.3.1 to 6.3.6), and which a version of the architecture
 * makes mandatory (2.5). A feature may be shown before it becomes mandatory. Every rule that is
 * broken is one sentence: its name, and what would be right.
 */
final class FeatureRules {
  private static final int LINEAR_STREAM_BITS = 6;

  private final SmmuFeatures features;
  private final List<String> broken = new ArrayList<>();

  private FeatureRules(SmmuFeatures features) {
    this.features = features;
  }

  /** The rules that these features break, in a fixed order; empty if they are consistent. */
  static List<String> brokenBy(SmmuFeatures features) {
    FeatureRules rules = new FeatureRules(features);
    rules.stagesAndGranules();
    rules.ofStage1();
    rules.ofStage2();
    rules.ofPcie();
    rules.ofSizes();
    rules.ofVersion();
    return rules.broken;
  }

  private void stagesAndGranules() {
    require(has(Feature.S1P) || has(Feature.S2P), "an SMMU has at least one stage; add S1P or S2P");
    require(
        has(Feature.GRAN4K) || has(Feature.GRAN16K) || has(Feature.GRAN64K),
        "an SMMU has at least one granule; add GRAN4K, GRAN16K or GRAN64K");
    needs(Feature.HYP, Feature.S1P);
    needs(Feature.HYP, Feature.S2P);
    needs(Feature.VAX52, Feature.GRAN64K);
  }

  private void ofStage1() {
    for (Feature feature :
        new Feature[] {Feature.ASID16, Feature.CD2L, Feature.HAD, Feature.E0PD}) {
      needs(feature, Feature.S1P);
    }
    require(
        features.substreamIdBits() == 0 || has(Feature.S1P),
        "substreams choose a context of stage 1; add S1P, or use 0 SubstreamID bits");
  }

  private void ofStage2() {
    for (Feature feature : new Feature[] {Feature.VMID16, Feature.VMW, Feature.XNX, Feature.FWB}) {
      needs(feature, Feature.S2P);
    }
  }

  private void ofPcie() {
    needs(Feature.PRI, Feature.ATS);
    needs(Feature.PPS, Feature.PRI);
    needs(Feature.ATSRECERR, Feature.ATS);
    for (Feature needed : new Feature[] {Feature.ATS, Feature.S1P, Feature.S2P}) {
      needs(Feature.SPLIT_ATS, needed);
    }
    require(
        features.stallModel() != StallModel.FORCED || !has(Feature.ATS),
        "a PCIe transaction must not stall, and ATS means PCIe; use stall model configurable or"
            + " terminate-only, or remove ATS");
  }

  private void ofSizes() {
    require(
        features.outputAddressBits() != 52 || has(Feature.GRAN64K),
        "52-bit output addresses need GRAN64K; add GRAN64K, or use 48 bits or less");
    require(
        features.streamIdBits() <= LINEAR_STREAM_BITS || has(Feature.TWO_LEVEL_STREAM_TABLE),
        "StreamIDs of more than 6 bits need TWO_LEVEL_STREAM_TABLE; add it");
    for (int streamId : features.platformStreams()) {
      require(
          Integer.toUnsignedLong(streamId) >>> features.streamIdBits() == 0,
          "platform stream 0x"
              + Integer.toHexString(streamId)
              + " is wider than a StreamID of "
              + features.streamIdBits()
              + " bits; use a smaller one or more bits");
    }
  }

  private void ofVersion() {
    boolean both = has(Feature.S1P) && has(Feature.S2P);
    mandatory(Architecture.V3_1, has(Feature.S1P), Feature.HAD);
    mandatory(Architecture.V3_1, has(Feature.S2P), Feature.XNX);
    mandatory(Architecture.V3_2, has(Feature.S2P), Feature.FWB);
    mandatory(Architecture.V3_2, true, Feature.RIL);
    mandatory(Architecture.V3_2, both, Feature.HYP);
    require(
        !isFrom(Architecture.V3_2) || features.breakBeforeMakeLevel() >= 1,
        "SMMUv3.2 has BBML 1 or 2; use one of these, or architecture 3.1");
  }

  private void mandatory(Architecture from, boolean applies, Feature feature) {
    require(
        !isFrom(from) || !applies || has(feature),
        feature
            + " is mandatory from SMMUv"
            + from
            + " on; add "
            + feature
            + ", or use architecture 3."
            + (from.minor() - 1));
  }

  private boolean isFrom(Architecture version) {
    return features.architecture().compareTo(version) >= 0;
  }

  private void needs(Feature feature, Feature needed) {
    require(
        !has(feature) || has(needed),
        feature + " needs " + needed + "; add " + needed + " or remove " + feature);
  }

  private boolean has(Feature feature) {
    return features.has(feature);
  }

  private void require(boolean holds, String rule) {
    if (!holds) {
      broken.add(rule);
    }
  }
}
