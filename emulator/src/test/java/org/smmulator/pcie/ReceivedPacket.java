package org.smmulator.pcie;

import io.netty.buffer.ByteBufUtil;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.bus.tlp.TlpType;

/** A packet that a device received, kept. */
record ReceivedPacket(
    TlpType type,
    int pasid,
    int tag,
    int status,
    int byteCount,
    int lowerAddress,
    int messageCode,
    int dw2,
    long address,
    String payload) {

  static ReceivedPacket of(Tlp tlp) {
    boolean completion = tlp.type().isCompletion();
    return new ReceivedPacket(
        tlp.type(),
        tlp.pasid(),
        tlp.type().isMessage() ? tlp.invalidateTag() : tlp.tag(),
        completion ? tlp.status() : -1,
        completion ? tlp.byteCount() : -1,
        completion ? tlp.lowerAddress() : -1,
        tlp.type().isMessage() ? tlp.messageCode() : -1,
        tlp.dw2(),
        tlp.type().isMemoryRequest() ? tlp.firstByteAddress() : -1,
        ByteBufUtil.hexDump(tlp.buffer(), tlp.payloadIndex(), tlp.payloadBytes()));
  }
}
