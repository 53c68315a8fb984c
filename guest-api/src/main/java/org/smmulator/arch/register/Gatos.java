package org.smmulator.arch.register;

import static org.smmulator.arch.BitField.bit;
import static org.smmulator.arch.BitField.field;

import org.smmulator.arch.BitField;

/** SMMU_GATOS_CTRL, SID, ADDR and PAR: translation by registers (IHI 0070 6.3.37 to 6.3.40). */
public final class Gatos {
  /** Of CTRL. */
  public static final BitField RUN = bit(0);

  /** Of SID. */
  public static final BitField STREAM_ID = field(31, 0);

  /** Of SID. */
  public static final BitField SUBSTREAM_ID = field(51, 32);

  /** Of SID. */
  public static final BitField SSID_VALID = bit(52);

  /** Of ADDR; no hardware update of access flag and dirty state. */
  public static final BitField HTTUI = bit(6);

  /** Of ADDR. */
  public static final BitField IND = bit(7);

  /** Of ADDR. */
  public static final BitField RNW = bit(8);

  /** Of ADDR. */
  public static final BitField PNU = bit(9);

  /** Of ADDR: 1 stage 1, 2 stage 2, 3 both. */
  public static final BitField TYPE = field(11, 10);

  /** Of ADDR; read in place. */
  public static final BitField ADDR = field(63, 12);

  /** Of PAR. */
  public static final BitField FAULT = bit(0);

  /** Of PAR without fault. */
  public static final BitField SH = field(9, 8);

  /** Of PAR without fault: the lowest bit set in the address tells the size; 0 is 4 KiB. */
  public static final BitField SIZE = bit(11);

  /** Of PAR, with and without fault; read in place. */
  public static final BitField PAR_ADDR = field(55, 12);

  /** Of PAR without fault: a byte as in MAIR. */
  public static final BitField ATTR = field(63, 56);

  /** Of PAR with fault: as CLASS of an event record. */
  public static final BitField REASON = field(2, 1);

  /** Of PAR with fault: the number of the event, or one of the three codes below. */
  public static final BitField FAULTCODE = field(11, 4);

  /** FAULTCODE: the SMMU was disabled meanwhile. */
  public static final int INTERNAL_ERR = 0xfd;

  /** FAULTCODE: a stage that the SMMU or the stream does not have. */
  public static final int INV_STAGE = 0xfe;

  /** FAULTCODE: not a request. */
  public static final int INV_REQ = 0xff;

  private Gatos() {}
}
