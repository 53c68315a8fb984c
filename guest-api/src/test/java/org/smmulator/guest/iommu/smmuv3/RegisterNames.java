package org.smmulator.guest.iommu.smmuv3;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The registers that software may write, by their offsets. */
final class RegisterNames {
  private static final Map<Integer, String> NAMES = new HashMap<>();

  static {
    String[] rows = {
      "20 CR0",
      "28 CR1",
      "2c CR2",
      "44 GBPA",
      "50 IRQ_CTRL",
      "64 GERRORN",
      "68 GERROR_IRQ_CFG0",
      "70 GERROR_IRQ_CFG1",
      "74 GERROR_IRQ_CFG2",
      "80 STRTAB_BASE",
      "88 STRTAB_BASE_CFG",
      "90 CMDQ_BASE",
      "98 CMDQ_PROD",
      "9c CMDQ_CONS",
      "a0 EVENTQ_BASE",
      "b0 EVENTQ_IRQ_CFG0",
      "b8 EVENTQ_IRQ_CFG1",
      "bc EVENTQ_IRQ_CFG2",
      "c0 PRIQ_BASE",
      "d0 PRIQ_IRQ_CFG0",
      "d8 PRIQ_IRQ_CFG1",
      "dc PRIQ_IRQ_CFG2",
      "100a8 EVENTQ_PROD",
      "100ac EVENTQ_CONS",
      "100c8 PRIQ_PROD",
      "100cc PRIQ_CONS"
    };
    for (String row : rows) {
      String[] cells = row.split(" ", -1);
      NAMES.put(Integer.parseInt(cells[0], 16), cells[1]);
    }
  }

  private RegisterNames() {}

  /** Null for one that is read-only or unknown. */
  static @Nullable String of(int offset) {
    return NAMES.get(offset);
  }
}
