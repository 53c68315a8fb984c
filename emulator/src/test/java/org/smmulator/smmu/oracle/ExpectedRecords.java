package org.smmulator.smmu.oracle;

import static org.smmulator.smmu.oracle.Bits.flag;
import static org.smmulator.smmu.oracle.Bits.inPlace;

/** The four words of an event record (IHI 0070 7.3). */
final class ExpectedRecords {
  private ExpectedRecords() {}

  /**
   * The record of a fault.
   *
   * @param effective the access after the overrides of the STE
   */
  static EventRecord of(
      RegisterValues registers,
      ClientAccess access,
      Attributes effective,
      ExpectedFault fault,
      boolean stall) {
    return switch (fault.type) {
      case ExpectedFault.C_BAD_STREAMID, ExpectedFault.C_BAD_STE, ExpectedFault.C_BAD_CD ->
          new EventRecord(withSubstream(fault.type, access), 0, 0, 0);
      case ExpectedFault.F_STREAM_DISABLED ->
          new EventRecord(streamOnly(fault.type, access), 0, 0, 0);
      case ExpectedFault.C_BAD_SUBSTREAMID ->
          new EventRecord(withSubstream(fault.type, access) & ~(1L << 11), 0, 0, 0);
      case ExpectedFault.F_STE_FETCH, ExpectedFault.F_CD_FETCH ->
          new EventRecord(withSubstream(fault.type, access), 0, 0, fetchAddress(registers, fault));
      case ExpectedFault.F_WALK_EABT ->
          new EventRecord(
              withSubstream(fault.type, access),
              accessBits(effective, fault),
              access.address(),
              fetchAddress(registers, fault));
      case ExpectedFault.F_TRANSLATION,
          ExpectedFault.F_ADDR_SIZE,
          ExpectedFault.F_ACCESS,
          ExpectedFault.F_PERMISSION ->
          new EventRecord(
              withSubstream(fault.type, access),
              accessBits(effective, fault) | flag(stall, 31) | descriptorRead(fault),
              access.address(),
              fault.stage2 ? inPlace(registers.reportable(fault.ipa), 51, 12) : 0);
      default -> throw new IllegalStateException("no record for event " + fault.type);
    };
  }

  /** F_BAD_ATS_TREQ; the four bits of Span stay 0. */
  static EventRecord badTranslationRequest(ClientAccess access) {
    boolean pasid = access.hasSubstream();
    long wanted =
        flag(pasid && access.privileged(), 28)
            | flag(pasid && access.instruction(), 29)
            | flag(access.write(), 30)
            | flag(true, 31);
    return new EventRecord(
        withSubstream(ExpectedFault.F_BAD_ATS_TREQ, access),
        wanted,
        inPlace(access.address(), 63, 12),
        0);
  }

  static EventRecord translationForbidden(ClientAccess access) {
    return new EventRecord(
        streamOnly(ExpectedFault.F_TRANSL_FORBIDDEN, access),
        flag(!access.write(), 35),
        access.address(),
        0);
  }

  private static long streamOnly(int type, ClientAccess access) {
    return type | (Integer.toUnsignedLong(access.streamId()) << 32);
  }

  private static long withSubstream(int type, ClientAccess access) {
    long substream = access.hasSubstream() ? (1L << 11) | ((long) access.substreamId() << 12) : 0;
    return streamOnly(type, access) | substream;
  }

  private static long fetchAddress(RegisterValues registers, ExpectedFault fault) {
    return inPlace(registers.reportable(fault.fetchAddress), 51, 3);
  }

  private static long accessBits(Attributes effective, ExpectedFault fault) {
    return flag(effective.privileged(), 33)
        | flag(effective.instruction() && !effective.write(), 34)
        | flag(!effective.write(), 35)
        | flag(fault.stage2, 39)
        | ((long) fault.eventClass << 40);
  }

  /** TTRnW: of a permission fault on a descriptor, that it was read. */
  private static long descriptorRead(ExpectedFault fault) {
    boolean ofDescriptor =
        fault.type == ExpectedFault.F_PERMISSION
            && fault.stage2
            && fault.eventClass == ExpectedFault.CLASS_TT;
    return flag(ofDescriptor && !fault.descriptorWrite, 44);
  }
}
