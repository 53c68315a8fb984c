package org.smmulator.smmu.register;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.BitField;
import org.smmulator.arch.register.Cr0;
import org.smmulator.arch.register.Cr1;
import org.smmulator.arch.register.Gbpa;
import org.smmulator.arch.register.IrqCtrl;
import org.smmulator.arch.register.QueueIndex;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.SmmuOutputs;

/**
 * What a write by software does to a register (IHI 0070 6.3). Every handshake is acknowledged at
 * once. A write to a register whose guard is enabled is ignored, as SMMUv3.2 asks and the versions
 * before it allow.
 */
public final class RegisterWrites {
  private static final long QUEUES_ENABLED =
      Cr0.CMDQEN.mask() | Cr0.EVENTQEN.mask() | Cr0.PRIQEN.mask();
  private static final long CR1_TABLE_FIELDS =
      Cr1.TABLE_IC.mask() | Cr1.TABLE_OC.mask() | Cr1.TABLE_SH.mask();
  private static final long CR1_QUEUE_FIELDS =
      Cr1.QUEUE_IC.mask() | Cr1.QUEUE_OC.mask() | Cr1.QUEUE_SH.mask();

  private final Registers registers;
  private final SmmuOutputs outputs;
  private final ControlChanges changes;
  private final GatosRun gatos;

  public RegisterWrites(
      Registers registers,
      SmmuFeatures features,
      SmmuOutputs outputs,
      ControlChanges changes,
      GatosTranslator translator) {
    this.registers = registers;
    this.outputs = outputs;
    this.changes = changes;
    this.gatos = new GatosRun(registers, features, translator);
  }

  /** A write of 4 or 8 bytes; ignored where no register answers. */
  public void write(int offset, int sizeBytes, long value) {
    @Nullable SmmuRegister register = Registers.at(offset);
    if (register == null || !register.writable() || !Registers.fits(register, offset, sizeBytes)) {
      return;
    }
    long whole = value;
    if (sizeBytes == 4) {
      int shift = Registers.shift(register, offset);
      long half = 0xffff_ffffL << shift;
      whole = (registers.get(register) & ~half) | ((value << shift) & half);
    }
    write(register, whole & registers.mask(register));
  }

  /** A case for each register; one place for all of them is worth its length. */
  private void write(SmmuRegister register, long value) {
    switch (register) {
      case CR0 -> writeCr0(value);
      case CR1 -> writeCr1(value);
      case GBPA -> writeGbpa(value);
      case IRQ_CTRL -> {
        registers.set(SmmuRegister.IRQ_CTRL, value);
        registers.publish(SmmuRegister.IRQ_CTRLACK, value);
      }
      case GERRORN -> acknowledge(value);
      case CMDQ_PROD -> {
        registers.set(register, value);
        outputs.workAvailable();
      }
      case EVENTQ_CONS, PRIQ_CONS -> registers.set(register, value);
      case CR2 -> writeCr2(value);
      case GATOS_CTRL -> gatos.write(value);
      case GATOS_SID, GATOS_ADDR -> registers.set(register, value);
      case STRTAB_BASE, STRTAB_BASE_CFG -> writeUnless(Cr0.SMMUEN, register, value);
      case CMDQ_BASE -> {
        writeUnless(Cr0.CMDQEN, register, value);
        trim(SmmuRegister.CMDQ_PROD, SmmuRegister.CMDQ_CONS);
      }
      case CMDQ_CONS ->
          writeUnless(Cr0.CMDQEN, register, QueueIndex.INDEX.set(registers.get(register), value));
      case EVENTQ_BASE -> {
        writeUnless(Cr0.EVENTQEN, register, value);
        trim(SmmuRegister.EVENTQ_PROD, SmmuRegister.EVENTQ_CONS);
      }
      case PRIQ_BASE -> {
        writeUnless(Cr0.PRIQEN, register, value);
        trim(SmmuRegister.PRIQ_PROD, SmmuRegister.PRIQ_CONS);
      }
      case EVENTQ_PROD -> writeUnless(Cr0.EVENTQEN, register, value);
      case PRIQ_PROD -> writeUnless(Cr0.PRIQEN, register, value);
      case GERROR_IRQ_CFG0, GERROR_IRQ_CFG1, GERROR_IRQ_CFG2 ->
          writeUnlessInterrupting(IrqCtrl.GERROR_IRQEN, register, value);
      case EVENTQ_IRQ_CFG0, EVENTQ_IRQ_CFG1, EVENTQ_IRQ_CFG2 ->
          writeUnlessInterrupting(IrqCtrl.EVENTQ_IRQEN, register, value);
      case PRIQ_IRQ_CFG0, PRIQ_IRQ_CFG1, PRIQ_IRQ_CFG2 ->
          writeUnlessInterrupting(IrqCtrl.PRIQ_IRQEN, register, value);
      case IDR0,
          IDR1,
          IDR2,
          IDR3,
          IDR4,
          IDR5,
          IIDR,
          AIDR,
          CR0ACK,
          STATUSR,
          AGBPA,
          IRQ_CTRLACK,
          GERROR,
          GATOS_PAR ->
          throw new IllegalStateException(register + " is not writable");
    }
  }

