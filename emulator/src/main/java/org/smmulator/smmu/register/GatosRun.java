package org.smmulator.smmu.register;

import org.smmulator.arch.register.Gatos;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.Transaction;

/**
 * GATOS_CTRL.RUN (IHI 0070 9.1): a request is translated while software's write of RUN waits, so
 * RUN is never seen set, no register changes under a request, and INTERNAL_ERR (the SMMU disabled
 * meanwhile) cannot happen. RUN is ignored while SMMUEN is 0.
 */
final class GatosRun {
  private final Registers registers;
  private final SmmuFeatures features;
  private final GatosTranslator translator;

  GatosRun(Registers registers, SmmuFeatures features, GatosTranslator translator) {
    this.registers = registers;
    this.features = features;
    this.translator = translator;
  }

  /** A write of GATOS_CTRL. */
  void write(long value) {
    if (Gatos.RUN.isSet(value) && registers.smmuEnabled()) {
      registers.publish(SmmuRegister.GATOS_PAR, result());
    }
  }

  private long result() {
    long addr = registers.get(SmmuRegister.GATOS_ADDR);
    GatosRequest request = GatosRequest.of(registers.get(SmmuRegister.GATOS_SID), addr);
    boolean possible =
        (request.stage1() || request.stage2())
            && (!request.stage1() || features.has(Feature.S1P))
            && (!request.stage2() || features.has(Feature.S2P))
            && (request.stage1() || request.substreamId() == Transaction.NO_SUBSTREAM);
    return possible
        ? translator.translate(request)
        : Gatos.FAULT.of(1) | Gatos.FAULTCODE.of(Gatos.INV_REQ);
  }
}
