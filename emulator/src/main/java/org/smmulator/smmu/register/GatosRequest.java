package org.smmulator.smmu.register;

import org.smmulator.arch.register.Gatos;
import org.smmulator.smmu.port.Transaction;

/**
 * One translation asked for by GATOS_SID and GATOS_ADDR (IHI 0070 9.1).
 *
 * @param substreamId the SubstreamID, or {@link Transaction#NO_SUBSTREAM}
 * @param address aligned to 4 KiB
 * @param stage1 whether stage 1 is asked for; at least one of the two is
 * @param updatesFlags whether access flag and dirty state may be updated as for a transaction
 */
public record GatosRequest(
    int streamId,
    int substreamId,
    long address,
    boolean stage1,
    boolean stage2,
    boolean write,
    boolean privileged,
    boolean execute,
    boolean updatesFlags) {

  private static final int TYPE_STAGE1 = 1;
  private static final int TYPE_STAGE2 = 2;

  /** The request in two registers, whose TYPE is not 0. */
  static GatosRequest of(long sid, long addr) {
    int type = Gatos.TYPE.getInt(addr);
    boolean write = !Gatos.RNW.isSet(addr);
    return new GatosRequest(
        Gatos.STREAM_ID.getInt(sid),
        Gatos.SSID_VALID.isSet(sid) ? Gatos.SUBSTREAM_ID.getInt(sid) : Transaction.NO_SUBSTREAM,
        Gatos.ADDR.inPlace(addr),
        (type & TYPE_STAGE1) != 0,
        (type & TYPE_STAGE2) != 0,
        write,
        Gatos.PNU.isSet(addr),
        Gatos.IND.isSet(addr) && !write,
        !Gatos.HTTUI.isSet(addr));
  }
}
