package org.smmulator.guest.iommu.smmuv3;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.Interrupts;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.arch.register.IrqCfg;
import org.smmulator.arch.register.SmmuRegister;

/**
 * Connects the SMMU's three sources of interrupts to their tasks: as messages where the SMMU has
 * them and the kernel gives numbers for them, else by wire (IHI 0070 3.18).
 */
final class InterruptSetup {
  private static final int DEVICE_NGNRE = 1;

  private final SmmuRegisters registers;
  private final SmmuCapabilities capabilities;
  private final Interrupts wired;
  private final @Nullable MsiAllocator msis;
  private final InterruptTask errors;
  private final InterruptTask events;
  private final InterruptTask pageRequests;

  InterruptSetup(
      SmmuRegisters registers,
      SmmuCapabilities capabilities,
      SmmuPlatform platform,
      InterruptTask errors,
      InterruptTask events,
      InterruptTask pageRequests) {
    this.registers = registers;
    this.capabilities = capabilities;
    this.wired = platform.interrupts();
    this.msis = platform.msis();
    this.errors = errors;
    this.events = events;
    this.pageRequests = pageRequests;
  }

  /** With all sources disabled. */
  void program() {
    if (capabilities.msi()) {
      registers.write(SmmuRegister.GERROR_IRQ_CFG0, 0);
      registers.write(SmmuRegister.EVENTQ_IRQ_CFG0, 0);
      if (capabilities.pri()) {
        registers.write(SmmuRegister.PRIQ_IRQ_CFG0, 0);
      }
    }
    MsiAllocator allocator = capabilities.msi() ? msis : null;
    if (allocator == null) {
      wired.connect(MemoryMap.SMMU_GERROR_INTID, errors::raise);
      wired.connect(MemoryMap.SMMU_EVENTQ_INTID, events::raise);
      wired.connect(MemoryMap.SMMU_PRIQ_INTID, pageRequests::raise);
      return;
    }
    message(allocator, errors, SmmuRegister.GERROR_IRQ_CFG0, SmmuRegister.GERROR_IRQ_CFG1);
    registers.write(SmmuRegister.GERROR_IRQ_CFG2, IrqCfg.MEM_ATTR.of(DEVICE_NGNRE));
    message(allocator, events, SmmuRegister.EVENTQ_IRQ_CFG0, SmmuRegister.EVENTQ_IRQ_CFG1);
    registers.write(SmmuRegister.EVENTQ_IRQ_CFG2, IrqCfg.MEM_ATTR.of(DEVICE_NGNRE));
    if (capabilities.pri()) {
      message(allocator, pageRequests, SmmuRegister.PRIQ_IRQ_CFG0, SmmuRegister.PRIQ_IRQ_CFG1);
      registers.write(SmmuRegister.PRIQ_IRQ_CFG2, IrqCfg.MEM_ATTR.of(DEVICE_NGNRE));
    }
  }

  private void message(
      MsiAllocator allocator, InterruptTask task, SmmuRegister address, SmmuRegister data) {
    int intid = allocator.allocate(task::raise);
    registers.write(address, IrqCfg.ADDR.inPlace(MemoryMap.MSI_SETSPI));
    registers.write(data, intid);
  }

  void raiseAll() {
    errors.raise();
    events.raise();
    pageRequests.raise();
  }
}
