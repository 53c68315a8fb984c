package org.smmulator.vfio.served;

import java.util.function.Consumer;
import org.smmulator.vfio.ServedFunction;

/** Performs an access of any length in its naturally aligned parts, one after the other. */
final class AccessParts {
  /** A read of one part: the offset, its bytes, and who takes the value. */
  interface Reader {
    void read(long offset, int bytes, End<Long> end);
  }

  /** A write of one part. */
  interface Writer {
    void write(long offset, int bytes, long value, End<Boolean> end);
  }

  /** Takes the value of a part, or that there is none. */
  static final class End<T> {
    private final Consumer<T> done;
    private final ServedFunction.Answer answer;

    private End(Consumer<T> done, ServedFunction.Answer answer) {
      this.done = done;
      this.answer = answer;
    }

    void done(T value) {
      done.accept(value);
    }

    /** The whole access fails. */
    void failed(int errno, String why) {
      answer.failed(errno, why);
    }
  }

  private final long offset;
  private final int length;
  private final int widest;

  /**
   * @param whole bytes of the largest access that is made in one
   * @param widest bytes of a part of any other one
   */
  AccessParts(long offset, int length, int whole, int widest) {
    this.offset = offset;
    this.length = length;
    boolean isWhole = length <= whole && Integer.bitCount(length) == 1 && offset % length == 0;
    this.widest = isWhole ? whole : widest;
  }

  private int part(int done) {
    int aligned = (int) Math.min(widest, Long.lowestOneBit((offset + done) | widest));
    return Math.min(aligned, Integer.highestOneBit(length - done));
  }

  void read(Reader reader, ServedFunction.Answer answer) {
    readFrom(0, new byte[length], reader, answer);
  }

  private void readFrom(int done, byte[] data, Reader reader, ServedFunction.Answer answer) {
    if (done == length) {
      answer.done(data);
      return;
    }
    int bytes = part(done);
    End<Long> end =
        new End<>(
            value -> {
              for (int i = 0; i < bytes; i++) {
                data[done + i] = (byte) (value >>> (i * Byte.SIZE));
              }
              readFrom(done + bytes, data, reader, answer);
            },
            answer);
    reader.read(offset + done, bytes, end);
  }

  void write(byte[] data, Writer writer, ServedFunction.Answer answer) {
    writeFrom(0, data, writer, answer);
  }

  private void writeFrom(int done, byte[] data, Writer writer, ServedFunction.Answer answer) {
    if (done == length) {
      answer.done(new byte[0]);
      return;
    }
    int bytes = part(done);
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (data[done + i] & 0xffL) << (i * Byte.SIZE);
    }
    End<Boolean> end = new End<>(written -> writeFrom(done + bytes, data, writer, answer), answer);
    writer.write(offset + done, bytes, value, end);
  }
}
