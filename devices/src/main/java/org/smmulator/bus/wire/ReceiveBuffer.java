package org.smmulator.bus.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * The received bytes of a link that are not handled yet. What arrives is handled where it stands;
 * only the rest of a frame that a read cut is copied, so this never holds more than one frame and
 * one read, and of a paused link one read event.
 */
final class ReceiveBuffer {
  private final Wire wire;
  private ByteBuf bytes = Unpooled.EMPTY_BUFFER;

  ReceiveBuffer(Wire wire) {
    this.wire = wire;
  }

  ByteBuf bytes() {
    return bytes;
  }

  /** Takes over the buffer. */
  void append(ByteBuf more) {
    ByteBuf old = bytes;
    if (!old.isReadable()) {
      bytes = more;
      return;
    }
    if (old.writableBytes() >= more.readableBytes()) {
      old.writeBytes(more);
    } else {
      int both = old.readableBytes() + more.readableBytes();
      bytes = wire.allocate(Math.max(both, Frame.MAX_LENGTH + Frame.KIND));
      bytes.writeBytes(old).writeBytes(more);
      old.release();
    }
    more.release();
  }

  void release() {
    bytes.release();
    bytes = Unpooled.EMPTY_BUFFER;
  }
}
