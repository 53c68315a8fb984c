package org.smmulator.bus.wire;

import io.netty.buffer.ByteBuf;

/**
 * The frame around everything on a link, big-endian:
 *
 * <pre>
 * 0        4      5       6      8
 * | length | kind | flags | port | body ...
 * </pre>
 *
 * Length counts what follows itself. Flags and port are 0 in this version.
 */
final class Frame {
  static final int LENGTH = 0;
  static final int KIND = 4;
  static final int BODY = 8;

  /** Where kind, flags and port stand when read as one int; flags and port are 0. */
  static final int KIND_SHIFT = 24;

  /** Bytes of kind, flags and port: the smallest length. */
  static final int MIN_LENGTH = BODY - KIND;

  /** The largest length: a payload of 4096 bytes, its headers, and room for later prefixes. */
  static final int MAX_LENGTH = 4096 + 256;

  /** The largest frame a peer may refuse to take: a payload of 128 bytes with its headers. */
  static final int SMALLEST_MAX_LENGTH = 512;

  private Frame() {}

  /** The code with which the bodies of CONTROL and ERROR begin. */
  static int code(ByteBuf body) throws ProtocolException {
    if (body.readableBytes() < Short.BYTES) {
      throw new ProtocolException("frame without a code");
    }
    return body.readUnsignedShort();
  }
}
