package org.smmulator.machine;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/**
 * Frames that a device may send and must not: near-legal packets of all kinds with numbers of their
 * own, and some with a few bits changed. Two things are left out, because real hardware does not
 * keep a device from them once its ATS is on: translated writes to RAM, and to the doorbells of
 * interrupts.
 */
final class HostileFrames {
  /** The root complex's tags of the real device end here; those of these frames begin. */
  static final int FIRST_TAG = 32;

  private static final int TLP = 3;
  private static final int MOST_BYTES = 256;
  private static final long[] SOMEWHERE = {
    0, 0x1000_0000L, 0x0802_0040L, 0x0905_0000L, 0x4000_0000L, 0x8000_0000L, -4096L, 1L << 47
  };

  private final SplittableRandom random;
  private final int requesterId;
  private final int pasid;
  private final long buffer;
  private final int pages;
  private final ByteBuffer frame = ByteBuffer.allocate(MOST_BYTES + 64);

  /**
   * @param pasid of a process that shares {@code pages} pages from {@code buffer} on
   */
  HostileFrames(SplittableRandom random, int requesterId, int pasid, long buffer, int pages) {
    this.random = random;
    this.requesterId = requesterId;
    this.pasid = pasid;
    this.buffer = buffer;
    this.pages = pages;
  }

  /** The next frame, to be read until the next call. */
  ByteBuffer next() {
    do {
      frame.clear().position(8);
      body();
      int length = frame.position() - 4;
      frame.putInt(0, length).put(4, (byte) TLP).put(5, (byte) 0).putShort(6, (short) 0);
      frame.flip();
    } while (reachesWhatIsNotItsOwn());
    return frame;
  }

  /** The same with some bits changed, mostly so that the link is closed. */
  ByteBuffer mutated() {
    do {
      next();
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        int at = random.nextInt(frame.limit());
        frame.put(at, (byte) (frame.get(at) ^ 1 << random.nextInt(8)));
      }
    } while (reachesWhatIsNotItsOwn());
    return frame;
  }

  private void body() {
    switch (random.nextInt(10)) {
      case 0, 1, 2 -> memory(0, 1, 0); // translation requests
      case 3 -> memory(0, 0, 0);
      case 4 -> memory(0, 2, 0);
      case 5 -> memory(0x40, random.nextInt(3), 1 + random.nextInt(16));
      case 6 -> pageRequest();
      case 7 -> invalidateCompletion();
      case 8 -> completion();
      default -> rare();
    }
  }

  private void prefix() {
    if (random.nextInt(4) != 0) {
      int number = random.nextInt(8) == 0 ? random.nextInt(1 << 20) : pasid;
      frame.putInt(0x9100_0000 | (random.nextInt(4) / 3) << 22 | number);
    }
  }

  private long address() {
    return random.nextInt(8) == 0
        ? SOMEWHERE[random.nextInt(SOMEWHERE.length)] + 4L * random.nextInt(2048)
        : buffer + 4L * random.nextInt(pages * 1024 + 64);
  }

  private int requesterAndTag(int lowByte) {
    return requesterId << 16 | (FIRST_TAG + random.nextInt(256 - FIRST_TAG)) << 8 | lowByte;
  }

  private void memory(int withData, int addressType, int dataDwords) {
    prefix();
    long address = address();
    int dwords = withData != 0 ? dataDwords : 1 + random.nextInt(addressType == 1 ? 16 : 64);
    int length = addressType == 1 ? 2 * dwords : (int) Math.min(dwords, leftInPage(address));
    int enables = length == 1 ? random.nextInt(16) : 0xff;
    boolean wide = address >>> 32 != 0;
    frame.putInt(((wide ? 0x20 : 0) | withData) << 24 | addressType << 10 | length);
    frame.putInt(requesterAndTag(enables));
    long last = addressType == 1 ? (address & -4096L) | random.nextInt(2) : address & -4L;
    if (wide) {
      frame.putInt((int) (last >>> 32));
    }
    frame.putInt((int) last);
    for (int i = 0; i < length && withData != 0; i++) {
      frame.putInt(random.nextInt());
    }
  }

  private static long leftInPage(long address) {
    return (4096 - (address & 4095)) / 4;
  }

  private void pageRequest() {
    prefix();
    frame.putInt(0x3000_0000).putInt(requesterId << 16 | 4);
    long page = address() & -4096L;
    frame.putInt((int) (page >>> 32));
    frame.putInt((int) page | random.nextInt(512) << 3 | random.nextInt(8));
  }

  private void invalidateCompletion() {
    frame.putInt(0x3200_0000).putInt(requesterId << 16 | 2);
    frame.putInt(random.nextInt(4) << 16 | random.nextInt(8)).putInt(1 << random.nextInt(32));
  }

  /** Of a request that the root complex may or may not have sent. */
  private void completion() {
    boolean data = random.nextBoolean();
    frame.putInt(data ? 0x4a00_0001 : 0x0a00_0000);
    frame.putInt(requesterId << 16 | random.nextInt(8) << 13 | random.nextInt(16));
    frame.putInt(random.nextInt(4) << 16 | random.nextInt(256) << 8 | random.nextInt(128));
    if (data) {
      frame.putInt(random.nextInt());
    }
  }

  private void rare() {
    switch (random.nextInt(4)) {
      case 0 -> // interrupt pins, power management, vendor-defined messages
          frame.putInt(0x3400_0000).putInt(requesterAndTag(0x20 + random.nextInt(8))).putLong(0);
      case 1 -> // configuration and I/O requests
          frame
              .putInt(random.nextBoolean() ? 0x0400_0001 : 0x0200_0001)
              .putInt(requesterAndTag(0xf))
              .putInt(random.nextInt(4096) & -4);
      case 2 -> { // an atomic, untranslated
        prefix();
        long at = address() & -8L;
        boolean wide = at >>> 32 != 0;
        frame.putInt((wide ? 0x6c : 0x4c) << 24 | 2).putInt(requesterAndTag(0xff));
        if (wide) {
          frame.putInt((int) (at >>> 32));
        }
        frame.putInt((int) at).putLong(random.nextLong());
      }
      default -> { // a stop marker
        frame.putInt(0x9100_0000 | pasid);
        frame.putInt(0x3000_0000).putInt(requesterId << 16 | 4).putLong(0b100);
      }
    }
  }

  /** A write or atomic that comes translated, wherever it leads. */
  private boolean reachesWhatIsNotItsOwn() {
    int at = 8;
    while (at + 4 <= frame.limit() && (frame.get(at) & 0xe0) == 0x80) {
      at += 4;
    }
    if (at + 4 > frame.limit()) {
      return false;
    }
    int first = frame.getInt(at);
    boolean writes = (first >>> 30 & 1) != 0 || (first >>> 24 & 0x1f) >= 0xc;
    return writes && (first >>> 10 & 3) >= 2;
  }
}
