package org.smmulator.qtest;

/** Numbers of up to 8 bytes in byte arrays. */
final class LittleEndian {
  private LittleEndian() {}

  static long get(byte[] data, int index, int bytes) {
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (data[index + i] & 0xffL) << (8 * i);
    }
    return value;
  }

  static void put(byte[] data, int index, int bytes, long value) {
    for (int i = 0; i < bytes; i++) {
      data[index + i] = (byte) (value >>> (8 * i));
    }
  }
}
