package org.smmulator.pcie;

import org.smmulator.bus.pcie.AtsCapability;
import org.smmulator.bus.pcie.ConfigHeader;
import org.smmulator.bus.pcie.ExpressCapability;
import org.smmulator.bus.pcie.PasidCapability;
import org.smmulator.bus.pcie.PriCapability;

/**
 * What the root complex knows of one function's configuration space: what training read, and the
 * registers that software has written since. A write is seen twice, when it is sent and when the
 * function has completed it: what it permits the function counts from the first, what it forbids
 * from the second, because packets sent before the function saw it are still in order. While
 * several writes are under way, all that any of them permits is permitted. A reset is a write of
 * everything.
 *
 * <p>Capability offsets are 0 for a capability that the function lacks.
 */
final class FunctionConfig {
  // What software can permit a function: bits of a set.
  static final int BUS_MASTER = 1;
  static final int ATS = 1 << 1;
  static final int PAGE_REQUESTS = 1 << 2;
  static final int PASID = 1 << 3;
  static final int EXECUTE = 1 << 4;
  static final int PRIVILEGED = 1 << 5;
  static final int TRANSLATED_WITH_PASID = 1 << 6;
  static final int ATOMICS = 1 << 7;

  /** What training found; a reset brings it back. */
  private final int[] initial = new int[ConfigHeader.BYTES / Integer.BYTES];

  private final int[] written = new int[ConfigHeader.BYTES / Integer.BYTES];
  private final long[] barBytes = new long[ConfigHeader.BARS];
  private final boolean[] barIsWide = new boolean[ConfigHeader.BARS];

  int vendorId;
  int deviceId;

  /** PCI Express capability. */
  int express;

  int ats;
  int pri;
  int pasid;

  /** Invalidate Requests the function can hold, 1 to 32. */
  int invalidateQueueDepth = AtsCapability.ITAGS;

  /** PRG Response PASID Required. */
  boolean responseNeedsPasid;

  /** What the hello's answer allows; software may set less, and more has no effect. */
  private final int grantedPayload;

  private int permitted;
  private int writesUnderWay;
  private int maxPayload = 128;

