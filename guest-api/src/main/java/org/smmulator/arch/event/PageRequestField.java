package org.smmulator.arch.event;

import static org.smmulator.arch.BitField.bit;
import static org.smmulator.arch.BitField.field;

import org.smmulator.arch.BitField;

/** Fields of the 16-byte records of the PRI queue (IHI 0070 8.1). */
public final class PageRequestField {
  public static final BitField STREAM_ID = field(31, 0);
  public static final BitField SUBSTREAM_ID = field(51, 32);
  public static final BitField PRIV = bit(58);
  public static final BitField X = bit(59);
  public static final BitField R = bit(60);
  public static final BitField W = bit(61);
  public static final BitField LAST = bit(62);
  public static final BitField SSV = bit(63);
  public static final BitField PRG_INDEX = field(72, 64);

  /** In place. */
  public static final BitField ADDRESS = field(127, 76);

  public static final int BYTES = 16;

  private PageRequestField() {}
}
