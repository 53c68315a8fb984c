package org.smmulator.smmu.feature;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.smmulator.arch.vmsa.Granule;

/**
 * What one SMMU is built with: the choices that its ID registers show, and the sizes of its caches,
 * which nothing shows.
 *
 * @param streamIdBits width of a StreamID, 1 to 32
 * @param substreamIdBits width of a SubstreamID, 0 (none) to 20
 * @param outputAddressBits physical address size: 32, 36, 40, 42, 44, 48 or 52
 * @param stallMax stalled transactions that may be unanswered at a time, 1 to 65535
 * @param breakBeforeMakeLevel IDR3.BBML, 0 to 2
 * @param platformStreams StreamIDs outside of PCIe; these may stall
 * @param stallingFunctions StreamIDs of PCIe functions that may stall, against the rule of 3.12.2
 */
public record SmmuFeatures(
    Architecture architecture,
    Set<Feature> set,
    int streamIdBits,
    int substreamIdBits,
    int outputAddressBits,
    Httu httu,
    StallModel stallModel,
    int stallMax,
    int breakBeforeMakeLevel,
    Set<Integer> platformStreams,
    Set<Integer> stallingFunctions,
    Queues queues,
    Caches caches) {

  /** What hardware updates in descriptors (IDR0.HTTU). */
  public enum Httu {
    NONE,
    ACCESS_FLAG,
    ACCESS_FLAG_AND_DIRTY
  }

  /** Whether faults can stall a transaction (IDR0.STALL_MODEL). */
  public enum StallModel {
    CONFIGURABLE,
    TERMINATE_ONLY,
    FORCED
  }

  /** Largest queues that software may configure: log2 of their entries, at most 19. */
  public record Queues(int commandLog2, int eventLog2, int pageRequestLog2) {
    public Queues {
      commandLog2 = inRange("command queue size", commandLog2, 0, 19);
      eventLog2 = inRange("event queue size", eventLog2, 0, 19);
      pageRequestLog2 = inRange("PRI queue size", pageRequestLog2, 0, 19);
    }
  }

  /**
   * Cache sizes in entries.
   *
   * @param tlbEntries entries of the TLB; {@link #INFINITE} for one that never evicts
   * @param walkEntries entries of the cache of table descriptors; 0 for none
   */
  public record Caches(int tlbEntries, int tlbWays, int walkEntries, int configurationEntries) {
    /** A TLB that grows and never evicts, so that every missing invalidation shows. */
    public static final int INFINITE = 0;

    public Caches {
      tlbWays = inRange("TLB ways", tlbWays, 1, 64);
      if (tlbEntries != INFINITE) {
        powerOfTwo("TLB entries", tlbEntries, tlbWays);
      }
      if (walkEntries != 0) {
        powerOfTwo("walk cache entries", walkEntries, 1);
      }
      powerOfTwo("configuration cache entries", configurationEntries, 1);
    }
  }

  /** Refuses what the ID registers cannot show, and what breaks a rule of {@link FeatureRules}. */
  public SmmuFeatures(
      Architecture architecture,
      Set<Feature> set,
      int streamIdBits,
      int substreamIdBits,
      int outputAddressBits,
      Httu httu,
      StallModel stallModel,
      int stallMax,
      int breakBeforeMakeLevel,
      Set<Integer> platformStreams,
      Set<Integer> stallingFunctions,
      Queues queues,
      Caches caches) {
    this.architecture = architecture;
    this.set = Collections.unmodifiableSet(copyOf(set));
    this.streamIdBits = inRange("StreamID bits", streamIdBits, 1, 32);
    this.substreamIdBits = inRange("SubstreamID bits", substreamIdBits, 0, 20);
    this.outputAddressBits = addressSize(outputAddressBits);
    this.httu = httu;
    this.stallModel = stallModel;
    this.stallMax = inRange("stalled transactions", stallMax, 1, 0xffff);
    this.breakBeforeMakeLevel = inRange("BBML", breakBeforeMakeLevel, 0, 2);
    this.platformStreams = Set.copyOf(platformStreams);
    this.stallingFunctions = Set.copyOf(stallingFunctions);
    this.queues = queues;
    this.caches = caches;
    List<String> broken = FeatureRules.brokenBy(this);
    if (!broken.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", broken));
    }
  }

  private static int addressSize(int bits) {
    return switch (bits) {
      case 32, 36, 40, 42, 44, 48, 52 -> bits;
      default ->
          throw new IllegalArgumentException(
              "SMMU output address size is "
                  + bits
                  + " bits; it must be 32, 36, 40, 42, 44, 48 or 52");
    };
  }

  /** SMMUv3.2 with all that is implemented: 16-bit StreamIDs, 20-bit SubstreamIDs, 48-bit PAs. */
  public static SmmuFeatures defaults() {
    EnumSet<Feature> all = EnumSet.allOf(Feature.class);
    all.remove(Feature.TERM_MODEL);
    return new SmmuFeatures(
        Architecture.V3_2,
        all,
        16,
        20,
        48,
        Httu.ACCESS_FLAG_AND_DIRTY,
        StallModel.CONFIGURABLE,
        256,
        2,
        Set.of(),
        Set.of(),
        new Queues(19, 19, 19),
        new Caches(4096, 4, 256, 1024));
  }

  public boolean has(Feature feature) {
    return set.contains(feature);
  }

  /** Whether a fault may stall a transaction of the stream, if its configuration says so. */
  public boolean mayStall(int streamId) {
    return platformStreams.contains(streamId) || stallingFunctions.contains(streamId);
  }

  /** The smallest page, which is also the unit of ATS (STU). */
  public Granule smallestGranule() {
    if (has(Feature.GRAN4K)) {
      return Granule.KB4;
    }
    return has(Feature.GRAN16K) ? Granule.KB16 : Granule.KB64;
  }

  /** IAS: with AArch64 tables alone the largest intermediate address is the largest output. */
  public int intermediateAddressBits() {
    return outputAddressBits;
  }

  public SmmuFeatures with(Feature... added) {
    return change(builder -> builder.set.addAll(Arrays.asList(added)));
  }

  public SmmuFeatures without(Feature... removed) {
    return change(builder -> Arrays.asList(removed).forEach(builder.set::remove));
  }

  public SmmuFeatures withQueues(Queues sizes) {
    return change(builder -> builder.queues(sizes));
  }

  public SmmuFeatures withCaches(Caches sizes) {
    return change(builder -> builder.caches(sizes));
  }

  /** Like this one, but for what {@code changes} sets. */
  public SmmuFeatures change(Consumer<Builder> changes) {
    Builder builder = new Builder(this);
    changes.accept(builder);
    return builder.build();
  }

  /** The features of one SMMU while they are being chosen. */
  public static final class Builder {
    private final EnumSet<Feature> set;
    private Architecture architecture;
    private int streamIdBits;
    private int substreamIdBits;
    private int outputAddressBits;
    private Httu httu;
    private StallModel stallModel;
    private int stallMax;
    private int breakBeforeMakeLevel;
    private Set<Integer> platformStreams;
    private Set<Integer> stallingFunctions;
    private Queues queues;
    private Caches caches;

    private Builder(SmmuFeatures from) {
      set = copyOf(from.set);
      architecture = from.architecture;
      streamIdBits = from.streamIdBits;
      substreamIdBits = from.substreamIdBits;
      outputAddressBits = from.outputAddressBits;
      httu = from.httu;
      stallModel = from.stallModel;
      stallMax = from.stallMax;
      breakBeforeMakeLevel = from.breakBeforeMakeLevel;
      platformStreams = from.platformStreams;
      stallingFunctions = from.stallingFunctions;
      queues = from.queues;
      caches = from.caches;
    }

    private SmmuFeatures build() {
      return new SmmuFeatures(
          architecture,
          set,
          streamIdBits,
          substreamIdBits,
          outputAddressBits,
          httu,
          stallModel,
          stallMax,
          breakBeforeMakeLevel,
          platformStreams,
          stallingFunctions,
          queues,
          caches);
    }

    /** Switches one feature on or off. */
    public Builder feature(Feature feature, boolean on) {
      boolean unused = on ? set.add(feature) : set.remove(feature);
      return this;
    }

    public Builder architecture(Architecture version) {
      architecture = version;
      return this;
    }

    public Builder streamIdBits(int bits) {
      streamIdBits = bits;
      return this;
    }

    public Builder substreamIdBits(int bits) {
      substreamIdBits = bits;
      return this;
    }

    public Builder outputAddressBits(int bits) {
      outputAddressBits = bits;
      return this;
    }

    public Builder httu(Httu updates) {
      httu = updates;
      return this;
    }

    public Builder stallModel(StallModel model) {
      stallModel = model;
      return this;
    }

    public Builder stallMax(int transactions) {
      stallMax = transactions;
      return this;
    }

    public Builder breakBeforeMakeLevel(int level) {
      breakBeforeMakeLevel = level;
      return this;
    }

    public Builder platformStreams(Set<Integer> streamIds) {
      platformStreams = streamIds;
      return this;
    }

    public Builder stallingFunctions(Set<Integer> streamIds) {
      stallingFunctions = streamIds;
      return this;
    }

    public Builder queues(Queues sizes) {
      queues = sizes;
      return this;
    }

    public Builder caches(Caches sizes) {
      caches = sizes;
      return this;
    }
  }

  private static EnumSet<Feature> copyOf(Set<Feature> features) {
    EnumSet<Feature> copy = EnumSet.noneOf(Feature.class);
    copy.addAll(features);
    return copy;
  }

  private static int inRange(String what, int value, int low, int high) {
    if (value < low || value > high) {
      throw new IllegalArgumentException(
          "SMMU " + what + " is " + value + "; it must be " + low + " to " + high);
    }
    return value;
  }

  private static void powerOfTwo(String what, int entries, int ways) {
    if (entries < ways || entries % ways != 0 || Integer.bitCount(entries / ways) != 1) {
      throw new IllegalArgumentException(
          "SMMU "
              + what
              + " is "
              + entries
              + "; it must be a power of two"
              + (ways == 1 ? "" : " times " + ways + " ways"));
    }
  }
}
