package org.smmulator.machine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/** A program at the guest port, with numbers of its own for all that it writes. */
@SuppressWarnings("AnnotateFormatMethod")
final class Harness implements AutoCloseable {
  static final long SMMU = 0x0905_0000L;
  static final long ECAM = 0x40_1000_0000L;
  static final long STREAM_TABLE = 0x4010_0000L;
  static final long COMMANDS = 0x4013_0000L;
  static final long EVENTS = 0x4014_0000L;
  static final long PAGE_REQUESTS = 0x4015_0000L;
  static final long CONTEXT = 0x4016_0000L;
  static final long TABLES = 0x4012_0000L;
  static final int CMDQ_PROD = 0x98;
  static final int CMDQ_CONS = 0x9c;

  /** Lines that answered nothing, in their order. */
  final List<String> lines = new ArrayList<>();

  private final SocketChannel socket;
  private final ByteBuffer input = ByteBuffer.allocate(1 << 16).flip();
  private int commandsGiven;

  Harness(SocketChannel socket) {
    this.socket = socket;
  }

  void send(String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(ISO_8859_1));
    while (bytes.hasRemaining()) {
      socket.write(bytes);
    }
  }

  /** The next line. */
  String receive() throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      while (input.hasRemaining()) {
        char c = (char) (input.get() & 0xff);
        if (c == '\n') {
          return line.toString();
        }
        line.append(c);
      }
      input.clear();
      int count = socket.read(input);
      input.flip();
      if (count < 0) {
        throw new IOException("the machine closed the guest port after '" + line + "'");
      }
    }
  }

  /** The answer to a command. */
  String ask(String command) throws IOException {
    send(command + "\n");
    while (true) {
      String line = receive();
      if (line.startsWith("OK") || line.startsWith("FAIL") || line.startsWith("ERR")) {
        return line;
      }
      lines.add(line);
    }
  }

  /** The lines since the last call. */
  List<String> takeLines() {
    List<String> taken = List.copyOf(lines);
    lines.clear();
    return taken;
  }

  void perform(String format, Object... values) throws IOException {
    String command = String.format(format, values);
    String answer = ask(command);
    if (!answer.equals("OK")) {
      throw new AssertionError(command + " was answered " + answer);
    }
  }

  long number(String format, Object... values) throws IOException {
    String command = String.format(format, values);
    String answer = ask(command);
    if (!answer.startsWith("OK ")) {
      throw new AssertionError(command + " was answered " + answer);
    }
    String number = answer.substring(3);
    return number.startsWith("0x")
        ? Long.parseUnsignedLong(number.substring(2), 16)
        : Long.parseLong(number);
  }

  void writeRegister(int offset, long value) throws IOException {
    perform("writel 0x%x 0x%x", SMMU + offset, value);
  }

  long readRegister(int offset) throws IOException {
    return number("readl 0x%x", SMMU + offset);
  }

  /** Queues of 16 entries, a stream table of 256, all interrupts; then everything enabled. */
  void bringUp() throws IOException {
    perform("writeq 0x%x 0x%x", SMMU + 0x80, STREAM_TABLE);
    writeRegister(0x88, 8);
    perform("writeq 0x%x 0x%x", SMMU + 0x90, COMMANDS | 4);
    perform("writeq 0x%x 0x%x", SMMU + 0xa0, EVENTS | 4);
    perform("writeq 0x%x 0x%x", SMMU + 0xc0, PAGE_REQUESTS | 4);
    writeRegister(0x50, 0b111);
    writeRegister(0x2c, 0b10);
    writeRegister(0x20, 0b1_1111);
    if (readRegister(0x24) != 0b1_1111) {
      throw new AssertionError("CR0ACK does not follow");
    }
  }

  /** Stage 1 with ATS, one context of ASID 7 and four levels of tables. */
  void translate(int streamId) throws IOException {
    long entry = STREAM_TABLE + 64L * streamId;
    perform("writeq 0x%x 0x%x", entry + 8, 1L << 28 | 1L << 44);
    perform("writeq 0x%x 0x%x", entry, CONTEXT | 0b1011);
    perform("writeq 0x%x 0x%x", CONTEXT, 7L << 48 | 0b1110_0010_0100L << 36 | 0xc000_0010L);
    perform("writeq 0x%x 0x%x", CONTEXT + 8, TABLES);
  }

  /** One page, readable and writable, in the first GiB of addresses. */
  void map(long address, long page) throws IOException {
    perform("writeq 0x%x 0x%x", TABLES, TABLES + 0x1003);
    perform("writeq 0x%x 0x%x", TABLES + 0x1000, TABLES + 0x2003);
    perform("writeq 0x%x 0x%x", TABLES + 0x2000 + 8 * (address >> 21), TABLES + 0x3003);
    perform("writeq 0x%x 0x%x", TABLES + 0x3000 + 8 * (address >> 12 & 511), page | 0xc43);
  }

  /** Puts a command into the queue and lets the SMMU see it. */
  void command(long low, long high) throws IOException {
    long at = COMMANDS + 16L * (commandsGiven++ & 15);
    perform("writeq 0x%x 0x%x", at, low);
    perform("writeq 0x%x 0x%x", at + 8, high);
    writeRegister(CMDQ_PROD, commandsGiven & 31);
  }

  boolean allCommandsDone() throws IOException {
    return readRegister(CMDQ_CONS) == readRegister(CMDQ_PROD);
  }

  /** Gives the function of a slot its BAR and lets it answer and master the bus. */
  void enable(int requesterId, long bar) throws IOException {
    long config = ECAM + ((long) requesterId << 12);
    perform("writel 0x%x 0x%x", config + 0x10, bar);
    perform("writew 0x%x 0x6", config + 0x04);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
