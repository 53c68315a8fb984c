package org.smmulator.bus.tlp;

import org.jspecify.annotations.Nullable;

/**
 * What a packet asks for: the Fmt and Type fields of its first header byte (Base Specification
 * 2.2.1).
 */
public enum TlpType {
  MEMORY_READ,
  MEMORY_WRITE,
  IO_READ,
  IO_WRITE,
  /** Type 0 only: addressed to the function at the end of this link. */
  CONFIG_READ,
  CONFIG_WRITE,
  COMPLETION,
  COMPLETION_DATA,
  MESSAGE,
  MESSAGE_DATA,
  FETCH_ADD,
  SWAP,
  COMPARE_AND_SWAP,
  /** Locked reads and their completions, type 1 configuration requests, deferrable writes. */
  OTHER;

  private static final @Nullable TlpType[] BY_FIRST_BYTE = new @Nullable TlpType[256];

  static {
    put(MEMORY_READ, 0x00, 0x20);
    put(MEMORY_WRITE, 0x40, 0x60);
    put(IO_READ, 0x02);
    put(IO_WRITE, 0x42);
    put(CONFIG_READ, 0x04);
    put(CONFIG_WRITE, 0x44);
    put(COMPLETION, 0x0A);
    put(COMPLETION_DATA, 0x4A);
    put(MESSAGE, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35);
    put(MESSAGE_DATA, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75);
    put(FETCH_ADD, 0x4C, 0x6C);
    put(SWAP, 0x4D, 0x6D);
    put(COMPARE_AND_SWAP, 0x4E, 0x6E);
    put(OTHER, 0x01, 0x21, 0x0B, 0x4B, 0x05, 0x45, 0x5B, 0x7B);
  }

  private static void put(TlpType type, int... firstBytes) {
    for (int firstByte : firstBytes) {
      BY_FIRST_BYTE[firstByte] = type;
    }
  }

  /** The type of a header that begins with this byte, null if PCIe defines none. */
  public static @Nullable TlpType of(int firstByte) {
    return BY_FIRST_BYTE[firstByte & 0xFF];
  }

  public boolean isAtomic() {
    return this == FETCH_ADD || this == SWAP || this == COMPARE_AND_SWAP;
  }

  /** Carries an address and an Address Type: memory reads, memory writes, atomics. */
  public boolean isMemoryRequest() {
    return this == MEMORY_READ || this == MEMORY_WRITE || isAtomic();
  }

  public boolean isCompletion() {
    return this == COMPLETION || this == COMPLETION_DATA;
  }

  public boolean isMessage() {
    return this == MESSAGE || this == MESSAGE_DATA;
  }
}
