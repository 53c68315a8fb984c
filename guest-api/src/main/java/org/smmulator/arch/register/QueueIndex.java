package org.smmulator.arch.register;

import static org.smmulator.arch.BitField.bit;
import static org.smmulator.arch.BitField.field;

import org.smmulator.arch.BitField;

/** The *_PROD and *_CONS registers of the three queues (IHI 0070 6.3.27). */
public final class QueueIndex {

  /** Index and, above it, the wrap bit. */
  public static final BitField INDEX = field(19, 0);

  /** OVFLG of PROD, OVACKFLG of CONS; event and PRI queue only. */
  public static final BitField OVERFLOW = bit(31);

  /** CMDQ_CONS only: the CERROR code. */
  public static final BitField ERR = field(30, 24);

  /** CMDQ_CONS.ERR: no error. */
  public static final int CERROR_NONE = 0;

  /** CMDQ_CONS.ERR: illegal command. */
  public static final int CERROR_ILL = 1;

  /** CMDQ_CONS.ERR: the fetch of the command aborted. */
  public static final int CERROR_ABT = 2;

  /** CMDQ_CONS.ERR: an ATC invalidation before this CMD_SYNC timed out. */
  public static final int CERROR_ATC_INV_SYNC = 3;

  private QueueIndex() {}
}
