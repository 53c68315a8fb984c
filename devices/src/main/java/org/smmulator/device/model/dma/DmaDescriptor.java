package org.smmulator.device.model.dma;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One operation as software wrote it into the ring: eight little-endian 64-bit words. Copied from
 * memory, then used; any bytes at all are taken, and judged by {@link #isValid}.
 *
 * <pre>
 *   dw0  [7:0] opcode  [15:8] flags, bit 0: interrupt on completion  [63:32] length in bytes
 *   dw1  source   dw2  destination, or second source of COMPARE   dw3  pattern of FILL
 *   dw4  tag      dw5-7  zero
 * </pre>
 */
record DmaDescriptor(long word0, long first, long second, long pattern, long tag, long reserved) {
  static final int BYTES = 64;
  static final int COPY = 1;
  static final int FILL = 2;
  static final int COMPARE = 3;
  static final int CRC32C = 4;

  private static final long RESERVED = 0xFFFF_FE00L;

  static DmaDescriptor read(byte[] bytes, int offset) {
    ByteBuffer words = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long zero = 0;
    for (int word = 5; word < 8; word++) {
      zero |= words.getLong(offset + 8 * word);
    }
    return new DmaDescriptor(
        words.getLong(offset),
        words.getLong(offset + 8),
        words.getLong(offset + 16),
        words.getLong(offset + 24),
        words.getLong(offset + 32),
        zero);
  }

  int opcode() {
    return (int) word0 & 0xFF;
  }

  boolean interrupt() {
    return (word0 & 1 << 8) != 0;
  }

  /** Up to 2^32 - 1. */
  long length() {
    return word0 >>> 32;
  }

  /** A known opcode and zeros where the interface says zero. */
  boolean isValid() {
    return opcode() >= COPY && opcode() <= CRC32C && (word0 & RESERVED) == 0 && reserved == 0;
  }
}
