package org.smmulator.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.smmulator.smmu.feature.Architecture;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;

/** The section {@code smmu}. */
public record SmmuConfig(
    @Key(meaning = "Version of the architecture (AIDR): SMMUv3.x.", fallback = "3.2")
        Version architecture,
    @Key(
            meaning = "Features, by the names of the ID registers; null for all but TERM_MODEL.",
            nullable = true)
        @Nullable List<Feature> features,
    @Key(meaning = "Features to leave out.", fallback = "[]") List<Feature> without,
    @Key(
            meaning = "What hardware updates in descriptors: nothing, access flag, dirty as well.",
            fallback = "access-and-dirty")
        HardwareUpdate httu,
    @Key(
            meaning = "Whether a fault can stall a transaction of a stream that may stall.",
            fallback = "configurable")
        Stalls stallModel,
    @Key(
            meaning = "Stalled transactions that software has not resumed (IDR5.STALL_MAX).",
            unit = "transactions",
            fallback = "256",
            min = 1,
            max = 65_535)
        int stallMax,
    @Key(meaning = "Break-before-make level (IDR3.BBML).", fallback = "2", max = 2)
        int breakBeforeMakeLevel,
    @Key(
            meaning =
                "StreamIDs outside of PCIe, which may stall; see devices[].stall for functions.",
            fallback = "[]",
            max = 0xffff_ffffL)
        List<Long> platformStreams,
    @Key(
            meaning = "Entries of the TLB; infinite for one that never evicts.",
            unit = "entries",
            fallback = "512",
            wordForZero = "infinite",
            min = 2,
            max = 1 << 20,
            powerOfTwo = true)
        int tlbEntries,
    @Key(
            meaning =
                "Ways of a TLB set, of which the least recently used (LRU) is replaced; not more"
                    + " than tlbEntries.",
            unit = "entries",
            fallback = "4",
            min = 1,
            max = 64,
            powerOfTwo = true)
        int tlbWays,
    @Key(
            meaning =
                "Entries of the cache of intermediate table descriptors, 4 ways, LRU; 0 for none.",
            unit = "entries",
            fallback = "64",
            max = 1 << 16,
            powerOfTwo = true)
        int walkCacheEntries,
    @Key(
            meaning =
                "Entries of the cache of stream table entries and context descriptors, 4 ways,"
                    + " first in first out.",
            unit = "entries",
            fallback = "256",
            min = 1,
            max = 1 << 16,
            powerOfTwo = true)
        int configurationCacheEntries,
    @Key(
            meaning = "Width of a StreamID (IDR1.SIDSIZE); a PCIe requester ID has 16 bits.",
            unit = "bits",
            fallback = "16",
            min = 8,
            max = 32)
        int streamIdBits,
    @Key(
            meaning = "Width of a SubstreamID (IDR1.SSIDSIZE), the SMMU's word for PASID.",
            unit = "bits",
            fallback = "16",
            max = 20)
        int substreamIdBits,
    @Key(
            meaning = "Entries of the command queue, as a power of two (IDR1.CMDQS).",
            unit = "as log2 of entries",
            fallback = "8",
            min = 3,
            max = 19)
        int commandQueueLog2,
    @Key(
            meaning = "Entries of the event queue, as a power of two (IDR1.EVENTQS).",
            unit = "as log2 of entries",
            fallback = "7",
            min = 1,
            max = 19)
        int eventQueueLog2,
    @Key(
            meaning = "Entries of the page request queue, as a power of two (IDR1.PRIQS).",
            unit = "as log2 of entries",
            fallback = "8",
            min = 1,
            max = 19)
        int priQueueLog2,
    @Key(
            meaning = "Width of a physical address (IDR5.OAS).",
            unit = "bits",
            fallback = "44",
            oneOf = {32, 36, 40, 42, 44, 48, 52})
        int outputAddressBits,
    @Key(
            meaning = "Commands that the SMMU executes before devices get their turn again.",
            unit = "commands",
            fallback = "8",
            min = 1,
            max = 1 << 16)
        int commandsPerTurn) {

  /** AIDR. */
  public enum Version {
    @JsonProperty("3.0")
    V3_0,
    @JsonProperty("3.1")
    V3_1,
    @JsonProperty("3.2")
    V3_2
  }

  /** IDR0.HTTU. */
  public enum HardwareUpdate {
    @JsonProperty("none")
    NONE,
    @JsonProperty("access")
    ACCESS_FLAG,
    @JsonProperty("access-and-dirty")
    ACCESS_FLAG_AND_DIRTY
  }

  /** IDR0.STALL_MODEL. */
  public enum Stalls {
    @JsonProperty("configurable")
    CONFIGURABLE,
    @JsonProperty("terminate-only")
    TERMINATE_ONLY,
    @JsonProperty("forced")
    FORCED
  }

  /**
   * The SMMU that this section describes.
   *
   * @throws IllegalArgumentException with a sentence, if its features do not go together
   */
  public SmmuFeatures toFeatures() {
    Set<Integer> platform = new HashSet<>();
    platformStreams.forEach(streamId -> platform.add(streamId.intValue()));
    return new SmmuFeatures(
        Architecture.valueOf(architecture.name()),
        chosen(),
        streamIdBits,
        substreamIdBits,
        outputAddressBits,
        SmmuFeatures.Httu.valueOf(httu.name()),
        SmmuFeatures.StallModel.valueOf(stallModel.name()),
        stallMax,
        breakBeforeMakeLevel,
        platform,
        Set.of(),
        new SmmuFeatures.Queues(commandQueueLog2, eventQueueLog2, priQueueLog2),
        new SmmuFeatures.Caches(tlbEntries, tlbWays, walkCacheEntries, configurationCacheEntries));
  }

  private Set<Feature> chosen() {
    Set<Feature> chosen = EnumSet.noneOf(Feature.class);
    chosen.addAll(features != null ? features : SmmuFeatures.defaults().set());
    without.forEach(chosen::remove);
    return chosen;
  }
}
