package org.smmulator.smmu;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import org.smmulator.smmu.feature.Architecture;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.feature.SmmuFeatures.Httu;
import org.smmulator.smmu.feature.SmmuFeatures.StallModel;

/**
 * SMMUs that have all features but some, in a few words: {@code "-S1P httu=NONE oas=40"}. What
 * cannot be without something that is taken away goes with it. Caches are small.
 */
final class Variants {
  private static final Map<Feature, Feature[]> DEPENDENTS =
      Map.of(
          Feature.S1P,
          new Feature[] {
            Feature.HYP, Feature.ASID16, Feature.CD2L, Feature.HAD, Feature.E0PD, Feature.SPLIT_ATS
          },
          Feature.S2P,
          new Feature[] {
            Feature.HYP, Feature.VMID16, Feature.VMW, Feature.XNX, Feature.FWB, Feature.SPLIT_ATS
          },
          Feature.ATS,
          new Feature[] {Feature.PRI, Feature.ATSRECERR, Feature.SPLIT_ATS},
          Feature.PRI,
          new Feature[] {Feature.PPS},
          Feature.GRAN64K,
          new Feature[] {Feature.VAX52});

  private Variants() {}

  static SmmuFeatures of(String text) {
    return BareGuest.smallCaches()
        .change(
            builder -> {
              // Later versions have features that cannot be taken away.
              builder.architecture(text.contains("-") ? Architecture.V3_0 : Architecture.V3_2);
              for (String word : text.split(" ", -1)) {
                apply(builder, word);
              }
            });
  }

  private static void apply(SmmuFeatures.Builder builder, String word) {
    if (word.startsWith("-")) {
      remove(builder, Feature.valueOf(word.substring(1)));
    } else if (word.startsWith("+")) {
      builder.feature(Feature.valueOf(word.substring(1)), true);
    } else if (!word.isEmpty()) {
      String[] nameAndValue = word.split("=", -1);
      set(builder, nameAndValue[0], nameAndValue[1]);
    }
  }

  private static void set(SmmuFeatures.Builder builder, String name, String value) {
    switch (name) {
      case "httu" -> builder.httu(Httu.valueOf(value));
      case "stall" -> {
        builder.stallModel(StallModel.valueOf(value));
        if (value.equals("FORCED")) {
          // PCIe transactions must not stall, so there can be no ATS.
          remove(builder, Feature.ATS);
        }
      }
      case "oas" -> builder.outputAddressBits(Integer.parseInt(value));
      case "sid" -> builder.streamIdBits(Integer.parseInt(value));
      case "ssid" -> builder.substreamIdBits(Integer.parseInt(value));
      default -> throw new IllegalArgumentException(name);
    }
  }

  private static void remove(SmmuFeatures.Builder builder, Feature feature) {
    Deque<Feature> gone = new ArrayDeque<>();
    gone.add(feature);
    while (!gone.isEmpty()) {
      Feature next = gone.remove();
      builder.feature(next, false);
      for (Feature dependent : DEPENDENTS.getOrDefault(next, new Feature[0])) {
        gone.add(dependent);
      }
      if (next == Feature.S1P) {
        builder.substreamIdBits(0);
      }
    }
  }
}
