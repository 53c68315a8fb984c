package org.smmulator.arch.command;

import org.jspecify.annotations.Nullable;

/** Opcodes of the Non-secure command queue (IHI 0070 4.1.2). CFGI_ALL is CFGI_STE_RANGE of 31. */
public enum CommandOpcode {
  PREFETCH_CONFIG(0x01),
  PREFETCH_ADDR(0x02),
  CFGI_STE(0x03),
  CFGI_STE_RANGE(0x04),
  CFGI_CD(0x05),
  CFGI_CD_ALL(0x06),
  TLBI_NH_ALL(0x10),
  TLBI_NH_ASID(0x11),
  TLBI_NH_VA(0x12),
  TLBI_NH_VAA(0x13),
  TLBI_EL2_ALL(0x20),
  TLBI_EL2_ASID(0x21),
  TLBI_EL2_VA(0x22),
  TLBI_EL2_VAA(0x23),
  TLBI_S12_VMALL(0x28),
  TLBI_S2_IPA(0x2a),
  TLBI_NSNH_ALL(0x30),
  ATC_INV(0x40),
  PRI_RESP(0x41),
  RESUME(0x44),
  STALL_TERM(0x45),
  SYNC(0x46);

  private static final @Nullable CommandOpcode[] BY_CODE = new @Nullable CommandOpcode[256];

  static {
    for (CommandOpcode opcode : values()) {
      BY_CODE[opcode.code] = opcode;
    }
  }

  private final int code;

  CommandOpcode(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }

  /** The opcode of a command's first word, or null where the architecture names none. */
  public static @Nullable CommandOpcode of(long firstWord) {
    return BY_CODE[CommandField.OPCODE.getInt(firstWord)];
  }
}
