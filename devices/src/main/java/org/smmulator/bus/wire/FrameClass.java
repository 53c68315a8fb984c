package org.smmulator.bus.wire;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.tlp.TlpType;

/**
 * What a frame passes on its way (Base Specification 2.4.1, without Relaxed Ordering): a posted
 * request passes everything but posted requests; a non-posted request passes no posted request. A
 * completion passes nothing, though it might pass non-posted requests: what comes behind the answer
 * to a configuration access counts as sent after it, on sockets as well. Frames that are no packets
 * stay where they are.
 */
public enum FrameClass {
  POSTED,
  NON_POSTED,
  COMPLETION,
  NO_PACKET;

  private static final int PREFIX_BYTES = 4;
  private static final int PREFIX_FMT = 0b100;

  /** The class of a well-formed frame that begins at {@code start}. */
  static FrameClass of(ByteBuf bytes, int start) {
    if (FrameKind.of(bytes.getUnsignedByte(start + Frame.KIND)) != FrameKind.TLP) {
      return NO_PACKET;
    }
    int header = start + Frame.BODY;
    while (bytes.getUnsignedByte(header) >>> 5 == PREFIX_FMT) {
      header += PREFIX_BYTES;
    }
    return of(TlpType.of(bytes.getUnsignedByte(header)));
  }

  private static FrameClass of(@Nullable TlpType type) {
    if (type == null) {
      return NO_PACKET;
    } else if (type == TlpType.MEMORY_WRITE || type.isMessage()) {
      return POSTED;
    }
    return type.isCompletion() ? COMPLETION : NON_POSTED;
  }
}
