package org.smmulator.guest.pci.dma;

/**
 * One piece of work for the engine; addresses are those of the queue's address space.
 *
 * @param opcode what to do
 * @param length bytes, up to 4 GiB - 1
 * @param source read from (COPY, COMPARE, CRC32C)
 * @param destination written to (COPY, FILL) or read as the second operand (COMPARE)
 * @param pattern 8 bytes that FILL repeats, little-endian
 */
public record DmaOperation(
    Opcode opcode, long length, long source, long destination, long pattern) {
  /** What the engine can do. */
  public enum Opcode {
    COPY(1),
    FILL(2),
    COMPARE(3),
    CRC32C(4);

    private final int code;

    Opcode(int code) {
      this.code = code;
    }

    int code() {
      return code;
    }
  }

  public DmaOperation {
    if (length < 0 || length > 0xffff_ffffL) {
      throw new IllegalArgumentException("length " + length + " does not fit 32 bits");
    }
  }

  public static DmaOperation copy(long source, long destination, long length) {
    return new DmaOperation(Opcode.COPY, length, source, destination, 0);
  }

  public static DmaOperation fill(long destination, long length, long pattern) {
    return new DmaOperation(Opcode.FILL, length, 0, destination, pattern);
  }

  public static DmaOperation compare(long first, long second, long length) {
    return new DmaOperation(Opcode.COMPARE, length, first, second, 0);
  }

  public static DmaOperation crc32c(long source, long length) {
    return new DmaOperation(Opcode.CRC32C, length, source, 0, 0);
  }
}
