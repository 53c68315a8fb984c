package org.smmulator.smmu.oracle;

import static org.smmulator.smmu.oracle.Bits.flag;
import static org.smmulator.smmu.oracle.Bits.inPlace;

/** The four words of an event record (section 6.2). */
final class EventRecords {
  private EventRecords() {}

  /**
   * The record of a fault.
   *
   * @param effective the access after the overrides of the STE
   */
  static EventRecord of(
      RegisterValues registers, Access access, Attributes effective, Fault fault, boolean stall) {
    return switch (fault.type) {
      case Fault.C_BAD_STREAMID, Fault.C_BAD_STE, Fault.C_BAD_CD ->
          new EventRecord(withSubstream(fault.type, access), 0, 0, 0);
      case Fault.F_STREAM_DISABLED -> new EventRecord(streamOnly(fault.type, access), 0, 0, 0);
      case Fault.C_BAD_SUBSTREAMID ->
          new EventRecord(withSubstream(fault.type, access) & ~(1L << 11), 0, 0, 0);
      case Fault.F_STE_FETCH, Fault.F_CD_FETCH ->
          new EventRecord(withSubstream(fault.type, access), 0, 0, fetchAddress(registers, fault));
      case Fault.F_WALK_EABT ->
          new EventRecord(
              withSubstream(fault.type, access),
              accessBits(effective, fault),
              access.address(),
              fetchAddress(registers, fault));
      case Fault.F_TRANSLATION, Fault.F_ADDR_SIZE, Fault.F_ACCESS, Fault.F_PERMISSION ->
          new EventRecord(
              withSubstream(fault.type, access),
              accessBits(effective, fault) | flag(stall, 31) | descriptorRead(fault),
              access.address(),
              fault.stage2 ? inPlace(registers.reportable(fault.ipa), 51, 12) : 0);
      default -> throw new IllegalStateException("no record for event " + fault.type);
    };
  }

  /** F_BAD_ATS_TREQ; the four bits of Span stay 0. */
  static EventRecord badTranslationRequest(Access access) {
    boolean pasid = access.hasSubstream();
    long wanted =
        flag(pasid && access.privileged(), 28)
            | flag(pasid && access.instruction(), 29)
            | flag(access.write(), 30)
            | flag(true, 31);
    return new EventRecord(
        withSubstream(Fault.F_BAD_ATS_TREQ, access), wanted, inPlace(access.address(), 63, 12), 0);
  }

  static EventRecord translationForbidden(Access access) {
    return new EventRecord(
        streamOnly(Fault.F_TRANSL_FORBIDDEN, access),
        flag(!access.write(), 35),
        access.address(),
        0);
  }

  private static long streamOnly(int type, Access access) {
    return type | (Integer.toUnsignedLong(access.streamId()) << 32);
  }

  private static long withSubstream(int type, Access access) {
    long substream = access.hasSubstream() ? (1L << 11) | ((long) access.substreamId() << 12) : 0;
    return streamOnly(type, access) | substream;
  }

  private static long fetchAddress(RegisterValues registers, Fault fault) {
    return inPlace(registers.reportable(fault.fetchAddress), 51, 3);
  }

  private static long accessBits(Attributes effective, Fault fault) {
    return flag(effective.privileged(), 33)
        | flag(effective.instruction() && !effective.write(), 34)
        | flag(!effective.write(), 35)
        | flag(fault.stage2, 39)
        | ((long) fault.eventClass << 40);
  }

  /** TTRnW: of a permission fault on a descriptor, that it was read. */
  private static long descriptorRead(Fault fault) {
    boolean ofDescriptor =
        fault.type == Fault.F_PERMISSION && fault.stage2 && fault.eventClass == Fault.CLASS_TT;
    return flag(ofDescriptor && !fault.descriptorWrite, 44);
  }
}
