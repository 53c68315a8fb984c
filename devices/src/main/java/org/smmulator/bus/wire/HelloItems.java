package org.smmulator.bus.wire;

import io.netty.buffer.ByteBuf;
import java.util.Map;
import java.util.TreeMap;

/**
 * The body shared by both hellos: magic u32, major u16, minor u16, then items of type u16, length
 * u16, value. Numbers are u32. Of an item given twice the last counts.
 *
 * @param values position of each item's value by type
 */
record HelloItems(ByteBuf in, int major, int minor, Map<Integer, Item> values) {
  static final int REQUESTER_ID = 1;
  static final int MAX_PAYLOAD = 5;
  static final int MAX_READ_REQUEST = 6;
  static final int TAG_BITS = 7;

  /** Frame fields, one prefix and the longest header. */
  static final int HEADER_ROOM = 64;

  private static final int MAGIC = 0x534D_4D42; // "SMMB"
  private static final int MAX_TEXT_BYTES = 64;

  record Item(int index, int length) {}

  static void start(ByteBuf out, int major, int minor) {
    out.writeInt(MAGIC).writeShort(major).writeShort(minor);
  }

  static void number(ByteBuf out, int type, int value) {
    out.writeShort(type).writeShort(Integer.BYTES).writeInt(value);
  }

  static void text(ByteBuf out, int type, String value) {
    byte[] bytes = WireText.encode(value, MAX_TEXT_BYTES);
    out.writeShort(type).writeShort(bytes.length).writeBytes(bytes);
  }

  static HelloItems read(ByteBuf in) throws ProtocolException {
    if (in.readableBytes() < 8 || in.readInt() != MAGIC) {
      throw new ProtocolException("hello without the magic number of this bus");
    }
    int major = in.readUnsignedShort();
    int minor = in.readUnsignedShort();
    if (major != Hello.MAJOR) {
      throw new ProtocolException(
          ErrorCode.VERSION,
          "protocol version " + major + "." + minor + ", this side speaks " + Hello.MAJOR + ".x");
    }
    Map<Integer, Item> values = new TreeMap<>();
    while (in.isReadable()) {
      if (in.readableBytes() < 4) {
        throw new ProtocolException("hello with half an item");
      }
      int type = in.readUnsignedShort();
      int length = in.readUnsignedShort();
      if (length > in.readableBytes()) {
        throw new ProtocolException("hello with half an item");
      }
      values.put(type, new Item(in.readerIndex(), length));
      in.skipBytes(length);
    }
    return new HelloItems(in, major, minor, values);
  }

  int number(int type, int absent) throws ProtocolException {
    Item item = values.get(type);
    if (item == null) {
      return absent;
    }
    if (item.length != Integer.BYTES) {
      throw new ProtocolException("hello item " + type + " is no number of four bytes");
    }
    return in.getInt(item.index);
  }

  String text(int type) throws ProtocolException {
    Item item = values.get(type);
    if (item == null) {
      return "";
    }
    if (item.length > MAX_TEXT_BYTES) {
      throw new ProtocolException("hello item " + type + " longer than " + MAX_TEXT_BYTES);
    }
    return WireText.decode(in, item.index, item.length);
  }

  static void checkId(int requesterId) throws ProtocolException {
    if (requesterId < Hello.ASSIGN || requesterId > 0xFFFF) {
      throw new ProtocolException("hello: requester id beyond 16 bits");
    }
  }

  static void checkSizes(int maxPayload, int maxReadRequest, int tagBits) throws ProtocolException {
    if (!isPacketSize(maxPayload) || !isPacketSize(maxReadRequest)) {
      throw new ProtocolException("hello: MPS or MRRS is no power of two from 128 to 4096");
    }
    if (tagBits != 5 && tagBits != 8 && tagBits != 10) {
      throw new ProtocolException("hello: tags have 5, 8 or 10 bits");
    }
  }

  private static boolean isPacketSize(int bytes) {
    return bytes >= 128 && bytes <= 4096 && Integer.bitCount(bytes) == 1;
  }
}
