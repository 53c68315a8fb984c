package org.smmulator.vfio.served;

import java.util.Arrays;
import org.smmulator.bus.pcie.ConfigHeader;

/**
 * BARs as a client has written them. A virtual machine monitor shows its software the addresses
 * that it has itself, which a Function Level Reset does not change. So software that restores
 * registers behind such a reset finds nothing to restore, and the function would stay without
 * addresses.
 */
final class ClientBars {
  private static final int WORD = Integer.BYTES;

  private final byte[] bytes = new byte[ConfigHeader.BARS * WORD];

  /** Who writes a register of the function. */
  interface Writer {
    void write(int register, int value);
  }

  /** The client wrote some bytes of configuration space. */
  void written(int offset, int length, long value) {
    for (int i = 0; i < length; i++) {
      int at = offset + i - ConfigHeader.BAR0;
      if (at >= 0 && at < bytes.length) {
        bytes[at] = (byte) (value >>> (i * Byte.SIZE));
      }
    }
  }

  /** The client's own reset of the function, after which it writes them anew. */
  void clear() {
    Arrays.fill(bytes, (byte) 0);
  }

  /** Those that have an address. */
  void restore(Writer writer) {
    for (int bar = 0; bar < ConfigHeader.BARS; bar++) {
      int value = 0;
      for (int i = 0; i < WORD; i++) {
        value |= (bytes[bar * WORD + i] & 0xff) << (i * Byte.SIZE);
      }
      if (value != 0) {
        writer.write(ConfigHeader.BAR0 + bar * WORD, value);
      }
    }
  }
}
