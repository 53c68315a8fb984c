package org.smmulator.guest.iommu.smmuv3;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.register.Idr0;
import org.smmulator.arch.register.Idr1;
import org.smmulator.arch.register.Idr5;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;

/**
 * What the ID registers say (IHI 0070 6.3.1 to 6.3.6), as far as the driver uses it.
 *
 * @param outputAddressSize code of IDR5.OAS, limited to 48 bits: what the 4 KiB granule can address
 */
record SmmuCapabilities(
    int streamIdBits,
    int substreamIdBits,
    int commandQueueLog2,
    int eventQueueLog2,
    int priQueueLog2,
    boolean ats,
    boolean pri,
    boolean msi,
    boolean hyp,
    boolean broadcastTlbi,
    boolean recordsAtsErrors,
    boolean stallsConfigurable,
    boolean twoLevelContexts,
    int outputAddressSize) {

  private static final int TTF_AARCH64 = 2;
  private static final int BIG_ENDIAN_ONLY = 3;
  private static final int STALL_FORCED = 2;
  private static final int OAS_48 = 5;

  /** Without a 2-level stream table only so many stream IDs are worth a linear one. */
  private static final int LINEAR_STREAM_BITS = 8;

  static SmmuCapabilities read(SmmuRegisters registers) throws IommuException {
    int idr0 = registers.read(SmmuRegister.IDR0);
    int idr1 = registers.read(SmmuRegister.IDR1);
    int idr5 = registers.read(SmmuRegister.IDR5);
    String refusal = refusal(idr0, idr1, idr5);
    if (refusal != null) {
      throw new IommuException(Errno.ENODEV, refusal);
    }
    boolean ats = Idr0.ATS.isSet(idr0);
    return new SmmuCapabilities(
        Idr1.SIDSIZE.getInt(idr1),
        Idr1.SSIDSIZE.getInt(idr1),
        Idr1.CMDQS.getInt(idr1),
        Idr1.EVENTQS.getInt(idr1),
        Idr1.PRIQS.getInt(idr1),
        ats,
        ats && Idr0.PRI.isSet(idr0),
        Idr0.MSI.isSet(idr0),
        Idr0.HYP.isSet(idr0),
        Idr0.BTM.isSet(idr0),
        Idr0.ATSRECERR.isSet(idr0),
        Idr0.STALL_MODEL.getInt(idr0) == 0,
        Idr0.CD2L.isSet(idr0),
        Math.min(Idr5.OAS.getInt(idr5), OAS_48));
  }

  private static @Nullable String refusal(int idr0, int idr1, int idr5) {
    if (!Idr0.S1P.isSet(idr0)) {
      return "the SMMU has no stage 1 (IDR0.S1P is 0), but device address spaces need it";
    }
    if ((Idr0.TTF.getInt(idr0) & TTF_AARCH64) == 0) {
      return "the SMMU walks no AArch64 tables (IDR0.TTF), but the guest's tables are of that kind";
    }
    if (!Idr5.GRAN4K.isSet(idr5)) {
      return "the SMMU has no 4 KiB granule (IDR5.GRAN4K is 0), but the guest's pages are 4 KiB";
    }
    if (!Idr0.ASID16.isSet(idr0)) {
      return "the SMMU has ASIDs of 8 bits (IDR0.ASID16 is 0), but the guest's are of 16";
    }
    if (!Idr0.COHACC.isSet(idr0)) {
      return "the SMMU does not snoop caches (IDR0.COHACC is 0), but the driver cleans none";
    }
    if (Idr0.TTENDIAN.getInt(idr0) == BIG_ENDIAN_ONLY) {
      return "the SMMU walks big-endian tables only (IDR0.TTENDIAN), but the guest's are little";
    }
    if (Idr0.STALL_MODEL.getInt(idr0) == STALL_FORCED) {
      return "the SMMU stalls every fault (IDR0.STALL_MODEL is 2), which PCIe streams must not";
    }
    if (Idr1.TABLES_PRESET.isSet(idr1) || Idr1.QUEUES_PRESET.isSet(idr1) || Idr1.REL.isSet(idr1)) {
      return "the SMMU fixes the addresses of its tables or queues (IDR1), but the driver sets"
          + " them";
    }
    if (Idr1.SIDSIZE.getInt(idr1) > LINEAR_STREAM_BITS && Idr0.ST_LEVEL.getInt(idr0) == 0) {
      return "the SMMU has no 2-level stream table (IDR0.ST_LEVEL is 0) for its stream IDs";
    }
    if (Idr1.CMDQS.getInt(idr1) == 0) {
      return "the SMMU's command queue has one entry (IDR1.CMDQS is 0), but the driver needs two";
    }
    return null;
  }
}
