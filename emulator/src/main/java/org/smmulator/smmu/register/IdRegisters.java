package org.smmulator.smmu.register;

import org.smmulator.arch.register.Idr0;
import org.smmulator.arch.register.Idr1;
import org.smmulator.arch.register.Idr3;
import org.smmulator.arch.register.Idr5;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.smmu.SmmuFeatures;

/** The ID registers (IHI 0070 6.3.1 to 6.3.8): they show what is implemented and nothing else. */
final class IdRegisters {
  /** AIDR: SMMUv3.1. */
  private static final long ARCHITECTURE_3_1 = 0x01;

  private IdRegisters() {}

  /** Reset value of a register; 0 for one that is not an ID register. */
  static long value(SmmuRegister register, SmmuFeatures features) {
    return switch (register) {
      case IDR0 -> idr0(features);
      case IDR1 -> idr1(features);
      case IDR3 -> Idr3.HAD.of(1) | Idr3.PPS.of(features.priPasidAlways() ? 1 : 0);
      case IDR5 -> Idr5.OAS.of(addressSizeCode(features.outputAddressBits())) | Idr5.GRAN4K.of(1);
      case AIDR -> ARCHITECTURE_3_1;
      default -> 0;
    };
  }

  private static long idr0(SmmuFeatures features) {
    return Idr0.S1P.of(1)
        | Idr0.TTF.of(2)
        | Idr0.COHACC.of(1)
        | Idr0.ATS.of(features.ats() ? 1 : 0)
        | Idr0.ASID16.of(1)
        | Idr0.MSI.of(1)
        | Idr0.PRI.of(features.pri() ? 1 : 0)
        | Idr0.CD2L.of(features.substreamIdBits() > 0 ? 1 : 0)
        | Idr0.TTENDIAN.of(2)
        | Idr0.ATSRECERR.of(features.ats() ? 1 : 0)
        | Idr0.STALL_MODEL.of(1)
        | Idr0.ST_LEVEL.of(1);
  }

  private static long idr1(SmmuFeatures features) {
    SmmuFeatures.Queues queues = features.queues();
    return Idr1.SIDSIZE.of(features.streamIdBits())
        | Idr1.SSIDSIZE.of(features.substreamIdBits())
        | Idr1.PRIQS.of(features.pri() ? queues.pageRequestLog2() : 0)
        | Idr1.EVENTQS.of(queues.eventLog2())
        | Idr1.CMDQS.of(queues.commandLog2());
  }

  private static int addressSizeCode(int bits) {
    return switch (bits) {
      case 32 -> 0;
      case 36 -> 1;
      case 40 -> 2;
      case 42 -> 3;
      case 44 -> 4;
      case 48 -> 5;
      default -> throw new IllegalStateException("address size of " + bits + " bits");
    };
  }
}
