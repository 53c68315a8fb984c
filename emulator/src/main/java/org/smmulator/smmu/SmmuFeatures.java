package org.smmulator.smmu;

/**
 * What one SMMU is built with: the choices that its ID registers show, and the sizes of its caches,
 * which nothing shows. The rest of the ID registers is fixed by what is implemented.
 *
 * @param streamIdBits width of a StreamID, 1 to 32
 * @param substreamIdBits width of a SubstreamID, 0 (none) to 20
 * @param outputAddressBits physical address size: 32, 36, 40, 42, 44 or 48
 * @param ats whether ATS is supported
 * @param pri whether PRI is supported; needs ATS
 * @param priPasidAlways whether automatic PRG responses carry the request's PASID whatever STE.PPAR
 *     says (IDR3.PPS)
 */
public record SmmuFeatures(
    int streamIdBits,
    int substreamIdBits,
    int outputAddressBits,
    boolean ats,
    boolean pri,
    boolean priPasidAlways,
    Queues queues,
    Caches caches) {

  /** Largest queues that software may configure: log2 of their entries, at most 19. */
  public record Queues(int commandLog2, int eventLog2, int pageRequestLog2) {
    public Queues {
      inRange("command queue size", commandLog2, 0, 19);
      inRange("event queue size", eventLog2, 0, 19);
      inRange("PRI queue size", pageRequestLog2, 0, 19);
    }
  }

  /**
   * Cache sizes in entries.
   *
   * @param walkEntries entries of the cache of table descriptors; 0 for none
   */
  public record Caches(int tlbEntries, int tlbWays, int walkEntries, int configurationEntries) {
    public Caches {
      inRange("TLB ways", tlbWays, 1, 64);
      powerOfTwo("TLB entries", tlbEntries, tlbWays);
      if (walkEntries != 0) {
        powerOfTwo("walk cache entries", walkEntries, 1);
      }
      powerOfTwo("configuration cache entries", configurationEntries, 1);
    }
  }

  public SmmuFeatures {
    inRange("StreamID bits", streamIdBits, 1, 32);
    inRange("SubstreamID bits", substreamIdBits, 0, 20);
    switch (outputAddressBits) {
      case 32, 36, 40, 42, 44, 48 -> {}
      default ->
          throw new IllegalArgumentException(
              "SMMU output address size is "
                  + outputAddressBits
                  + " bits; with 4 KiB pages it must be 32, 36, 40, 42, 44 or 48");
    }
    if (pri && !ats) {
      throw new IllegalArgumentException("SMMU has PRI without ATS; PRI needs ATS");
    }
  }

  /** 16-bit StreamIDs, 20-bit SubstreamIDs, 48-bit addresses, ATS and PRI. */
  public static SmmuFeatures defaults() {
    return new SmmuFeatures(
        16, 20, 48, true, true, true, new Queues(19, 19, 19), new Caches(4096, 4, 256, 1024));
  }

  public SmmuFeatures withStreamIdBits(int bits) {
    return new SmmuFeatures(
        bits, substreamIdBits, outputAddressBits, ats, pri, priPasidAlways, queues, caches);
  }

  public SmmuFeatures withSubstreamIdBits(int bits) {
    return new SmmuFeatures(
        streamIdBits, bits, outputAddressBits, ats, pri, priPasidAlways, queues, caches);
  }

  public SmmuFeatures withOutputAddressBits(int bits) {
    return new SmmuFeatures(
        streamIdBits, substreamIdBits, bits, ats, pri, priPasidAlways, queues, caches);
  }

  public SmmuFeatures withAts(boolean hasAts, boolean hasPri, boolean pasidAlways) {
    return new SmmuFeatures(
        streamIdBits,
        substreamIdBits,
        outputAddressBits,
        hasAts,
        hasPri,
        pasidAlways,
        queues,
        caches);
  }

  public SmmuFeatures withQueues(Queues sizes) {
    return new SmmuFeatures(
        streamIdBits, substreamIdBits, outputAddressBits, ats, pri, priPasidAlways, sizes, caches);
  }

  public SmmuFeatures withCaches(Caches sizes) {
    return new SmmuFeatures(
        streamIdBits, substreamIdBits, outputAddressBits, ats, pri, priPasidAlways, queues, sizes);
  }

  private static void inRange(String what, int value, int low, int high) {
    if (value < low || value > high) {
      throw new IllegalArgumentException(
          "SMMU " + what + " is " + value + "; it must be " + low + " to " + high);
    }
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
