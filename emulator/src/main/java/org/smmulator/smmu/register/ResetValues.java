package org.smmulator.smmu.register;

import org.smmulator.arch.register.Aidr;
import org.smmulator.arch.register.Cr2;
import org.smmulator.arch.register.Gbpa;
import org.smmulator.arch.register.Idr0;
import org.smmulator.arch.register.Idr1;
import org.smmulator.arch.register.Idr3;
import org.smmulator.arch.register.Idr5;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;

/**
 * What registers hold after reset: the ID registers (IHI 0070 6.3.1 to 6.3.8) show what is
 * implemented and nothing else; all others are zero but for two. IIDR is zero: nobody's product.
 */
final class ResetValues {
  private static final int SHCFG_INCOMING = 1;

  private ResetValues() {}

  static long of(SmmuRegister register, SmmuFeatures features) {
    return switch (register) {
      case IDR0 -> idr0(features);
      case IDR1 -> idr1(features);
      case IDR3 -> idr3(features);
      case IDR5 -> idr5(features);
      case AIDR -> Aidr.ARCH_MINOR.of(features.architecture().minor());
      // Broadcast invalidations of CPUs are for those who ask for them.
      case CR2 -> Cr2.PTM.of(bit(features, Feature.BTM));
      case GBPA -> features.has(Feature.ATTR_TYPES_OVR) ? Gbpa.SHCFG.of(SHCFG_INCOMING) : 0;
      default -> 0;
    };
  }

  private static long idr0(SmmuFeatures features) {
    boolean couldSplit =
        features.has(Feature.ATS) && features.has(Feature.S1P) && features.has(Feature.S2P);
    boolean twoLevelContexts = features.has(Feature.CD2L) && features.substreamIdBits() > 0;
    return Idr0.S2P.of(bit(features, Feature.S2P))
        | Idr0.S1P.of(bit(features, Feature.S1P))
        | Idr0.TTF.of(2)
        | Idr0.COHACC.of(bit(features, Feature.COHACC))
        | Idr0.BTM.of(bit(features, Feature.BTM))
        | Idr0.HTTU.of(httu(features))
        | Idr0.HYP.of(bit(features, Feature.HYP))
        | Idr0.ATS.of(bit(features, Feature.ATS))
        | Idr0.NS1ATS.of(couldSplit ? 1 - bit(features, Feature.SPLIT_ATS) : 0)
        | Idr0.ASID16.of(bit(features, Feature.ASID16))
        | Idr0.MSI.of(bit(features, Feature.MSI))
        | Idr0.SEV.of(bit(features, Feature.SEV))
        | Idr0.ATOS.of(bit(features, Feature.ATOS))
        | Idr0.PRI.of(bit(features, Feature.PRI))
        | Idr0.VMW.of(bit(features, Feature.VMW))
        | Idr0.VMID16.of(bit(features, Feature.VMID16))
        | Idr0.CD2L.of(twoLevelContexts ? 1 : 0)
        | Idr0.TTENDIAN.of(2)
        | Idr0.ATSRECERR.of(bit(features, Feature.ATSRECERR))
        | Idr0.STALL_MODEL.of(stallModel(features))
        | Idr0.TERM_MODEL.of(bit(features, Feature.TERM_MODEL))
        | Idr0.ST_LEVEL.of(bit(features, Feature.TWO_LEVEL_STREAM_TABLE));
  }

  private static int httu(SmmuFeatures features) {
    return switch (features.httu()) {
      case NONE -> 0;
      case ACCESS_FLAG -> 1;
      case ACCESS_FLAG_AND_DIRTY -> 2;
    };
  }

  private static int stallModel(SmmuFeatures features) {
    return switch (features.stallModel()) {
      case CONFIGURABLE -> 0;
      case TERMINATE_ONLY -> 1;
      case FORCED -> 2;
    };
  }

  private static long idr1(SmmuFeatures features) {
    SmmuFeatures.Queues queues = features.queues();
    return Idr1.SIDSIZE.of(features.streamIdBits())
        | Idr1.SSIDSIZE.of(features.substreamIdBits())
        | Idr1.PRIQS.of(features.has(Feature.PRI) ? queues.pageRequestLog2() : 0)
        | Idr1.EVENTQS.of(queues.eventLog2())
        | Idr1.CMDQS.of(queues.commandLog2())
        | Idr1.ATTR_PERMS_OVR.of(bit(features, Feature.ATTR_PERMS_OVR))
        | Idr1.ATTR_TYPES_OVR.of(bit(features, Feature.ATTR_TYPES_OVR));
  }

  private static long idr3(SmmuFeatures features) {
    return Idr3.HAD.of(bit(features, Feature.HAD))
        | Idr3.XNX.of(bit(features, Feature.XNX))
        | Idr3.PPS.of(features.substreamIdBits() == 0 ? 0 : bit(features, Feature.PPS))
        | Idr3.FWB.of(bit(features, Feature.FWB))
        | Idr3.STT.of(bit(features, Feature.STT))
        | Idr3.RIL.of(bit(features, Feature.RIL))
        | Idr3.BBML.of(features.breakBeforeMakeLevel())
        | Idr3.E0PD.of(bit(features, Feature.E0PD));
  }

  private static long idr5(SmmuFeatures features) {
    boolean stalls = features.stallModel() != SmmuFeatures.StallModel.TERMINATE_ONLY;
    return Idr5.OAS.of(addressSizeCode(features.outputAddressBits()))
        | Idr5.GRAN4K.of(bit(features, Feature.GRAN4K))
        | Idr5.GRAN16K.of(bit(features, Feature.GRAN16K))
        | Idr5.GRAN64K.of(bit(features, Feature.GRAN64K))
        | Idr5.VAX.of(bit(features, Feature.VAX52))
        | Idr5.STALL_MAX.of(stalls ? features.stallMax() : 0);
  }

  private static int bit(SmmuFeatures features, Feature feature) {
    return features.has(feature) ? 1 : 0;
  }

  private static int addressSizeCode(int bits) {
    return switch (bits) {
      case 32 -> 0;
      case 36 -> 1;
      case 40 -> 2;
      case 42 -> 3;
      case 44 -> 4;
      case 48 -> 5;
      case 52 -> 6;
      default -> throw new IllegalStateException("address size of " + bits + " bits");
    };
  }
}
