package org.smmulator.bus.wire;

import io.netty.buffer.ByteBuf;

/**
 * Asks a device what its ATC holds; for one that speaks version 1.2, and answered by one {@link
 * AtcEntries}, which says where to go on. Body: first u32, 0 u32, from u64, to u64.
 *
 * @param first number of the first entry to look at
 * @param from only of pages from this address on
 * @param to and up to this one, unsigned; all ones for no end
 */
public record AtcRead(long first, long from, long to) {
  /** The first minor version of the protocol with this frame and its answer. */
  public static final int SINCE_MINOR = 2;

  private static final int BYTES = 24;

  /** Writes a body. */
  public void encode(ByteBuf out) {
    out.writeInt((int) first).writeInt(0).writeLong(from).writeLong(to);
  }

  static AtcRead decode(ByteBuf in) throws ProtocolException {
    if (in.readableBytes() != BYTES) {
      throw new ProtocolException("question for the ATC's entries of another length than 24 bytes");
    }
    long first = in.readUnsignedInt();
    boolean reserved = in.readInt() != 0;
    long from = in.readLong();
    long to = in.readLong();
    if (reserved || Long.compareUnsigned(from, to) > 0) {
      throw new ProtocolException("question for the ATC's entries of no page, or with flags");
    }
    return new AtcRead(first, from, to);
  }
}