  /** Outstanding Page Request Allocation. */
  private long allocation;

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
    initial[register >> 2] = value;
    written[register >> 2] = value;
    settle();
  }

  /** A configuration write is on its way; {@code byteEnable} bit n enables byte n. */
  void writeSent(int register, int byteEnable, int value) {
    int index = register >> 2;
    int mask = 0;
    for (int lane = 0; lane < 4; lane++) {
      mask |= (byteEnable >>> lane & 1) == 0 ? 0 : 0xff << (lane * 8);
    }
    written[index] = (written[index] & ~mask) | (value & mask);
    underWay();
  }

  /**
   * A reset is on its way. Whether it keeps Max_Payload_Size depends on its kind (6.6.2); until
   * software writes it again, the smaller of both is right for either.
   */
  void resetSent() {
    int payloadSize = deviceControl() & ExpressCapability.PAYLOAD_SIZE;
    System.arraycopy(initial, 0, written, 0, written.length);
    if (express != 0) {
      int control = deviceControl();
      int smaller = Math.min(payloadSize, control & ExpressCapability.PAYLOAD_SIZE);
      written[(express + ExpressCapability.DEVICE_CONTROL) >> 2] =
          (control & ~ExpressCapability.PAYLOAD_SIZE) | smaller;
    }
    underWay();
  }

  private void underWay() {
    writesUnderWay++;
    permitted |= permissions();
    maxPayload = Math.min(maxPayload, payload());
    allocation = Math.max(allocation, allocationWritten());
  }

  /** The function has completed a write or reset that was sent, or never will. */
  void writeDone() {
    if (--writesUnderWay == 0) {
      settle();
    }
  }

  private void settle() {
    permitted = permissions();
    maxPayload = Math.min(grantedPayload, payload());
    allocation = allocationWritten();
  }

  /** What the registers permit as they are written. */
  private int permissions() {
    int permissions =
        (written[ConfigHeader.COMMAND >> 2] & ConfigHeader.BUS_MASTER) != 0 ? BUS_MASTER : 0;
    if (ats != 0 && (written[(ats + AtsCapability.CONTROL) >> 2] & AtsCapability.ENABLE) != 0) {
      permissions |= ATS;
    }
    if (pri != 0 && (written[(pri + PriCapability.CONTROL) >> 2] & PriCapability.ENABLE) != 0) {
      permissions |= PAGE_REQUESTS;
    }
    int control2 = written[(express + ExpressCapability.DEVICE_CONTROL_2) >> 2];
    if (hasSecondExpressVersion() && (control2 & ExpressCapability.ATOMIC_REQUESTER_ENABLE) != 0) {
      permissions |= ATOMICS;
    }
    return permissions | pasidPermissions();
  }

  /** Of the PASID capability: enabled and, of what is optional, supported. */
  private int pasidPermissions() {
    int control = pasid == 0 ? 0 : written[(pasid + PasidCapability.CONTROL) >> 2];
    if ((control & PasidCapability.ENABLE) == 0) {
      return 0;
    }
    int capability = initial[(pasid + PasidCapability.CONTROL) >> 2];
    int optional = PasidCapability.enabledOptions(capability, control);
    return PASID
        | ((optional & PasidCapability.EXECUTE) != 0 ? EXECUTE : 0)
        | ((optional & PasidCapability.PRIVILEGED) != 0 ? PRIVILEGED : 0)
        | ((optional & PasidCapability.TRANSLATED_WITH_PASID) != 0 ? TRANSLATED_WITH_PASID : 0);
  }

  private boolean hasSecondExpressVersion() {
    return express != 0 && ExpressCapability.version(initial[express >> 2]) >= 2;
  }

  /** Whether software permits the function any of a set. */
  boolean permits(int permission) {
    return (permitted & permission) != 0;
  }

  /** PASIDs of the function are below this. */
  int pasids() {
    return pasid == 0
        ? 0
        : 1 << PasidCapability.width(initial[(pasid + PasidCapability.CONTROL) >> 2]);
  }

  /** Whether this write initiates Function Level Reset (6.6.2). */
  boolean isFunctionReset(int register, int byteEnable, int value) {
    return express != 0
        && (initial[(express + ExpressCapability.DEVICE_CAPABILITIES) >> 2]
                & ExpressCapability.FUNCTION_RESET_CAPABLE)
            != 0
        && register >> 2 == (express + ExpressCapability.DEVICE_CONTROL) >> 2
        && (byteEnable & 0b10) != 0
        && (value & ExpressCapability.INITIATE_FUNCTION_RESET) != 0;
  }

  /** Whether this write resets the page request interface. */
  boolean isPageRequestReset(int register, int byteEnable, int value) {
    return pri != 0
        && register >> 2 == (pri + PriCapability.CONTROL) >> 2
        && (byteEnable & 1) != 0
        && (value & PriCapability.RESET) != 0;
  }

  /** Page requests that may be outstanding; 0 while the interface is off. */
  long pageRequestAllocation() {
    return permits(PAGE_REQUESTS) ? allocation : 0;
  }

  /** Outstanding Page Request Allocation as written; zero without the capability. */
  private long allocationWritten() {
    return pri == 0 ? 0 : Integer.toUnsignedLong(written[(pri + PriCapability.ALLOCATION) >> 2]);
  }

  /** Largest payload of a packet that the function takes. */
  int maxPayload() {
    return maxPayload;
  }

  /**
   * How much of the rest of a read, from {@code address} on, goes into one completion: up to a
   * multiple of the payload size, which is one of the Read Completion Boundary too.
   */
  int completionBytes(long address, int left) {
    return Math.min(left, maxPayload - (int) (address & (maxPayload - 1)));
  }

  /** Max_Payload_Size as written; without the capability, the least that there is. */
  private int payload() {
    return ExpressCapability.maxPayloadBytes(deviceControl());
  }

  /** Device Control as written; zero without the capability. */
  private int deviceControl() {
    return express == 0 ? 0 : written[(express + ExpressCapability.DEVICE_CONTROL) >> 2];
  }

  long barBytes(int index) {
    return barBytes[index];
  }

  /** Whether an access lies within a BAR, and memory space is enabled. */
  boolean takes(int index, long offset, int bytes) {
    return isMemoryEnabled() && offset >= 0 && offset <= barBytes[index] - bytes;
  }

  private boolean isMemoryEnabled() {
    return (written[ConfigHeader.COMMAND >> 2] & ConfigHeader.MEMORY_SPACE) != 0;
  }

  /** Whether an access to memory space lies within one enabled BAR. */
  boolean claims(long pa, int bytes) {
    if (!isMemoryEnabled()) {
      return false;
    }
    for (int i = 0; i < ConfigHeader.BARS; i++) {
      long offset = pa - barBase(i);
      if (barBytes[i] != 0 && offset >= 0 && offset <= barBytes[i] - bytes) {
        return true;
      }
    }
    return false;
  }

  /** Whether two functions claim the same address. */
  boolean overlaps(FunctionConfig other) {
    for (int i = 0; i < ConfigHeader.BARS; i++) {
      if (barBytes[i] != 0 && (other.claims(barBase(i), 1) || other.startsWithin(this, i))) {
        return claims(barBase(i), 1);
      }
    }
    return false;
  }

  private boolean startsWithin(FunctionConfig outer, int outerBar) {
    for (int i = 0; i < ConfigHeader.BARS; i++) {
      long offset = barBase(i) - outer.barBase(outerBar);
      if (barBytes[i] != 0 && offset >= 0 && offset < outer.barBytes[outerBar]) {
        return claims(barBase(i), 1);
      }
    }
    return false;
  }

  /** Whether a write to this register may change what the function claims. */
  static boolean decidesClaims(int register) {
    return (register & ~3) == ConfigHeader.COMMAND
        || (register >= ConfigHeader.BAR0 && register < ConfigHeader.BAR0 + 4 * ConfigHeader.BARS);
  }

  /** Where a BAR is, as software has written it. */
  long barBase(int index) {
    int register = (ConfigHeader.BAR0 >> 2) + index;
    long low = Integer.toUnsignedLong(written[register] & ConfigHeader.BAR_ADDRESS);
    long base = barIsWide[index] ? (long) written[register + 1] << 32 | low : low;
    return base & -barBytes[index];
  }
}
