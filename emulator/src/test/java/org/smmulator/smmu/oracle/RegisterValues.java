package org.smmulator.smmu.oracle;

import static org.smmulator.smmu.oracle.Bits.bit;
import static org.smmulator.smmu.oracle.Bits.bits;

/** The registers that decide translations, as software reads them, and their fields. */
record RegisterValues(
    long idr0,
    long idr1,
    long idr3,
    long idr5,
    long aidr,
    long cr0,
    long cr2,
    long gbpa,
    long strtabBase,
    long strtabBaseCfg) {

  private static final int[] ADDRESS_SIZES = {32, 36, 40, 42, 44, 48, 52, 52};

  /** A read of an aligned register by software. */
  interface Reader {
    long read(int offset, int sizeBytes);
  }

  static RegisterValues readFrom(Reader reader) {
    return new RegisterValues(
        reader.read(0x0, 4),
        reader.read(0x4, 4),
        reader.read(0xc, 4),
        reader.read(0x14, 4),
        reader.read(0x1c, 4),
        reader.read(0x20, 4),
        reader.read(0x2c, 4),
        reader.read(0x44, 4),
        reader.read(0x80, 8),
        reader.read(0x88, 4));
  }

  boolean stage2Supported() {
    return bit(idr0, 0);
  }

  boolean stage1Supported() {
    return bit(idr0, 1);
  }

  boolean aarch32Tables() {
    return bit(idr0, 2);
  }

  boolean aarch64Tables() {
    return bit(idr0, 3);
  }

  /** 0 none, 1 access flag, 2 access flag and dirty state. */
  int httu() {
    return (int) bits(idr0, 7, 6);
  }

  boolean btm() {
    return bit(idr0, 5);
  }

  boolean atos() {
    return bit(idr0, 15);
  }

  boolean vmidGroups() {
    return bit(idr0, 17);
  }

  int stallMax() {
    return (int) bits(idr5, 31, 16);
  }

  /** How many low bits of a VMID invalidations ignore. */
  int ignoredVmidBits() {
    int vmw = (int) bits(cr0, 8, 6);
    return vmidGroups() && vmw <= 4 ? vmw : 0;
  }

  boolean ranges() {
    return bit(idr3, 10);
  }

  /** Whether TLB maintenance of CPUs reaches the SMMU. */
  boolean hearsCpus() {
    return btm() && !bit(cr2, 2);
  }

  boolean hyp() {
    return bit(idr0, 9);
  }

  boolean ats() {
    return bit(idr0, 10);
  }

  boolean noSplitStageAts() {
    return bit(idr0, 11);
  }

  boolean asid16() {
    return bit(idr0, 12);
  }

  boolean vmid16() {
    return bit(idr0, 18);
  }

  boolean twoLevelCds() {
    return bit(idr0, 19);
  }

  /** Whether tables of this endianness are supported. */
  boolean endianSupported(boolean big) {
    long ttendian = bits(idr0, 22, 21);
    return ttendian == 0 || ttendian == (big ? 3 : 2);
  }

  boolean recordsAtsErrors() {
    return bit(idr0, 23);
  }

  int stallModel() {
    return (int) bits(idr0, 25, 24);
  }

  boolean abortOnly() {
    return bit(idr0, 26);
  }

  boolean twoLevelStreams() {
    return bits(idr0, 28, 27) == 1;
  }

  int streamIdBits() {
    return (int) bits(idr1, 5, 0);
  }

  int substreamIdBits() {
    return (int) bits(idr1, 10, 6);
  }

  boolean permissionOverrides() {
    return bit(idr1, 26);
  }

  boolean hierarchicalDisable() {
    return bit(idr3, 2);
  }

  boolean xnx() {
    return bit(idr3, 4);
  }

  boolean fwb() {
    return bit(idr3, 8);
  }

  boolean smallTables() {
    return bit(idr3, 9);
  }

  boolean e0pd() {
    return bit(idr3, 13);
  }

  int outputBits() {
    return ADDRESS_SIZES[(int) bits(idr5, 2, 0)];
  }

  /** IAS: what stage 1 may output to stage 2. */
  int intermediateBits() {
    return Math.max(aarch32Tables() ? 40 : 0, aarch64Tables() ? outputBits() : 0);
  }

  boolean granuleSupported(int granuleLog2) {
    return switch (granuleLog2) {
      case 12 -> bit(idr5, 4);
      case 14 -> bit(idr5, 5);
      case 16 -> bit(idr5, 6);
      default -> false;
    };
  }

  /** STU of ATS: the smallest granule. */
  int smallestGranuleLog2() {
    return granuleSupported(12) ? 12 : granuleSupported(14) ? 14 : 16;
  }

  boolean wideVirtualAddresses() {
    return bits(idr5, 11, 10) == 1;
  }

  boolean enabled() {
    return bit(cr0, 0);
  }

  boolean atsChecked() {
    return ats() && bit(cr0, 4);
  }

  boolean e2h() {
    return hyp() && bit(cr2, 0);
  }

  boolean recordsInvalidStreamIds() {
    return bit(cr2, 1);
  }

  boolean recordsConfigurationOfAts() {
    return recordsAtsErrors() && bit(cr2, 3);
  }

  boolean globalAbort() {
    return bit(gbpa, 20);
  }

  /** The size that a field in the code of OAS stands for, at most OAS. */
  int effectiveSize(long code) {
    return Math.min(ADDRESS_SIZES[(int) code], outputBits());
  }

  /** Bits of an address that an event record can hold. */
  long reportable(long address) {
    return address & Bits.ones(Math.min(outputBits(), bits(aidr, 3, 0) == 0 ? 48 : 52));
  }
}
