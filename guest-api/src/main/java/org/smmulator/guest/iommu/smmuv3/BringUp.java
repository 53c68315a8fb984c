package org.smmulator.guest.iommu.smmuv3;

import org.smmulator.arch.register.Cr0;
import org.smmulator.arch.register.Cr1;
import org.smmulator.arch.register.Cr2;
import org.smmulator.arch.register.IrqCtrl;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.guest.iommu.IommuException;

/**
 * Brings the SMMU from any state to translating, in the order of IHI 0070 3.11: each part is
 * programmed while it is off, and no stale entry is cached when translation begins.
 */
final class BringUp {
  private static final int WRITE_BACK = 1;
  private static final int INNER_SHAREABLE = 3;

  private final SmmuRegisters registers;
  private final SmmuCapabilities capabilities;
  private final StreamTable streamTable;
  private final CommandQueue commands;
  private final OutputQueue events;
  private final OutputQueue pageRequests;
  private final InterruptSetup interrupts;
  private int cr0;

  BringUp(
      SmmuRegisters registers,
      SmmuCapabilities capabilities,
      StreamTable streamTable,
      CommandQueue commands,
      OutputQueue events,
      OutputQueue pageRequests,
      InterruptSetup interrupts) {
    this.registers = registers;
    this.capabilities = capabilities;
    this.streamTable = streamTable;
    this.commands = commands;
    this.events = events;
    this.pageRequests = pageRequests;
    this.interrupts = interrupts;
  }

  void run() throws IommuException {
    disable(registers);
    attributes();
    registers.write(SmmuRegister.STRTAB_BASE, streamTable.baseRegister());
    registers.write(SmmuRegister.STRTAB_BASE_CFG, streamTable.configRegister());
    registers.write(SmmuRegister.CMDQ_BASE, commands.baseRegister());
    registers.write(SmmuRegister.CMDQ_PROD, 0);
    registers.write(SmmuRegister.CMDQ_CONS, 0);
    enable((int) Cr0.CMDQEN.of(1));
    invalidateEverything();
    registers.write(SmmuRegister.EVENTQ_BASE, events.baseRegister());
    registers.write(SmmuRegister.EVENTQ_PROD, 0);
    registers.write(SmmuRegister.EVENTQ_CONS, 0);
    enable((int) Cr0.EVENTQEN.of(1));
    if (capabilities.pri()) {
      registers.write(SmmuRegister.PRIQ_BASE, pageRequests.baseRegister());
      registers.write(SmmuRegister.PRIQ_PROD, 0);
      registers.write(SmmuRegister.PRIQ_CONS, 0);
      enable((int) Cr0.PRIQEN.of(1));
    }
    if (capabilities.ats()) {
      enable((int) Cr0.ATSCHK.of(1));
    }
    enableInterrupts();
    enable((int) Cr0.SMMUEN.of(1));
  }

  /** Stops the SMMU; traffic aborts. */
  static void disable(SmmuRegisters registers) throws IommuException {
    if (Cr0.SMMUEN.isSet(registers.read(SmmuRegister.CR0))) {
      registers.abortBypass();
    }
    registers.writeAcknowledged(SmmuRegister.CR0, SmmuRegister.CR0ACK, 0);
  }

  private void attributes() {
    registers.write(
        SmmuRegister.CR1,
        Cr1.TABLE_SH.of(INNER_SHAREABLE)
            | Cr1.TABLE_OC.of(WRITE_BACK)
            | Cr1.TABLE_IC.of(WRITE_BACK)
            | Cr1.QUEUE_SH.of(INNER_SHAREABLE)
            | Cr1.QUEUE_OC.of(WRITE_BACK)
            | Cr1.QUEUE_IC.of(WRITE_BACK));
    // All invalidation is by command: no part in the CPUs' broadcasts. Unknown streams and what
    // goes wrong with ATS are worth a record.
    registers.write(
        SmmuRegister.CR2,
        Cr2.RECINVSID.of(1)
            | Cr2.PTM.of(capabilities.broadcastTlbi() ? 1 : 0)
            | Cr2.REC_CFG_ATS.of(capabilities.recordsAtsErrors() ? 1 : 0));
  }

  private void invalidateEverything() {
    commands.run(new CommandBatch().cfgiAll());
    if (capabilities.hyp()) {
      commands.run(new CommandBatch().tlbiEl2All());
    }
    commands.run(new CommandBatch().tlbiNsnhAll());
  }

  private void enableInterrupts() throws IommuException {
    registers.writeAcknowledged(SmmuRegister.IRQ_CTRL, SmmuRegister.IRQ_CTRLACK, 0);
    interrupts.program();
    long sources =
        IrqCtrl.GERROR_IRQEN.of(1)
            | IrqCtrl.EVENTQ_IRQEN.of(1)
            | IrqCtrl.PRIQ_IRQEN.of(capabilities.pri() ? 1 : 0);
    registers.writeAcknowledged(SmmuRegister.IRQ_CTRL, SmmuRegister.IRQ_CTRLACK, (int) sources);
    // An edge that came before is not repeated.
    interrupts.raiseAll();
  }

  private void enable(int bit) throws IommuException {
    cr0 |= bit;
    registers.writeAcknowledged(SmmuRegister.CR0, SmmuRegister.CR0ACK, cr0);
  }
}
