package org.smmulator.pcie;

import io.netty.buffer.ByteBuf;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.memory.AddressMap;

/**
 * Fetch and add, swap, and compare and swap of 4 or 8 bytes on little-endian memory, atomic against
 * every other access (PCIe 6.15). A 4-byte operand is exchanged within its aligned 8 bytes.
 */
final class AtomicOperation {
  private AtomicOperation() {}

  /** Performs the request at {@code pa}; what memory held before. */
  static long perform(AddressMap map, Tlp tlp, long pa) throws BusAbort {
    boolean wide = tlp.operandBytes() == Long.BYTES;
    long word = pa & -Long.BYTES;
    int shift = wide ? 0 : (int) (pa & Integer.BYTES) * 8;
    long mask = wide ? -1L : 0xFFFF_FFFFL << shift;
    long held;
    long next;
    do {
      held = map.load64(word);
      long old = (held & mask) >>> shift;
      next = (held & ~mask) | ((result(tlp, old, wide) << shift) & mask);
    } while (!map.compareAndSet64(word, held, next));
    return (held & mask) >>> shift;
  }

  private static long result(Tlp tlp, long old, boolean wide) {
    long first = operand(tlp, 0, wide);
    if (tlp.type() == TlpType.FETCH_ADD) {
      return old + first;
    }
    if (tlp.type() == TlpType.SWAP) {
      return first;
    }
    return old == first ? operand(tlp, 1, wide) : old;
  }

  private static long operand(Tlp tlp, int number, boolean wide) {
    ByteBuf buffer = tlp.buffer();
    int index = tlp.payloadIndex() + number * tlp.operandBytes();
    return wide ? buffer.getLongLE(index) : buffer.getUnsignedIntLE(index);
  }
}
