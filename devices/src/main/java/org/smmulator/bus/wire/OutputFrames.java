package org.smmulator.bus.wire;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The frames of a link that wait for the next flush, the last perhaps unfinished, in one buffer. It
 * is as large as the last ones had to be: growing copies what was written, and a buffer that waits
 * for a peer holds all of its bytes however few are used.
 */
final class OutputFrames {
  private static final int SMALLEST_BYTES = 512;
  private static final int FULL_BYTES = 64 << 10;

  /** Room for all that makes it full, and the frame after that. */
  private static final int LARGEST_BYTES = 80 << 10;

  private final Wire wire;
  private @Nullable ByteBuf output;

  /** Where the unfinished frame begins in {@link #output}; -1 if there is none. */
  private int frameStart = -1;

  private int nextBytes = SMALLEST_BYTES;

  OutputFrames(Wire wire) {
    this.wire = wire;
  }

  /** Begins a frame; its body is appended to the returned buffer. */
  ByteBuf begin(FrameKind kind) {
    if (frameStart >= 0) {
      throw new IllegalStateException("the frame before is not ended");
    }
    ByteBuf out = output;
    if (out == null) {
      out = wire.allocate(nextBytes);
      output = out;
    }
    frameStart = out.writerIndex();
    // The whole header in one call: each call on a buffer checks it again. The length comes later.
    out.writeLong((long) kind.code() << Frame.KIND_SHIFT);
    return out;
  }

  /** Ends the frame, or drops it if it is longer than the peer takes. */
  void end(int maxLength) {
    ByteBuf out = output;
    if (out == null || frameStart < 0) {
      throw new IllegalStateException("no frame was begun");
    }
    int length = out.writerIndex() - frameStart - Frame.KIND;
    if (length > maxLength) {
      dropUnfinished();
      throw new IllegalStateException("frame of " + length + ", the peer takes " + maxLength);
    }
    out.setInt(frameStart + Frame.LENGTH, length);
    frameStart = -1;
  }

  void dropUnfinished() {
    if (output != null && frameStart >= 0) {
      output.writerIndex(frameStart);
    }
    frameStart = -1;
  }

  int bytes() {
    return output == null ? 0 : output.readableBytes();
  }

  boolean isFull() {
    return bytes() >= FULL_BYTES;
  }

  /** Hands over all ended frames; null if there are none. */
  @Nullable ByteBuf take() {
    if (frameStart >= 0) {
      throw new IllegalStateException("flush within a frame");
    }
    ByteBuf taken = output;
    output = null;
    if (taken != null) {
      foresee(taken.readableBytes());
    }
    return taken;
  }

  /** The next ones may need as much and a quarter; that they need less is believed slowly. */
  private void foresee(int bytes) {
    int wanted = Math.max(bytes + (bytes >> 2), nextBytes - (nextBytes >> 3));
    nextBytes = Math.min(Math.max(wanted, SMALLEST_BYTES), LARGEST_BYTES);
  }
}
