package org.smmulator.device;

import io.netty.buffer.ByteBuf;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.tlp.PageRequestFlags;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.bus.wire.AtcEntries;
import org.smmulator.bus.wire.DroppedEntries;
import org.smmulator.bus.wire.FrameKind;
import org.smmulator.bus.wire.HelloAck;
import org.smmulator.bus.wire.Link;

/**
 * Puts the packets of one function on its link, in the order of the calls. Packets leave with the
 * link's next flush. Only the link's thread may call it.
 */
final class Transmitter {
  /** The translation agent answers to no ID of its own: invalidations come from here. */
  private static final int ROOT_COMPLEX_ID = 0;

  private final Link link;
  private final int requesterId;
  private final boolean tellsDropped;
  private int translationAgentId = ROOT_COMPLEX_ID;

  Transmitter(Link link, HelloAck granted) {
    this.link = link;
    this.requesterId = granted.requesterId();
    this.tellsDropped = granted.minor() >= DroppedEntries.SINCE_MINOR;
  }

  /** Tells a root complex that listens how many entries a request made the ATC drop, and which. */
  void dropped(int itag, int entries, long[] pages) {
    if (tellsDropped) {
      DroppedEntries.encode(link.begin(FrameKind.DROPPED), itag, entries, pages);
      link.end();
    }
  }

  void atcEntries(AtcEntries part) {
    part.encode(link.begin(FrameKind.ATC_ENTRIES));
    link.end();
  }

  int requesterId() {
    return requesterId;
  }

  void memoryRead(int tag, int pasid, boolean translated, long address, int bytes) {
    ByteBuf out = link.begin(FrameKind.TLP);
    TlpWriter.pasidPrefix(out, pasid, false, false);
    TlpWriter.memoryRead(out, flags(translated), requesterId, tag, address, bytes);
    link.end();
  }

  void memoryWrite(
      int pasid, boolean translated, long address, byte[] source, int position, int bytes) {
    ByteBuf out = link.begin(FrameKind.TLP);
    TlpWriter.pasidPrefix(out, pasid, false, false);
    int index = TlpWriter.memoryWrite(out, flags(translated), requesterId, address, bytes);
    out.setBytes(index, source, position, bytes);
    link.end();
  }

  private static int flags(boolean translated) {
    return translated ? TlpWriter.TRANSLATED : 0;
  }

  void translationRequest(int tag, int pasid, long address, boolean noWrite) {
    ByteBuf out = link.begin(FrameKind.TLP);
    TlpWriter.pasidPrefix(out, pasid, false, false);
    TlpWriter.translationRequest(out, requesterId, tag, address, 1, noWrite);
    link.end();
  }

  /** A Page Request that is a group of its own. */
  void pageRequest(int pasid, long address, int prgIndex, boolean write) {
    ByteBuf out = link.begin(FrameKind.TLP);
    TlpWriter.pasidPrefix(out, pasid, false, false);
    int access = write ? PageRequestFlags.WRITE : PageRequestFlags.READ;
    TlpWriter.pageRequest(out, requesterId, address, prgIndex, access | PageRequestFlags.LAST);
    link.end();
  }

  /** Remembers who sends Invalidate Requests, to answer there. */
  void translationAgent(int id) {
    translationAgentId = id;
  }

  void invalidateCompletion(int invalidateTags) {
    ByteBuf out = link.begin(FrameKind.TLP);
    TlpWriter.invalidateCompletion(out, 0, requesterId, translationAgentId, 1, invalidateTags);
    link.end();
  }

  /** INTA# goes up or down. */
  void interruptPin(boolean asserted) {
    TlpWriter.interruptMessage(link.begin(FrameKind.TLP), requesterId, asserted);
    link.end();
  }

  void unsupportedRequest(long transaction, int byteCount) {
    completion(transaction, CompletionStatus.UR, byteCount);
  }

  /** A completion without data. */
  void completion(long transaction, int status, int byteCount) {
    ByteBuf out = link.begin(FrameKind.TLP);
    TlpWriter.completion(out, requesterId, transaction, status, byteCount);
    link.end();
  }

  /** The data of a configuration read, or of a read of at most eight bytes. */
  void completionData(long transaction, long address, long value, int bytes) {
    ByteBuf out = link.begin(FrameKind.TLP);
    int index = TlpWriter.completionData(out, requesterId, transaction, bytes, address, bytes);
    for (int i = 0; i < bytes; i++) {
      out.setByte(index + i, (int) (value >>> (8 * i)));
    }
    link.end();
  }
}
