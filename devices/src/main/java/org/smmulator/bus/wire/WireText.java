package org.smmulator.bus.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/** UTF-8 text in frames. What arrives may end up in a log or on a page: one line, no controls. */
final class WireText {
  private WireText() {}

  /** The text's bytes, cut after at most {@code maxBytes}, never within a character. */
  static byte[] encode(String text, int maxBytes) {
    byte[] bytes = text.getBytes(UTF_8);
    int end = Math.min(bytes.length, maxBytes);
    while (end < bytes.length && end > 0 && (bytes[end] & 0xC0) == 0x80) {
      end--;
    }
    return Arrays.copyOf(bytes, end);
  }

  static String decode(ByteBuf in, int index, int length) {
    return in.toString(index, length, UTF_8).replaceAll("[\\p{Cntrl}\\p{Cf}\u2028\u2029]", "?");
  }
}
