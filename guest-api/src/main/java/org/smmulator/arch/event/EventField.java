package org.smmulator.arch.event;

import static org.smmulator.arch.BitField.bit;
import static org.smmulator.arch.BitField.field;

import org.smmulator.arch.BitField;

/** Fields of the 32-byte event records (IHI 0070 7.3). */
public final class EventField {
  public static final BitField ID = field(7, 0);
  public static final BitField SSV = bit(11);
  public static final BitField SUBSTREAM_ID = field(31, 12);
  public static final BitField STREAM_ID = field(63, 32);
  public static final BitField REASON = field(79, 64);
  public static final BitField STAG = field(79, 64);
  public static final BitField STALL = bit(95);

  /** F_BAD_ATS_TREQ. */
  public static final BitField SPAN = field(67, 64);

  /** F_BAD_ATS_TREQ. */
  public static final BitField ATS_P = bit(92);

  /** F_BAD_ATS_TREQ. */
  public static final BitField ATS_X = bit(93);

  /** F_BAD_ATS_TREQ. */
  public static final BitField ATS_W = bit(94);

  /** F_BAD_ATS_TREQ. */
  public static final BitField ATS_R = bit(95);

  /** F_TLB_CONFLICT and F_CFG_CONFLICT. */
  public static final BitField CONFLICT_REASON = field(95, 64);

  public static final BitField PNU = bit(97);
  public static final BitField IND = bit(98);
  public static final BitField RNW = bit(99);
  public static final BitField NSIPA = bit(102);
  public static final BitField S2 = bit(103);
  public static final BitField CLASS = field(105, 104);
  public static final BitField TT_RNW = bit(108);

  /** E_PAGE_REQUEST: wanted without privilege. */
  public static final BitField WANTED_UX = bit(97);

  /** E_PAGE_REQUEST: wanted without privilege. */
  public static final BitField WANTED_UW = bit(98);

  /** E_PAGE_REQUEST: wanted without privilege. */
  public static final BitField WANTED_UR = bit(99);

  /** E_PAGE_REQUEST: wanted with privilege. */
  public static final BitField WANTED_PX = bit(101);

  /** E_PAGE_REQUEST: wanted with privilege. */
  public static final BitField WANTED_PW = bit(102);

  /** E_PAGE_REQUEST: wanted with privilege. */
  public static final BitField WANTED_PR = bit(103);

  /** E_PAGE_REQUEST. */
  public static final BitField WANTED_SPAN = field(115, 108);

  public static final BitField INPUT_ADDRESS = field(191, 128);

  /** In place. */
  public static final BitField IPA = field(243, 204);

  /** In place. */
  public static final BitField FETCH_ADDRESS = field(243, 195);

  public static final int BYTES = 32;
  public static final int WORDS = 4;

  public static final int CLASS_CD = 0;
  public static final int CLASS_TT = 1;
  public static final int CLASS_IN = 2;

  private EventField() {}
}
