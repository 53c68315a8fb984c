package org.smmulator.arch.register;

import static org.smmulator.arch.BitField.bit;

import org.smmulator.arch.BitField;

/** SMMU_IRQ_CTRL and SMMU_IRQ_CTRLACK (IHI 0070 6.3.16). */
public final class IrqCtrl {
  public static final BitField GERROR_IRQEN = bit(0);
  public static final BitField PRIQ_IRQEN = bit(1);
  public static final BitField EVENTQ_IRQEN = bit(2);

  private IrqCtrl() {}
}
