package org.smmulator.vfio;

import io.netty.buffer.ByteBuf;

/**
 * What each message begins with: message ID (16 bits), command (16), size of all of the message
 * (32), flags (32), error (32). Everything is little-endian, as on the hosts of both sides.
 */
final class VfioHeader {
  static final int BYTES = 16;

  // Message types, in bits 3:0 of the flags.
  static final int COMMAND = 0;
  static final int REPLY = 1;

  private static final int TYPE = 0xf;
  private static final int NO_REPLY = 1 << 4;
  private static final int ERROR = 1 << 5;

  private static final int AT_COMMAND = 2;
  private static final int AT_SIZE = 4;
  private static final int AT_FLAGS = 8;
  private static final int AT_ERROR = 12;

  private VfioHeader() {}

  // Each of these reads the message that begins where the buffer is read next.

  static int id(ByteBuf message) {
    return message.getUnsignedShortLE(message.readerIndex());
  }

  static int command(ByteBuf message) {
    return message.getUnsignedShortLE(message.readerIndex() + AT_COMMAND);
  }

  /** Bytes of header and body. */
  static long size(ByteBuf message) {
    return message.getUnsignedIntLE(message.readerIndex() + AT_SIZE);
  }

  static int type(ByteBuf message) {
    return flags(message) & TYPE;
  }

  /** Whether the sender of a command wants no reply. */
  static boolean wantsNoReply(ByteBuf message) {
    return (flags(message) & NO_REPLY) != 0;
  }

  /** The errno of a reply; 0 if it reports no error, and some value in any case if it does. */
  static int errno(ByteBuf message) {
    if ((flags(message) & ERROR) == 0) {
      return 0;
    }
    int errno = message.getIntLE(message.readerIndex() + AT_ERROR);
    return errno == 0 ? Errno.EIO : errno;
  }

  private static int flags(ByteBuf message) {
    return message.getIntLE(message.readerIndex() + AT_FLAGS);
  }

  static void writeCommand(ByteBuf out, int id, VfioCommand command, int bodyBytes) {
    write(out, id, command.number, bodyBytes, COMMAND, 0);
  }

  static void writeReply(ByteBuf out, int id, int command, int bodyBytes) {
    write(out, id, command, bodyBytes, REPLY, 0);
  }

  /** A whole reply: one that reports an error has no body. */
  static void writeError(ByteBuf out, int id, int command, int errno) {
    write(out, id, command, 0, REPLY | ERROR, errno);
  }

  private static void write(ByteBuf out, int id, int command, int bodyBytes, int flags, int errno) {
    out.writeShortLE(id)
        .writeShortLE(command)
        .writeIntLE(BYTES + bodyBytes)
        .writeIntLE(flags)
        .writeIntLE(errno);
  }
}
