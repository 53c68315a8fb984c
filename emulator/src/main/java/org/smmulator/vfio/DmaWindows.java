package org.smmulator.vfio;

import io.netty.buffer.ByteBuf;
import java.util.TreeMap;

/** The addresses at which a client has shown memory; no two of them overlap. */
final class DmaWindows {
  static final int MAP_BYTES = 32;
  static final int UNMAP_BYTES = 24;

  /** The size of page that all is in multiples of. */
  static final int PAGE_BYTES = 4096;

  /** Readable, writable, mappable, usable as a file. */
  private static final int MAP_FLAGS = 0b1111;

  /** Everything goes, whatever was mapped. */
  private static final int UNMAP_ALL = 0b10;

  private static final int AT_FLAGS = 4;

  /** Sizes by first address, both unsigned. */
  private final TreeMap<Long, Long> windows = new TreeMap<>(Long::compareUnsigned);

  /** An address range, all of it below 2<sup>64</sup>. */
  record Window(long address, long bytes) {
    long last() {
      return address + bytes - 1;
    }
  }

  /** Performs the body of a DMA_MAP. */
  Window map(ByteBuf body, int most) throws RefusedMessage {
    requireBytes(body, MAP_BYTES);
    int flags = body.getIntLE(body.readerIndex() + AT_FLAGS);
    if ((flags & ~MAP_FLAGS) != 0) {
      throw RefusedMessage.invalid(String.format("DMA_MAP has unknown flags 0x%x", flags));
    }
    Window window = window(body, 16);
    if (overlaps(window)) {
      throw new RefusedMessage(
          Errno.EEXIST,
          String.format(
              "0x%x to 0x%x overlaps what is mapped already", window.address(), window.last()));
    }
    if (windows.size() >= most) {
      throw new RefusedMessage(Errno.ENOSPC, "all " + most + " DMA mappings are in use");
    }
    windows.put(window.address(), window.bytes());
    return window;
  }

  private boolean overlaps(Window window) {
    var before = windows.floorEntry(window.last());
    return before != null
        && Long.compareUnsigned(before.getKey() + before.getValue() - 1, window.address()) >= 0;
  }

  /** Performs the body of a DMA_UNMAP. */
  void unmap(ByteBuf body) throws RefusedMessage {
    requireBytes(body, UNMAP_BYTES);
    int flags = body.getIntLE(body.readerIndex() + AT_FLAGS);
    if (flags == UNMAP_ALL) {
      windows.clear();
      return;
    }
    if (flags != 0) {
      throw RefusedMessage.invalid(String.format("DMA_UNMAP has unknown flags 0x%x", flags));
    }
    Window window = window(body, 8);
    if (!windows.remove(window.address(), window.bytes())) {
      throw new RefusedMessage(
          Errno.ENOENT,
          String.format(
              "no mapping is from 0x%x to 0x%x exactly", window.address(), window.last()));
    }
  }

  private static void requireBytes(ByteBuf body, int bytes) throws RefusedMessage {
    long argsz = body.readableBytes() < 4 ? 0 : body.getUnsignedIntLE(body.readerIndex());
    if (body.readableBytes() != bytes || argsz < bytes) {
      throw RefusedMessage.invalid(
          String.format(
              "the body has %d bytes and argsz %d; %d is right",
              body.readableBytes(), argsz, bytes));
    }
  }

  private static Window window(ByteBuf body, int offset) throws RefusedMessage {
    long address = body.getLongLE(body.readerIndex() + offset);
    long bytes = body.getLongLE(body.readerIndex() + offset + 8);
    boolean whole = bytes != 0 && Long.compareUnsigned(address + bytes - 1, address) >= 0;
    if (!whole || ((address | bytes) & (PAGE_BYTES - 1)) != 0) {
      throw RefusedMessage.invalid(
          String.format("0x%x bytes at 0x%x are not whole pages of 4 KiB", bytes, address));
    }
    return new Window(address, bytes);
  }
}
