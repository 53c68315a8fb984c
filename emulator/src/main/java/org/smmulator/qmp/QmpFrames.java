package org.smmulator.qmp;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.TooLongFrameException;
import java.util.List;

/**
 * Cuts what a client sends into texts of one JSON value each. A value is over where its brackets
 * are closed, whatever follows; what begins with no bracket, or has an end of line inside of a
 * string, is no command, and is over with its line.
 */
final class QmpFrames extends ByteToMessageDecoder {
  /** Longest text; the commands of QEMU's tests have some hundred bytes. */
  static final int MOST_BYTES = 1 << 16;

  /** Of the text that has begun at the reader's index: what was looked at, and what it led to. */
  private int looked;

  private int depth;
  private boolean inString;
  private boolean escaped;
  private boolean inLine;

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    while (in.readableBytes() > looked) {
      byte next = in.getByte(in.readerIndex() + looked);
      if (looked == 0 && isSpace(next)) {
        in.skipBytes(1);
        continue;
      }
      looked++;
      if (endsWith(next)) {
        out.add(in.readCharSequence(looked, UTF_8).toString());
        begin();
        return;
      }
      if (looked == MOST_BYTES) {
        in.skipBytes(in.readableBytes());
        begin();
        throw new TooLongFrameException("a command is longer than " + MOST_BYTES + " bytes");
      }
    }
  }

  private static boolean isSpace(byte next) {
    return next == ' ' || next == '\t' || next == '\r' || next == '\n';
  }

  private void begin() {
    looked = 0;
    depth = 0;
    inString = false;
    escaped = false;
    inLine = false;
  }

  private boolean endsWith(byte next) {
    if (inLine || inString) {
      if (next == '\n') {
        return true;
      }
      inString = inString && (escaped || next != '"');
      escaped = !escaped && next == '\\';
      return false;
    }
    switch (next) {
      case '{', '[' -> depth++;
      case '}', ']' -> depth--;
      case '"' -> inString = true;
      default -> {}
    }
    inLine = depth <= 0 && looked == 1;
    return depth == 0 && looked > 1;
  }
}
