package org.smmulator.smmu.oracle;

import org.jspecify.annotations.Nullable;

/**
 * Why a transaction goes no further: an event of IHI 0070 7.3 with what only the failing step
 * knows.
 */
final class ExpectedFault extends Exception {
  private static final long serialVersionUID = 1L;

  static final int C_BAD_STREAMID = 0x02;
  static final int F_STE_FETCH = 0x03;
  static final int C_BAD_STE = 0x04;
  static final int F_BAD_ATS_TREQ = 0x05;
  static final int F_STREAM_DISABLED = 0x06;
  static final int F_TRANSL_FORBIDDEN = 0x07;
  static final int C_BAD_SUBSTREAMID = 0x08;
  static final int F_CD_FETCH = 0x09;
  static final int C_BAD_CD = 0x0a;
  static final int F_WALK_EABT = 0x0b;
  static final int F_TRANSLATION = 0x10;
  static final int F_ADDR_SIZE = 0x11;
  static final int F_ACCESS = 0x12;
  static final int F_PERMISSION = 0x13;

  static final int CLASS_CD = 0;
  static final int CLASS_TT = 1;
  static final int CLASS_IN = 2;

  final int type;
  final boolean stage2;
  final int eventClass;
  final long ipa;
  final long fetchAddress;
  final boolean descriptorWrite;
  final boolean ofBypass;

  /** Which rule alone decided, where several could; for the report. */
  @Nullable String rule;

  private ExpectedFault(
      int type,
      boolean stage2,
      int eventClass,
      long ipa,
      long fetchAddress,
      boolean descriptorWrite,
      boolean ofBypass) {
    super("event " + Integer.toHexString(type), null, false, false);
    this.type = type;
    this.stage2 = stage2;
    this.eventClass = eventClass;
    this.ipa = ipa;
    this.fetchAddress = fetchAddress;
    this.descriptorWrite = descriptorWrite;
    this.ofBypass = ofBypass;
  }

  /** A configuration error that names no address. */
  static ExpectedFault configuration(int type) {
    return new ExpectedFault(type, false, 0, 0, 0, false, false);
  }

  static ExpectedFault fetch(int type, long fetchAddress) {
    return new ExpectedFault(type, false, 0, 0, fetchAddress, false, false);
  }

  static ExpectedFault stage1(int type) {
    return new ExpectedFault(type, false, CLASS_IN, 0, 0, false, false);
  }

  /** Input beyond what a bypassed stage 1 lets through. */
  static ExpectedFault bypass() {
    return new ExpectedFault(F_ADDR_SIZE, false, CLASS_IN, 0, 0, false, true);
  }

  static ExpectedFault stage2(int type, int eventClass, long ipa, boolean descriptorWrite) {
    return new ExpectedFault(type, true, eventClass, ipa, 0, descriptorWrite, false);
  }

  static ExpectedFault walkOfStage1(long fetchAddress) {
    return new ExpectedFault(F_WALK_EABT, false, CLASS_TT, 0, fetchAddress, false, false);
  }

  static ExpectedFault walkOfStage2(int eventClass, long fetchAddress) {
    return new ExpectedFault(F_WALK_EABT, true, eventClass, 0, fetchAddress, false, false);
  }

  ExpectedFault because(@Nullable String decisive) {
    rule = decisive;
    return this;
  }

  /** Whether it is one of the four that CD.A, R, S and STE.S2R, S2S govern. */
  boolean ofTranslation() {
    return type >= F_TRANSLATION && type <= F_PERMISSION;
  }
}
