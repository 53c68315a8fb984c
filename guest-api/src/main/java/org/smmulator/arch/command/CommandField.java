package org.smmulator.arch.command;

import static org.smmulator.arch.BitField.bit;
import static org.smmulator.arch.BitField.field;

import org.smmulator.arch.BitField;

/** Fields of the 16-byte commands (IHI 0070 4.1 to 4.7). */
public final class CommandField {
  public static final BitField OPCODE = field(7, 0);
  public static final BitField SSEC = bit(10);
  public static final BitField SSV = bit(11);
  public static final BitField SUBSTREAM_ID = field(31, 12);
  public static final BitField STREAM_ID = field(63, 32);

  /** CFGI_* and TLBI_* commands. */
  public static final BitField LEAF = bit(64);

  /** CFGI_STE_RANGE; 31 is CFGI_ALL. */
  public static final BitField RANGE = field(68, 64);

  /** Range invalidation. */
  public static final BitField NUM = field(16, 12);

  /** Range invalidation. */
  public static final BitField SCALE = field(24, 20);

  public static final BitField VMID = field(47, 32);
  public static final BitField ASID = field(63, 48);
  public static final BitField TTL = field(73, 72);

  /** 0 none, 1 4 KiB, 2 16 KiB, 3 64 KiB. */
  public static final BitField TG = field(75, 74);

  /** In place. */
  public static final BitField ADDRESS = field(127, 76);

  /** ATC_INV. */
  public static final BitField GLOBAL = bit(9);

  /** ATC_INV: log2 of 4 KiB pages; 52 is everything. */
  public static final BitField SIZE = field(69, 64);

  /** PRI_RESP. */
  public static final BitField PRG_INDEX = field(72, 64);

  /** PRI_RESP: 0 failure, 1 invalid, 2 success. */
  public static final BitField RESP = field(77, 76);

  /** RESUME. */
  public static final BitField STAG = field(79, 64);

  /** RESUME: retry. */
  public static final BitField AC = bit(12);

  /** RESUME: abort. */
  public static final BitField AB = bit(13);

  /** SYNC: 0 none, 1 interrupt, 2 SEV. */
  public static final BitField CS = field(13, 12);

  /** SYNC. */
  public static final BitField MSH = field(23, 22);

  /** SYNC. */
  public static final BitField MSI_ATTR = field(27, 24);

  /** SYNC. */
  public static final BitField MSI_DATA = field(63, 32);

  /** SYNC; in place. */
  public static final BitField MSI_ADDRESS = field(115, 66);

  public static final int BYTES = 16;

  /** SIZE of an ATC_INV that drops everything. */
  public static final int SIZE_ALL = 52;

  /** PRI_RESP code; not the code of the PRG Response on the bus. */
  public static final int RESP_FAILURE = 0;

  /** PRI_RESP code; not the code of the PRG Response on the bus. */
  public static final int RESP_INVALID = 1;

  /** PRI_RESP code; not the code of the PRG Response on the bus. */
  public static final int RESP_SUCCESS = 2;

  public static final int CS_NONE = 0;
  public static final int CS_IRQ = 1;
  public static final int CS_SEV = 2;

  private CommandField() {}
}
