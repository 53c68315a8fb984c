package org.smmulator.vfio;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/** A read or write of one of the function's regions, all of it within the region. */
final class RegionAccess {
  /** Offset, region and count, before the data. */
  static final int HEAD_BYTES = 16;

  private static final int AT_REGION = 8;
  private static final int AT_COUNT = 12;

  private final long offset;
  private final int region;
  private final int bytes;
  private final byte @Nullable [] data;

  private RegionAccess(ByteBuf body, ServedFunction function, int mostBytes, boolean write)
      throws RefusedMessage {
    if (body.readableBytes() < HEAD_BYTES) {
      throw RefusedMessage.invalid("a body of " + body.readableBytes() + " bytes says not where");
    }
    int start = body.readerIndex();
    offset = body.getLongLE(start);
    region = body.getIntLE(start + AT_REGION);
    bytes = body.getIntLE(start + AT_COUNT);
    if (bytes <= 0 || bytes > mostBytes) {
      throw RefusedMessage.invalid(
          Integer.toUnsignedString(bytes) + " bytes at once; 1 to " + mostBytes + " were agreed");
    }
    int carried = body.readableBytes() - HEAD_BYTES;
    if (carried != (write ? bytes : 0)) {
      throw RefusedMessage.invalid("it carries " + carried + " bytes of data");
    }
    long size = region < 0 || region >= ServedFunction.REGIONS ? 0 : function.regionBytes(region);
    if (offset < 0 || offset > size - bytes) {
      throw RefusedMessage.invalid(
          String.format(
              "%d bytes at 0x%x of region %s, which has 0x%x",
              bytes, offset, Integer.toUnsignedString(region), size));
    }
    data = write ? new byte[bytes] : null;
    if (data != null) {
      body.getBytes(start + HEAD_BYTES, data);
    }
  }

  static RegionAccess read(ByteBuf body, ServedFunction function, int mostBytes)
      throws RefusedMessage {
    return new RegionAccess(body, function, mostBytes, false);
  }

  static RegionAccess write(ByteBuf body, ServedFunction function, int mostBytes)
      throws RefusedMessage {
    return new RegionAccess(body, function, mostBytes, true);
  }

  void begin(ServedFunction function, ServedFunction.Answer answer) {
    if (data == null) {
      function.read(region, offset, bytes, answer);
    } else {
      function.write(region, offset, data, answer);
    }
  }

  /** The body of its reply: where it was, and of a read the data. */
  ByteBuf reply(byte[] read) {
    if (read.length != (data == null ? bytes : 0)) {
      throw new IllegalStateException(read.length + " bytes answer an access of " + bytes);
    }
    return Unpooled.buffer(HEAD_BYTES + read.length)
        .writeLongLE(offset)
        .writeIntLE(region)
        .writeIntLE(bytes)
        .writeBytes(read);
  }
}
