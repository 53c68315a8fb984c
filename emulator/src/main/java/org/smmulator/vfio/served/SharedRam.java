package org.smmulator.vfio.served;

/** The RAM of both sides: one file, mapped by the machine and by the client. */
record SharedRam(long base, long bytes) {
  /** What is wrong with memory that a client has at an address, if it is to be this; or nothing. */
  String compare(long address, long length) {
    long end = base + bytes;
    boolean within =
        Long.compareUnsigned(address, base) >= 0
            && Long.compareUnsigned(address + length - 1, end - 1) <= 0;
    if (within) {
      return "";
    }
    return String.format(
        "its memory at 0x%x to 0x%x is not all of this machine's RAM, 0x%x to 0x%x, so devices do"
            + " not reach it; give both the same size and file",
        address, address + length - 1, base, end - 1);
  }
}
