package org.smmulator.bus.wire;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * A part of what a device's ATC holds, the answer to one {@link AtcRead}. Body: first u32 as it was
 * asked, next u32, sets u32, ways u32, count u16, 0 u16, 0 u32, then for each of count entries:
 * number u32, PASID u32 (all ones: none), address u64 of the 4 KiB page that it serves, translated
 * address u64 of that page, log2 u8 of the translation's bytes, permissions u8, 0 u16, age u32.
 *
 * @param first number of the first entry looked at
 * @param next of the first entry not looked at; {@code sets * ways} if that was all
 * @param sets of the whole cache, a power of two
 * @param ways of each set
 * @param entries those that hold a translation, in order of their numbers
 */
public record AtcEntries(long first, long next, int sets, int ways, List<Entry> entries) {
  /** Entries in one frame. */
  public static final int MOST = 128;

  /** Entries of the largest cache. */
  public static final int LARGEST = 1 << 24;

  /** In the place of a PASID: the translation has none. */
  public static final int NO_PASID = -1;

  private static final int HEAD_BYTES = 24;
  private static final int ENTRY_BYTES = 32;
  private static final int PAGE_OFFSET = 0xFFF;
  private static final int MOST_PASID = 0xF_FFFF;
  private static final int PERMISSION_BITS = 0x1F;
  private static final long MOST_AGE = 0xFFFF_FFFFL;

  /**
   * One entry.
   *
   * @param number {@code set * ways + way}
   * @param pasid or {@link #NO_PASID}
   * @param address of the 4 KiB page that it serves
   * @param translated where that page is
   * @param sizeLog2 log2 of the bytes of the translation it was filled from, 12 to 64
   * @param permissions bit 0 read, 1 write, 2 execute, 3 of privileged mode, 4 untranslated only
   * @param age fills and hits of the whole cache since its own last one, up to 2^32 - 1
   */
  public record Entry(
      long number,
      int pasid,
      long address,
      long translated,
      int sizeLog2,
      int permissions,
      long age) {
    void encode(ByteBuf out) {
      out.writeInt((int) number).writeInt(pasid).writeLong(address).writeLong(translated);
      out.writeByte(sizeLog2).writeByte(permissions).writeShort(0);
      out.writeInt((int) Math.min(age, MOST_AGE));
    }

    /** An entry, unless something in it cannot be. */
    static Entry decode(ByteBuf in) throws ProtocolException {
      Entry entry =
          new Entry(
              in.readUnsignedInt(),
              in.readInt(),
              in.readLong(),
              in.readLong(),
              in.readUnsignedByte(),
              in.readUnsignedByte(),
              in.readUnsignedShort() == 0 ? in.readUnsignedInt() : -1);
      if (entry.age < 0
          || entry.pasid < NO_PASID
          || entry.pasid > MOST_PASID
          || ((entry.address | entry.translated) & PAGE_OFFSET) != 0
          || entry.sizeLog2 < 12
          || entry.sizeLog2 > Long.SIZE
          || (entry.permissions & ~PERMISSION_BITS) != 0) {
        throw new ProtocolException(
            "entry of an ATC with a PASID, page, size or flags that are none");
      }
      return entry;
    }
  }

  /** Writes a body; there are at most {@link #MOST} entries. */
  public void encode(ByteBuf out) {
    out.writeInt((int) first).writeInt((int) next).writeInt(sets).writeInt(ways);
    out.writeShort(entries.size()).writeShort(0).writeInt(0);
    entries.forEach(entry -> entry.encode(out));
  }

  static AtcEntries decode(ByteBuf in) throws ProtocolException {
    if (in.readableBytes() < HEAD_BYTES) {
      throw new ProtocolException("entries of an ATC without a head");
    }
    long first = in.readUnsignedInt();
    long next = in.readUnsignedInt();
    int sets = in.readInt();
    int ways = in.readInt();
    int count = in.readUnsignedShort();
    long reserved = in.readUnsignedShort() | in.readUnsignedInt();
    if (reserved != 0 || count > MOST || in.readableBytes() != count * ENTRY_BYTES) {
      throw new ProtocolException("entries of an ATC more or less than their count, or with flags");
    }
    if (sets < 1
        || Integer.bitCount(sets) != 1
        || ways < 1
        || (long) sets * ways > LARGEST
        || next > (long) sets * ways) {
      throw new ProtocolException("entries of an ATC of " + sets + " sets x " + ways + " ways");
    }
    return new AtcEntries(first, next, sets, ways, entries(in, count, first, next));
  }

  private static List<Entry> entries(ByteBuf in, int count, long first, long next)
      throws ProtocolException {
    List<Entry> entries = new ArrayList<>(count);
    long least = first;
    for (int i = 0; i < count; i++) {
      Entry entry = Entry.decode(in);
      if (entry.number < least || entry.number >= next) {
        throw new ProtocolException("entry of an ATC out of its place");
      }
      least = entry.number + 1;
      entries.add(entry);
    }
    return entries;
  }
}
