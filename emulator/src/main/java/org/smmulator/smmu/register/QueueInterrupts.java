package org.smmulator.smmu.register;

import org.smmulator.arch.BitField;
import org.smmulator.arch.register.Gerror;
import org.smmulator.arch.register.IrqCfg;
import org.smmulator.arch.register.IrqCtrl;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.smmu.port.SmmuInterrupt;
import org.smmulator.smmu.port.SmmuOutputs;

/**
 * Interrupts of the three queues (IHI 0070 3.18): an edge on a wired line, and an MSI as well where
 * software gave an address. None is held or repeated.
 */
public final class QueueInterrupts {
  private final Registers registers;
  private final MsiWriter msi;
  private final GlobalErrors errors;
  private final SmmuOutputs outputs;

  public QueueInterrupts(
      Registers registers, MsiWriter msi, GlobalErrors errors, SmmuOutputs outputs) {
    this.registers = registers;
    this.msi = msi;
    this.errors = errors;
    this.outputs = outputs;
  }

  public void eventQueue() {
    if (IrqCtrl.EVENTQ_IRQEN.isSet(registers.get(SmmuRegister.IRQ_CTRL))) {
      send(
          SmmuInterrupt.EVENTQ,
          IrqCfg.ADDR.inPlace(registers.get(SmmuRegister.EVENTQ_IRQ_CFG0)),
          (int) registers.get(SmmuRegister.EVENTQ_IRQ_CFG1),
          Gerror.MSI_EVENTQ_ABT_ERR);
    }
  }

  public void pageRequestQueue() {
    if (IrqCtrl.PRIQ_IRQEN.isSet(registers.get(SmmuRegister.IRQ_CTRL))) {
      send(
          SmmuInterrupt.PRIQ,
          IrqCfg.ADDR.inPlace(registers.get(SmmuRegister.PRIQ_IRQ_CFG0)),
          (int) registers.get(SmmuRegister.PRIQ_IRQ_CFG1),
          Gerror.MSI_PRIQ_ABT_ERR);
    }
  }

  /** Of a CMD_SYNC with CS = IRQ: the command itself says where to, and no register masks it. */
  public void commandSync(long msiAddress, int msiData) {
    send(SmmuInterrupt.CMD_SYNC, msiAddress, msiData, Gerror.MSI_CMDQ_ABT_ERR);
  }

  private void send(SmmuInterrupt line, long address, int data, BitField abortError) {
    if (!msi.write(address, data)) {
      errors.raise(abortError);
    }
    outputs.pulse(line);
  }
}
