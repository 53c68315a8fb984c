package org.smmulator.bus.tlp;

/** Message Codes of the ATS, PRI and INTx messages. */
public final class MessageCode {
  public static final int INVALIDATE_REQUEST = 0x01;
  public static final int INVALIDATE_COMPLETION = 0x02;

  /** A Page Request, or with PASID and flags L=1, W=R=0 a Stop Marker. */
  public static final int PAGE_REQUEST = 0x04;

  /** PRG Response. */
  public static final int PAGE_RESPONSE = 0x05;

  public static final int ASSERT_INTA = 0x20;
  public static final int DEASSERT_INTA = 0x24;

  private MessageCode() {}
}
