package org.smmulator.device;

import java.util.BitSet;
import org.smmulator.bus.pcie.MsixCapability;
import org.smmulator.device.PciFunction.MsixLayout;

/**
 * The MSI-X structures in a function's BAR (Base Specification 6.1.4.2, 7.7.2): per vector sixteen
 * bytes of message address, upper address, data, and a control word with the mask bit; and one
 * pending bit per vector. A vector that is raised while masked is pending, and sent when software
 * unmasks it. Only the link's thread may call it.
 */
final class MsixTable {
  /** Sends the message of a vector. */
  interface Sender {
    void send(int vector, long address, int data);
  }

  private final MsixLayout layout;
  private final ConfigSpace config;
  private final Sender sender;
  private final long[] addresses;
  private final int[] messages;
  private final int[] controls;
  private final BitSet pending = new BitSet();

  MsixTable(MsixLayout layout, ConfigSpace config, Sender sender) {
    this.layout = layout;
    this.config = config;
    this.sender = sender;
    this.addresses = new long[layout.vectors()];
    this.messages = new int[layout.vectors()];
    this.controls = new int[layout.vectors()];
    reset();
  }

  /** All vectors masked, nothing pending. */
  void reset() {
    for (int vector = 0; vector < controls.length; vector++) {
      addresses[vector] = 0;
      messages[vector] = 0;
      controls[vector] = MsixCapability.MASKED;
    }
    pending.clear();
  }

  /** Whether an offset of a BAR lies in table or pending bits. */
  boolean contains(int bar, long offset) {
    return bar == layout.bar() && (inTable(offset) || inPending(offset));
  }

  private boolean inTable(long offset) {
    long within = offset - layout.tableOffset();
    return within >= 0 && within < (long) MsixCapability.ENTRY_BYTES * layout.vectors();
  }

  private boolean inPending(long offset) {
    long within = offset - layout.pendingOffset();
    return within >= 0 && within < (layout.vectors() + 63L) / 64 * 8;
  }

  /** Reads 1, 2, 4 or 8 naturally aligned bytes. */
  long read(long offset, int bytes) {
    long word = inTable(offset) ? tableWord(offset) : pendingWord(offset);
    long shifted = word >>> (8 * (offset & 7));
    return bytes == 8 ? shifted : shifted & ((1L << (8 * bytes)) - 1);
  }

  /** Writes 1, 2, 4 or 8 naturally aligned bytes; pending bits are read-only. */
  void write(long offset, int bytes, long value) {
    if (!inTable(offset)) {
      return;
    }
    int shift = 8 * (int) (offset & 7);
    long mask = (bytes == 8 ? -1L : (1L << (8 * bytes)) - 1) << shift;
    long word = (tableWord(offset) & ~mask) | ((value << shift) & mask);
    int vector = (int) (offset - layout.tableOffset()) / MsixCapability.ENTRY_BYTES;
    if (isAddress(offset)) {
      addresses[vector] = word & ~3L;
    } else {
      messages[vector] = (int) word;
      controls[vector] = (int) (word >>> 32) & MsixCapability.MASKED;
      sendPending();
    }
  }

  private boolean isAddress(long offset) {
    return (offset - layout.tableOffset()) % MsixCapability.ENTRY_BYTES < 8;
  }

  private long tableWord(long offset) {
    int vector = (int) (offset - layout.tableOffset()) / MsixCapability.ENTRY_BYTES;
    return isAddress(offset)
        ? addresses[vector]
        : (messages[vector] & 0xFFFF_FFFFL) | ((long) controls[vector] << 32);
  }

  private long pendingWord(long offset) {
    int first = (int) ((offset - layout.pendingOffset()) & ~7) * 8;
    long[] word = pending.get(first, first + 64).toLongArray();
    return word.length == 0 ? 0 : word[0];
  }

  /** Sends the vector's message, now or once it is unmasked; nothing while MSI-X is disabled. */
  void raise(int vector) {
    if (!config.msixEnabled()) {
      return;
    }
    if (isMasked(vector)) {
      pending.set(vector);
    } else {
      sender.send(vector, addresses[vector], messages[vector]);
    }
  }

  private boolean isMasked(int vector) {
    return config.msixFunctionMasked() || (controls[vector] & MsixCapability.MASKED) != 0;
  }

  /** Sends what is pending and no longer masked. */
  void sendPending() {
    if (!config.msixEnabled()) {
      return;
    }
    for (int v = pending.nextSetBit(0); v >= 0; v = pending.nextSetBit(v + 1)) {
      if (!isMasked(v)) {
        pending.clear(v);
        sender.send(v, addresses[v], messages[v]);
      }
    }
  }
}
