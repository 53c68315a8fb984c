package org.smmulator.smmu.register;

import org.smmulator.arch.BitField;
import org.smmulator.arch.register.Gerror;
import org.smmulator.arch.register.IrqCfg;
import org.smmulator.arch.register.IrqCtrl;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.smmu.port.SmmuInterrupt;
import org.smmulator.smmu.port.SmmuOutputs;

/**
 * GERROR and GERRORN (IHI 0070 6.3.18): an error is active while its bits differ. The SMMU toggles
 * only GERROR, and only bits of errors that are not active; software toggles only GERRORN.
 */
public final class GlobalErrors {
  private final Registers registers;
  private final MsiWriter msi;
  private final SmmuOutputs outputs;

  public GlobalErrors(Registers registers, MsiWriter msi, SmmuOutputs outputs) {
    this.registers = registers;
    this.msi = msi;
    this.outputs = outputs;
  }

  public boolean isActive(BitField error) {
    return error.isSet(registers.get(SmmuRegister.GERROR) ^ registers.get(SmmuRegister.GERRORN));
  }

  /** Makes an error active; one that already is stays as it is. */
  public void raise(BitField error) {
    if (isActive(error)) {
      return;
    }
    registers.publish(SmmuRegister.GERROR, registers.get(SmmuRegister.GERROR) ^ error.mask());
    // The abort of this very interrupt's MSI cannot be announced by it.
    if (!error.equals(Gerror.MSI_GERROR_ABT_ERR)
        && IrqCtrl.GERROR_IRQEN.isSet(registers.get(SmmuRegister.IRQ_CTRL))) {
      interrupt();
    }
  }

  private void interrupt() {
    long address = IrqCfg.ADDR.inPlace(registers.get(SmmuRegister.GERROR_IRQ_CFG0));
    if (!msi.write(address, (int) registers.get(SmmuRegister.GERROR_IRQ_CFG1))) {
      raise(Gerror.MSI_GERROR_ABT_ERR);
    }
    outputs.pulse(SmmuInterrupt.GERROR);
  }
}