  /** A smaller queue has narrower indices; ERR of CONS stays. */
  private void trim(SmmuRegister prod, SmmuRegister cons) {
    registers.set(prod, registers.get(prod) & registers.mask(prod));
    long kept = registers.mask(cons) | QueueIndex.ERR.mask();
    registers.set(cons, registers.get(cons) & kept);
  }

  private void writeCr0(long value) {
    boolean wasEnabled = registers.smmuEnabled();
    registers.set(SmmuRegister.CR0, value);
    if (wasEnabled && !registers.smmuEnabled()) {
      changes.disabled();
    }
    registers.publish(SmmuRegister.CR0ACK, value);
    outputs.workAvailable();
  }

  /**
   * Errors that are active and of which the value shows that software saw them are acknowledged; to
   * toggle any other bit means nothing. The command queue may go on.
   */
  private void acknowledge(long value) {
    long gerror = registers.get(SmmuRegister.GERROR);
    long gerrorn = registers.get(SmmuRegister.GERRORN);
    long acknowledged = (gerror ^ gerrorn) & ~(gerror ^ value);
    registers.set(SmmuRegister.GERRORN, gerrorn ^ acknowledged);
    outputs.workAvailable();
  }

  private void writeCr1(long value) {
    long cr0 = registers.get(SmmuRegister.CR0);
    long open =
        (Cr0.SMMUEN.isSet(cr0) ? 0 : CR1_TABLE_FIELDS)
            | ((cr0 & QUEUES_ENABLED) != 0 ? 0 : CR1_QUEUE_FIELDS);
    registers.set(SmmuRegister.CR1, (registers.get(SmmuRegister.CR1) & ~open) | (value & open));
  }

  private void writeCr2(long value) {
    long before = registers.get(SmmuRegister.CR2);
    writeUnless(Cr0.SMMUEN, SmmuRegister.CR2, value);
    if (registers.get(SmmuRegister.CR2) != before) {
      changes.cr2Changed();
    }
  }

  /** Only a write with Update set counts; the update is complete before anybody can look. */
  private void writeGbpa(long value) {
    if (Gbpa.UPDATE.isSet(value)) {
      registers.publish(SmmuRegister.GBPA, value & ~Gbpa.UPDATE.mask());
    }
  }

  private void writeUnless(BitField enable, SmmuRegister register, long value) {
    if (!enable.isSet(registers.get(SmmuRegister.CR0))) {
      registers.set(register, value);
    }
  }

  private void writeUnlessInterrupting(BitField enable, SmmuRegister register, long value) {
    if (!enable.isSet(registers.get(SmmuRegister.IRQ_CTRL))) {
      registers.set(register, value);
    }
  }
}
