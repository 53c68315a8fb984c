package org.smmulator.pcie;

/**
 * What the root complex knows of one function's configuration space: what training read, and the
 * registers that software has written since. A write is seen twice, when it is sent and when the
 * function has completed it: what it permits the function counts from the first, what it forbids
 * from the second, because packets sent before the function saw it are still in order.
 *
 * <p>Capability offsets are 0 for a capability that the function lacks.
 */
final class FunctionConfig {
  static final int COMMAND = 0x04;
  static final int BAR0 = 0x10;
  static final int BARS = 6;

  private static final int MEMORY_ENABLE = 1 << 1;
  private static final int BUS_MASTER_ENABLE = 1 << 2;
  private static final int PRI_ENABLE = 1;
  private static final int PRI_RESET = 1 << 1;
  private static final int LARGEST_PAYLOAD = 4096;

  private final int[] written = new int[1024];
  private final long[] barBytes = new long[BARS];
  private final boolean[] barIsWide = new boolean[BARS];

  int vendorId;
  int deviceId;

  /** PCI Express capability. */
  int express;

  int ats;
  int pri;

  /** Invalidate Requests the function can hold, 1 to 32. */
  int invalidateQueueDepth = 32;

  /** PRG Response PASID Required. */
  boolean responseNeedsPasid;

  /** What the hello's answer allows; software may set less, and more has no effect. */
  private final int grantedPayload;

  private boolean busMaster;
  private boolean pageRequests;
  private int maxPayload = 128;

  /**
   * What is known before training.
   *
   * @param grantedPayload Max_Payload_Size of the link in bytes
   */
  FunctionConfig(int grantedPayload) {
    this.grantedPayload = grantedPayload;
  }

  /** A BAR of a function: {@code bytes} 0 for none; a wide one takes the next register too. */
  void setBar(int index, long bytes, boolean wide) {
    barBytes[index] = bytes;
    barIsWide[index] = wide;
  }

  /** The value a register has before software writes it. */
  void initial(int register, int value) {
    written[register >> 2] = value;
    if (express != 0 && register == express + 8) {
      maxPayload = Math.min(grantedPayload, payload(value));
    }
  }

  /** A configuration write is on its way; {@code byteEnable} bit n enables byte n. */
  void writeSent(int register, int byteEnable, int value) {
    int index = register >> 2;
    int mask = 0;
    for (int lane = 0; lane < 4; lane++) {
      mask |= (byteEnable >>> lane & 1) == 0 ? 0 : 0xff << (lane * 8);
    }
    written[index] = (written[index] & ~mask) | (value & mask);
    busMaster |= (written[COMMAND >> 2] & BUS_MASTER_ENABLE) != 0;
    pageRequests |= pri != 0 && (written[(pri + 4) >> 2] & PRI_ENABLE) != 0;
    if (express != 0) {
      maxPayload = Math.min(maxPayload, payload(written[(express + 8) >> 2]));
    }
  }

  /** The function has completed the configuration writes sent so far, or never will. */
  void writeDone() {
    busMaster = (written[COMMAND >> 2] & BUS_MASTER_ENABLE) != 0;
    pageRequests = pri != 0 && (written[(pri + 4) >> 2] & PRI_ENABLE) != 0;
    if (express != 0) {
      maxPayload = Math.min(grantedPayload, payload(written[(express + 8) >> 2]));
    }
  }

  /** Whether this write resets the page request interface. */
  boolean isPageRequestReset(int register, int byteEnable, int value) {
    return pri != 0
        && register >> 2 == (pri + 4) >> 2
        && (byteEnable & 1) != 0
        && (value & PRI_RESET) != 0;
  }

  boolean busMaster() {
    return busMaster;
  }

  /** Page requests that may be outstanding; 0 while the interface is off. */
  long pageRequestAllocation() {
    return pageRequests ? Integer.toUnsignedLong(written[(pri + 0xC) >> 2]) : 0;
  }

  /** Largest payload of a packet that the function takes. */
  int maxPayload() {
    return maxPayload;
  }

  private static int payload(int deviceControl) {
    return Math.min(128 << (deviceControl >>> 5 & 7), LARGEST_PAYLOAD);
  }

  /** Whether an access to memory space lies within one enabled BAR. */
  boolean claims(long pa, int bytes) {
    if ((written[COMMAND >> 2] & MEMORY_ENABLE) == 0) {
      return false;
    }
    for (int i = 0; i < BARS; i++) {
      long offset = pa - barBase(i);
      if (barBytes[i] != 0 && offset >= 0 && offset <= barBytes[i] - bytes) {
        return true;
      }
    }
    return false;
  }

  /** Whether two functions claim the same address. */
  boolean overlaps(FunctionConfig other) {
    for (int i = 0; i < BARS; i++) {
      if (barBytes[i] != 0 && (other.claims(barBase(i), 1) || other.startsWithin(this, i))) {
        return claims(barBase(i), 1);
      }
    }
    return false;
  }

  private boolean startsWithin(FunctionConfig outer, int outerBar) {
    for (int i = 0; i < BARS; i++) {
      long offset = barBase(i) - outer.barBase(outerBar);
      if (barBytes[i] != 0 && offset >= 0 && offset < outer.barBytes[outerBar]) {
        return claims(barBase(i), 1);
      }
    }
    return false;
  }

  /** Whether a write to this register may change what the function claims. */
  static boolean decidesClaims(int register) {
    return (register & ~3) == COMMAND || (register >= BAR0 && register < BAR0 + 4 * BARS);
  }

  private long barBase(int index) {
    int register = (BAR0 >> 2) + index;
    long low = written[register] & 0xFFFF_FFF0L;
    long base = barIsWide[index] ? (long) written[register + 1] << 32 | low : low;
    return base & -barBytes[index];
  }
}
