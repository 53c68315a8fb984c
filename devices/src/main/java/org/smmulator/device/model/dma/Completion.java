package org.smmulator.device.model.dma;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.smmulator.device.DmaException;

/**
 * How an operation ended, as software reads it: four little-endian 64-bit words, the one with the
 * phase last.
 *
 * <pre>
 *   dw0  [7:0] status  [15:8] opcode  [63:32] bytes done
 *   dw1  faulting address, or offset of the first mismatch   dw2  result
 *   dw3  [63] phase, 1 in the first pass over the ring  [62:0] tag
 * </pre>
 */
record Completion(int status, long bytesDone, long address, long result) {
  static final int BYTES = 32;
  static final int OK = 0;
  static final int BAD_DESCRIPTOR = 1;
  static final int REFUSED = 2;
  static final int UNSUPPORTED_REQUEST = 3;
  static final int COMPLETER_ABORT = 4;
  static final int MISMATCH = 5;
  static final int STOPPED = 6;
  static final int TIMED_OUT = 7;

  private static final long PHASE = 1L << 63;

  static Completion ok(long bytesDone, long result) {
    return new Completion(OK, bytesDone, 0, result);
  }

  static Completion failed(DmaException failure, long bytesDone) {
    int status =
        switch (failure.status()) {
          case REFUSED, DISABLED -> REFUSED;
          case UNSUPPORTED_REQUEST -> UNSUPPORTED_REQUEST;
          case COMPLETER_ABORT -> COMPLETER_ABORT;
          case TIMED_OUT -> TIMED_OUT;
          case LINK_DOWN -> STOPPED;
        };
    return new Completion(status, bytesDone, failure.address(), 0);
  }

  byte[] encode(DmaDescriptor descriptor, boolean firstPass) {
    byte[] bytes = new byte[BYTES];
    ByteBuffer words = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    words.putLong(bytesDone << 32 | (long) descriptor.opcode() << 8 | status);
    words.putLong(address).putLong(result);
    words.putLong((descriptor.tag() & ~PHASE) | (firstPass ? PHASE : 0));
    return bytes;
  }
}
