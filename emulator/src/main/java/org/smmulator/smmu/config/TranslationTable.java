package org.smmulator.smmu.config;

import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.arch.vmsa.Granule;

/**
 * Where one translation table starts and how its descriptors are read: TTB0 or TTB1 of a context,
 * or the table of stage 2 (Arm ARM D8.2). Of a disabled half only the input check counts.
 */
public final class TranslationTable {
  /** TBIx: the top byte of an address does not count. */
  static final int TOP_BYTE_IGNORED = 1;

  /** HADx: permissions in table descriptors do not count. */
  static final int HIERARCHY_IGNORED = 1 << 1;

  /** E0PDx: unprivileged accesses fault without a walk. */
  static final int UNPRIVILEGED_REFUSED = 1 << 2;

  private static final int DISABLED = 1 << 3;
  private static final int SIGN_BIT = 55;
  private static final int MAX_INPUT_BITS = 52;
  private static final long LOW_ADDRESS = 0x0000_ffff_ffff_ffffL;
  private static final long HIGH_ADDRESS_64K = 0xf000L;
  private static final int HIGH_ADDRESS_SHIFT = 36;

  private final boolean disabled;
  private final boolean topByteIgnored;
  private final boolean hierarchyIgnored;
  private final boolean unprivilegedRefused;
  private final Granule granule;
  private final int inputBits;
  private final int startLevel;
  private final int outputBits;
  private final int implementedBits;
  private final long base;

  // Derived, for the walk.
  private final int granuleShift;
  private final int stride;
  private final long strideMask;
  private final long startIndexMask;
  private final long pageMask;
  private final boolean wide;

  private TranslationTable(
      int implementedBits,
      int outputBits,
      Granule granule,
      int inputBits,
      int startLevel,
      long pointer,
      int options) {
    this.disabled = (options & DISABLED) != 0;
    this.topByteIgnored = (options & TOP_BYTE_IGNORED) != 0;
    this.hierarchyIgnored = (options & HIERARCHY_IGNORED) != 0;
    this.unprivilegedRefused = (options & UNPRIVILEGED_REFUSED) != 0;
    this.outputBits = outputBits;
    this.implementedBits = implementedBits;
    this.granule = granule;
    this.inputBits = inputBits;
    this.startLevel = startLevel;
    this.granuleShift = granule.shift();
    this.stride = granule.stride();
    this.strideMask = (1L << stride) - 1;
    this.startIndexMask = ((1L << inputBits) - 1) >>> levelShift(startLevel);
    this.pageMask = LOW_ADDRESS & -(1L << granuleShift);
    this.wide = granule == Granule.KB64 && implementedBits == 52;
    int firstIndexBits = inputBits - granule.levelShift(startLevel);
    int alignLog2 = Math.max(firstIndexBits + 3, outputBits == 52 ? 6 : 0);
    this.base = pointer & -(1L << alignLog2);
  }

  /** A half without walks (EPDx). */
  static TranslationTable disabled(int implementedBits, int outputBits, int options) {
    return new TranslationTable(
        implementedBits, outputBits, Granule.KB64, MAX_INPUT_BITS, 1, 0, options | DISABLED);
  }

  /**
   * A stage 1 table of 64 - TxSZ input bits.
   *
   * @param implementedBits OAS
   * @param outputBits effective IPS
   * @param options any of those above
   */
  static TranslationTable stage1(
      int implementedBits,
      int outputBits,
      Granule granule,
      int inputBits,
      long pointer,
      int options) {
    int stride = granule.stride();
    int startLevel = 4 - (inputBits - granule.shift() + stride - 1) / stride;
    return new TranslationTable(
        implementedBits, outputBits, granule, inputBits, startLevel, pointer, options);
  }

  /**
   * A stage 2 table, of up to 16 concatenated tables at its start level.
   *
   * @param implementedBits OAS
   * @param outputBits effective S2PS
   */
  static TranslationTable stage2(
      int implementedBits,
      int outputBits,
      Granule granule,
      int inputBits,
      int startLevel,
      long pointer) {
    return new TranslationTable(
        implementedBits, outputBits, granule, inputBits, startLevel, pointer, 0);
  }

  /** Whether an address belongs to TTB1. */
  static boolean isUpper(long address) {
    return (address >>> SIGN_BIT & 1) != 0;
  }

  /** Whether all bits above the input size are copies of bit 55, the top byte as TBI says. */
  public boolean contains(long address) {
    long extended = topByteIgnored ? address << 8 >> 8 : address;
    return extended >> inputBits == (isUpper(address) ? -1 : 0);
  }

  /** Whether an intermediate address is within the size of a stage 2 input. */
  public boolean containsIntermediate(long ipa) {
    return ipa >>> inputBits == 0;
  }

  /** EPDx: no walks. */
  public boolean disabled() {
    return disabled;
  }

  /** HADx: permissions in table descriptors do not count. */
  public boolean hierarchyIgnored() {
    return hierarchyIgnored;
  }

  /** E0PDx: unprivileged accesses fault without a walk. */
  public boolean unprivilegedRefused() {
    return unprivilegedRefused;
  }

  public Granule granule() {
    return granule;
  }

  /** Address bits that it translates, 64 - TxSZ; of a disabled half, as many as there can be. */
  public int inputBits() {
    return inputBits;
  }

  public int startLevel() {
    return startLevel;
  }

  /** Address of the first table. */
  public long base() {
    return base;
  }

  /** Lowest address bit that indexes a table of {@code level}. */
  public int levelShift(int level) {
    return granuleShift + (Granule.LAST_LEVEL - level) * stride;
  }

  /** Address bits that one level translates. */
  public int stride() {
    return stride;
  }

  /** How many descriptors a table has, less 1; those of the start level may differ. */
  public long indexMask() {
    return strideMask;
  }

  /** The same of the start level. */
  public long startIndexMask() {
    return startIndexMask;
  }

  /** Whether a descriptor maps something or points somewhere. */
  public boolean isValid(long descriptor, int level) {
    if (Descriptor.isTable(descriptor)) {
      return true;
    }
    return Descriptor.isValid(descriptor)
        && level != Granule.LAST_LEVEL
        && granule.hasLeaf(level, implementedBits);
  }

  /** Whether a valid descriptor is a block or a page. */
  public static boolean isLeaf(long descriptor, int level) {
    return level == Granule.LAST_LEVEL || !Descriptor.isTable(descriptor);
  }

  /** The next table, or the output of a page. */
  public long address(long descriptor) {
    long low = descriptor & pageMask;
    return wide ? low | (descriptor & HIGH_ADDRESS_64K) << HIGH_ADDRESS_SHIFT : low;
  }

  /** The output of a block or page of {@code level}. */
  public long leafAddress(long descriptor, int level) {
    return address(descriptor) & -(1L << levelShift(level));
  }

  /** Whether an address that a descriptor holds is beyond the effective output size. */
  public boolean isBeyondOutput(long address) {
    return address >>> outputBits != 0;
  }
}
