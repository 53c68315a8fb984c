package org.smmulator.bus.wire;

import io.netty.buffer.ByteBuf;

/**
 * What one Invalidate Request made a device drop; sent before its Invalidate Completion, to a root
 * complex that speaks version 1.1. Body: ITag u8, 0 u8, listed u16, entries u32, then for each
 * listed entry the address u64 of the 4 KiB page that it served.
 */
public final class DroppedEntries {
  /** Entries whose pages a device can list, the first ones that it dropped. */
  public static final int MOST_LISTED = 512;

  /** The first minor version of the protocol with this frame. */
  public static final int SINCE_MINOR = 1;

  private static final int HEAD_BYTES = 8;
  private static final int PAGE_OFFSET = 0xFFF;

  private final int itag;
  private final long entries;
  private final long[] pages;

  private DroppedEntries(int itag, long entries, long[] pages) {
    this.itag = itag;
    this.entries = entries;
    this.pages = pages;
  }

  /** Of the request. */
  public int itag() {
    return itag;
  }

  /** ATC entries dropped. */
  public long entries() {
    return entries;
  }

  /** The addresses of the pages that are listed, in an array of the caller's own. */
  public long[] pages() {
    return pages.clone();
  }

  /** Writes a body; {@code pages} may be longer than the entries that it lists. */
  public static void encode(ByteBuf out, int itag, int entries, long[] pages) {
    int listed = Math.min(entries, Math.min(pages.length, MOST_LISTED));
    out.writeByte(itag).writeByte(0).writeShort(listed).writeInt(entries);
    for (int i = 0; i < listed; i++) {
      out.writeLong(pages[i]);
    }
  }

  static DroppedEntries decode(ByteBuf in) throws ProtocolException {
    if (in.readableBytes() < HEAD_BYTES) {
      throw new ProtocolException("dropped entries without a head");
    }
    int itag = in.readUnsignedByte();
    boolean reserved = in.readByte() != 0;
    int listed = in.readUnsignedShort();
    long entries = in.readUnsignedInt();
    if (reserved || listed > Math.min(entries, MOST_LISTED)) {
      throw new ProtocolException("dropped entries with more pages than entries, or with flags");
    }
    if (in.readableBytes() != listed * Long.BYTES) {
      throw new ProtocolException("dropped entries shorter or longer than their count");
    }
    long[] pages = new long[listed];
    for (int i = 0; i < listed; i++) {
      pages[i] = in.readLong();
      if ((pages[i] & PAGE_OFFSET) != 0) {
        throw new ProtocolException("dropped entry of an address that begins no page");
      }
    }
    return new DroppedEntries(itag, entries, pages);
  }
}
