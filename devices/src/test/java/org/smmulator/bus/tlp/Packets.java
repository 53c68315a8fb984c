package org.smmulator.bus.tlp;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Hexadecimal packets for tests. */
final class Packets {
  private Packets() {}

  /** Lines of the form "left = right" of a file next to this class. */
  static Map<String, String> load(String file) {
    Map<String, String> lines = new LinkedHashMap<>();
    try (InputStream in = Packets.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException(file + " is not among the test resources");
      }
      new String(in.readAllBytes(), UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split("=", 2))
          .forEach(parts -> lines.put(parts[0].strip(), parts[1].strip()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return lines;
  }

  /** The packet standing at index 1 of its buffer, so that alignment never helps. */
  static ByteBuf shifted(String hex) {
    byte[] bytes = ByteBufUtil.decodeHexDump(hex.replace(" ", ""));
    return Unpooled.buffer().writeByte(0xEE).writeBytes(bytes);
  }

  /** A window on a packet that is well-formed. */
  static Tlp parse(String hex) {
    return parse(shifted(hex).skipBytes(1));
  }

  static Tlp parse(ByteBuf packet) {
    Tlp tlp = new Tlp();
    String malformed = tlp.wrap(packet, packet.readerIndex(), packet.readableBytes());
    if (malformed != null) {
      throw new AssertionError(ByteBufUtil.hexDump(packet) + ": " + malformed);
    }
    return tlp;
  }

  static String hex(ByteBuf packet) {
    return ByteBufUtil.hexDump(packet).toUpperCase(Locale.ROOT).replaceAll(".{8}(?=.)", "$0 ");
  }
}
