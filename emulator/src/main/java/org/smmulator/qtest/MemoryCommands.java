package org.smmulator.qtest;

import java.util.Base64;
import java.util.HexFormat;

/** Commands that read and write the address space, with QEMU's forms of numbers and bytes. */
final class MemoryCommands {
  /** Most bytes that one command moves; more than that is no register file and no queue. */
  static final int MOST_BYTES = 4 << 20;

  private static final String PREFIX = "0x";

  private final CpuPhysicalMemory space;

  MemoryCommands(CpuPhysicalMemory space) {
    this.space = space;
  }

  /** {@code readb ADDR} and its wider brothers. */
  String readNumber(Words words, int bytes) throws CommandException {
    return String.format("OK 0x%016x", space.readNumber(words.number("ADDR"), bytes));
  }

  /** {@code writeb ADDR VALUE} and its wider brothers; bits beyond the size are dropped. */
  String writeNumber(Words words, int bytes) throws CommandException {
    space.writeNumber(words.number("ADDR"), bytes, words.number("VALUE"));
    return "OK";
  }

  /** {@code read ADDR SIZE}. */
  String read(Words words) throws CommandException {
    return "OK " + hex(space.read(words.number("ADDR"), size(words, 1)));
  }

  /** {@code write ADDR SIZE DATA}: what the data lacks is zero. */
  String write(Words words) throws CommandException {
    long address = words.number("ADDR");
    int size = size(words, 0);
    space.write(address, bytes(words.word("DATA"), size));
    return "OK";
  }

  /** {@code b64read ADDR SIZE}. */
  String readBase64(Words words) throws CommandException {
    byte[] data = space.read(words.number("ADDR"), size(words, 0));
    return "OK " + Base64.getEncoder().encodeToString(data);
  }

  /** {@code b64write ADDR SIZE DATA}: the shorter one of size and data counts. */
  String writeBase64(Words words) throws CommandException {
    long address = words.number("ADDR");
    int size = size(words, 0);
    String text = words.word("DATA");
    try {
      byte[] data = Base64.getDecoder().decode(text);
      space.write(address, data.length <= size ? data : java.util.Arrays.copyOf(data, size));
      return "OK";
    } catch (IllegalArgumentException e) {
      throw CommandException.wrong("DATA '" + Words.shown(text) + "' is not base64");
    }
  }

  /** {@code memset ADDR SIZE VALUE}, over RAM of any size. */
  String fill(Words words) throws CommandException {
    long address = words.number("ADDR");
    long size = words.number("SIZE");
    byte value = (byte) words.number("VALUE");
    if (size != 0) {
      space.fill(address, size, value);
    }
    return "OK";
  }

  private static int size(Words words, int least) throws CommandException {
    return (int) words.number("SIZE", least, MOST_BYTES);
  }

  /** Bytes in ascending order of their addresses. */
  static String hex(byte[] data) {
    return PREFIX + HexFormat.of().formatHex(data);
  }

  /** Bytes as {@link #hex} writes them, filled up with zeroes or cut off. */
  static byte[] bytes(String text, int size) throws CommandException {
    if (text.length() <= PREFIX.length() || !text.startsWith(PREFIX)) {
      throw CommandException.wrong(
          "invalid argument size; DATA is 0x and two digits for each byte");
    }
    byte[] data = new byte[size];
    try {
      int given = Math.min(size, (text.length() - PREFIX.length()) / 2);
      for (int i = 0; i < given; i++) {
        int at = PREFIX.length() + 2 * i;
        data[i] =
            (byte)
                (HexFormat.fromHexDigit(text.charAt(at)) << 4
                    | HexFormat.fromHexDigit(text.charAt(at + 1)));
      }
      return data;
    } catch (NumberFormatException e) {
      throw CommandException.wrong("DATA '" + Words.shown(text) + "' is not hexadecimal");
    }
  }
}
