package org.smmulator.device;

import org.smmulator.device.PciFunction.Bar;
import org.smmulator.device.PciFunction.MsixLayout;

/**
 * The 4 KiB configuration space of one function (Base Specification, chapter 7): registers, the
 * bits of them that software may write, and what the written bits mean.
 *
 * <pre>
 *   000  type 0 header        040  PCI Express capability     080  MSI-X or MSI capability
 *   100  ATS (000F), then PRI (0013) and PASID (001B), those the function has, 10h or 8 bytes each
 * </pre>
 *
 * Registers are 32-bit and little-endian, as configuration requests carry them. Only the link's
 * thread may call it.
 */
final class ConfigSpace {
  private static final int REGISTERS = 1024;
  private static final int COMMAND = 0x04;
  private static final int BAR0 = 0x10;
  private static final int CAPABILITIES = 0x34;
  private static final int EXPRESS = 0x40;
  private static final int DEVICE_CONTROL = EXPRESS + 0x08;
  private static final int MSIX = 0x80;
  private static final int MSI = 0x80;
  private static final int EXTENDED = 0x100;

  private static final int FUNCTION_RESET_CAPABLE = 1 << 28;
  private static final int INITIATE_FUNCTION_RESET = 1 << 15;
  private static final int PAYLOAD_SIZE = 7 << 5;
  private static final int COMMAND_IO = 1;
  private static final int COMMAND_MEMORY = 1 << 1;
  private static final int COMMAND_BUS_MASTER = 1 << 2;
  private static final int COMMAND_INTERRUPT_DISABLE = 1 << 10;
  private static final int STATUS_INTERRUPT = 1 << 19;
  private static final int MSI_64_BIT = 1 << 23;
  private static final int MSI_ENABLE = 1 << 16;
  private static final int MSIX_ENABLE = 1 << 31;
  private static final int MSIX_FUNCTION_MASK = 1 << 30;
  private static final int ATS_ENABLE = 1 << 31;
  private static final int PRI_ENABLE = 1;
  private static final int PRI_RESET = 1 << 1;
  private static final int PRI_RESPONSE_FAILURE = 1 << 16;
  private static final int PRI_UNEXPECTED_INDEX = 1 << 17;
  private static final int PRI_STOPPED = 1 << 24;
  private static final int PASID_ENABLE = 1 << 16;

  private final int[] values = new int[REGISTERS];
  private final int[] writable = new int[REGISTERS];
  private final int[] clearedByOne = new int[REGISTERS];
  private final int[] resetValues;
  private final PciFunction function;
  private final int linkPayloadBytes;
  private final int linkReadRequestBytes;
  private int nextExtended = EXTENDED;
  private int lastExtended;
  private int ats;
  private int pri;
  private int pasid;
  private boolean pageRequestsFailed;
  private boolean pageRequestResetWritten;
  private boolean functionResetWritten;

  /**
   * The space of a function at reset.
   *
   * @param maxPayloadBytes Max_Payload_Size of the link, and at reset, 128 to 4096
   * @param maxReadRequestBytes Max_Read_Request_Size of the link, and at reset, 128 to 4096
   */
  ConfigSpace(PciFunction function, int maxPayloadBytes, int maxReadRequestBytes) {
    this.function = function;
    this.linkPayloadBytes = maxPayloadBytes;
    this.linkReadRequestBytes = maxReadRequestBytes;
    header();
    function.bars().forEach(this::bar);
    express(sizeCode(maxPayloadBytes), sizeCode(maxReadRequestBytes));
    MsixLayout msix = function.msix();
    if (msix != null) {
      msix(msix);
    }
    if (function.msi()) {
      msi();
    }
    if (function.invalidateQueueDepth() > 0) {
      ats(function.invalidateQueueDepth());
    }
    if (function.pageRequestCapacity() > 0) {
      pri(function.pageRequestCapacity());
    }
    if (function.pasidBits() > 0) {
      pasid(function.pasidBits());
    }
    this.resetValues = values.clone();
  }

  private void header() {
    set(0x00, function.deviceId() << 16 | function.vendorId(), 0);
    // There is no I/O space, but software exists that enables all spaces and looks whether it did.
    int spaces = COMMAND_IO | COMMAND_MEMORY;
    int command = spaces | COMMAND_BUS_MASTER | 1 << 6 | 1 << 8 | COMMAND_INTERRUPT_DISABLE;
    int capabilityList = 1 << 20;
    set(COMMAND, capabilityList, command);
    clearedByOne[COMMAND / 4] = 0xF900_0000;
    set(0x08, function.classCode() << 8 | function.revision(), 0);
    set(0x0C, 0, 0xFF);
    set(0x2C, function.subsystem(), 0);
    set(CAPABILITIES, EXPRESS, 0);
    set(0x3C, function.interruptPin() ? 1 << 8 : 0, 0xFF);
  }

  private void bar(Bar bar) {
    long address = -bar.sizeBytes();
    int register = BAR0 + 4 * bar.index();
    set(register, bar.is64Bit() ? 0b100 : 0, (int) address & ~0xF);
    if (bar.is64Bit()) {
      set(register + 4, 0, (int) (address >>> 32));
    }
  }

  private void express(int maxPayload, int maxReadRequest) {
    int next = function.msix() != null || function.msi() ? MSIX : 0;
    int version2 = 2;
    set(EXPRESS, version2 << 16 | next << 8 | 0x10, 0);
    int largestPayload = 5;
    int roleBasedErrors = 1 << 15;
    set(EXPRESS + 0x04, FUNCTION_RESET_CAPABLE | roleBasedErrors | largestPayload, 0);
    set(DEVICE_CONTROL, maxReadRequest << 12 | maxPayload << 5, 0x79FF);
    int oneLaneAtFirstSpeed = 0x11;
    set(EXPRESS + 0x0C, oneLaneAtFirstSpeed, 0);
    set(EXPRESS + 0x10, oneLaneAtFirstSpeed << 16, 0);
    int endToEndPrefixes = 1 << 21;
    int onePrefix = 1 << 22;
    set(EXPRESS + 0x24, function.pasidBits() > 0 ? onePrefix | endToEndPrefixes : 0, 0);
  }

  private void msix(MsixLayout layout) {
    set(MSIX, (layout.vectors() - 1) << 16 | 0x11, MSIX_ENABLE | MSIX_FUNCTION_MASK);
    set(MSIX + 4, layout.tableOffset() | layout.bar(), 0);
    set(MSIX + 8, layout.pendingOffset() | layout.bar(), 0);
  }

  private void msi() {
    set(MSI, MSI_64_BIT | 0x05, MSI_ENABLE);
    set(MSI + 4, 0, ~3);
    set(MSI + 8, 0, ~0);
    set(MSI + 0xC, 0, 0xFFFF);
  }

  private void ats(int queueDepth) {
    ats = extended(0x000F, 0x10);
    int pageAligned = 1 << 5;
    int globalInvalidate = 1 << 6;
    int smallestUnit = 0x1F << 16;
    set(ats + 4, globalInvalidate | pageAligned | (queueDepth & 0x1F), ATS_ENABLE | smallestUnit);
  }

  private void pri(int capacity) {
    pri = extended(0x0013, 0x10);
    set(pri + 4, PRI_STOPPED, PRI_ENABLE | PRI_RESET);
    clearedByOne[(pri + 4) / 4] = PRI_RESPONSE_FAILURE | PRI_UNEXPECTED_INDEX;
    set(pri + 8, capacity, 0);
    set(pri + 0xC, 0, ~0);
  }

  private void pasid(int bits) {
    pasid = extended(0x001B, 0x10);
    set(pasid + 4, bits << 8, PASID_ENABLE);
  }

  /** Adds an extended capability to the chain; its offset. */
  private int extended(int id, int sizeBytes) {
    int offset = nextExtended;
    int version1 = 1 << 16;
    set(offset, version1 | id, 0);
    if (lastExtended != 0) {
      values[lastExtended / 4] |= offset << 20;
    }
    lastExtended = offset;
    nextExtended += sizeBytes;
    return offset;
  }

  private void set(int offset, int value, int writableBits) {
    values[offset / 4] = value;
    writable[offset / 4] = writableBits;
  }

  /** A register, at a byte offset that is a multiple of 4. */
  int read(int offset) {
    return values[offset / 4];
  }

  /**
   * Writes the enabled bytes of a register.
   *
   * @param byteEnable bit n enables bits [8n+7:8n] of the value
   */
  void write(int offset, int value, int byteEnable) {
    int enabled = 0;
    for (int lane = 0; lane < 4; lane++) {
      enabled |= ((byteEnable >>> lane) & 1) != 0 ? 0xFF << (8 * lane) : 0;
    }
    int register = offset / 4;
    int old = values[register];
    int mask = enabled & writableNow(offset, old);
    int cleared = value & enabled & clearedByOne[register];
    values[register] = ((old & ~mask) | (value & mask)) & ~cleared;
    if (pri != 0 && offset == pri + 4) {
      pageRequestControlWritten(old);
    }
    if (offset == DEVICE_CONTROL && (value & enabled & INITIATE_FUNCTION_RESET) != 0) {
      functionResetWritten = true;
    }
  }

  /** Some bits may only change while their capability is disabled (10.5.1.2, 10.5.2.4, 7.8.9.3). */
  private int writableNow(int offset, int old) {
    int mask = writable[offset / 4];
    if (pri != 0 && offset == pri + 0xC && pageRequestsEnabled()) {
      return 0;
    }
    if (ats != 0 && offset == ats + 4 && (old & ATS_ENABLE) != 0) {
      return mask & ATS_ENABLE;
    }
    return mask;
  }

  private void pageRequestControlWritten(int old) {
    int now = read(pri + 4);
    boolean enabled = (now & PRI_ENABLE) != 0;
    if (enabled && (old & PRI_ENABLE) == 0) {
      pageRequestsFailed = false;
      now &= ~PRI_STOPPED;
    }
    pageRequestResetWritten = !enabled && (now & PRI_RESET) != 0;
    values[pri / 4 + 1] = now & ~PRI_RESET;
  }

  /** Whether the last write initiated Function Level Reset; asks once. */
  boolean takeFunctionReset() {
    boolean written = functionResetWritten;
    functionResetWritten = false;
    return written;
  }

  /**
   * Everything as at first.
   *
   * @param functionLevel keeps Max_Payload_Size (Base Specification 6.6.2)
   */
  void reset(boolean functionLevel) {
    int payloadSize = read(DEVICE_CONTROL) & PAYLOAD_SIZE;
    System.arraycopy(resetValues, 0, values, 0, REGISTERS);
    if (functionLevel) {
      values[DEVICE_CONTROL / 4] = (read(DEVICE_CONTROL) & ~PAYLOAD_SIZE) | payloadSize;
    }
    pageRequestsFailed = false;
  }

  boolean memoryEnabled() {
    return (read(COMMAND) & COMMAND_MEMORY) != 0;
  }

  boolean busMaster() {
    return (read(COMMAND) & COMMAND_BUS_MASTER) != 0;
  }

  /** Where a BAR stands, or 0 while it has no address. */
  long barAddress(Bar bar) {
    int register = BAR0 + 4 * bar.index();
    long low = read(register) & 0xFFFF_FFF0L;
    return bar.is64Bit() ? low | ((long) read(register + 4) << 32) : low;
  }

  /** What software set, within what the link carries. */
  int maxPayloadBytes() {
    return Math.min(linkPayloadBytes, 128 << Math.min((read(DEVICE_CONTROL) >>> 5) & 7, 5));
  }

  int maxReadRequestBytes() {
    return Math.min(linkReadRequestBytes, 128 << Math.min((read(DEVICE_CONTROL) >>> 12) & 7, 5));
  }

  boolean msixEnabled() {
    return function.msix() != null && (read(MSIX) & MSIX_ENABLE) != 0;
  }

  boolean msiEnabled() {
    return function.msi() && (read(MSI) & MSI_ENABLE) != 0;
  }

  long msiAddress() {
    return (read(MSI + 4) & 0xFFFF_FFFFL) | ((long) read(MSI + 8) << 32);
  }

  int msiMessage() {
    return read(MSI + 0xC);
  }

  /** Shows the level behind the interrupt pin in Interrupt Status. */
  void interruptStatus(boolean asserted) {
    int status = read(COMMAND);
    values[COMMAND / 4] = asserted ? status | STATUS_INTERRUPT : status & ~STATUS_INTERRUPT;
  }

  /** Whether the pin's level may be sent. */
  boolean interruptPinEnabled() {
    boolean disabled = (read(COMMAND) & COMMAND_INTERRUPT_DISABLE) != 0;
    return function.interruptPin() && !disabled && !msiEnabled() && !msixEnabled();
  }

  boolean msixFunctionMasked() {
    return (read(MSIX) & MSIX_FUNCTION_MASK) != 0;
  }

  boolean atsEnabled() {
    return ats != 0 && (read(ats + 4) & ATS_ENABLE) != 0;
  }

  boolean pageRequestsEnabled() {
    return pri != 0 && (read(pri + 4) & PRI_ENABLE) != 0 && !pageRequestsFailed;
  }

  /** Whether the last write set the Reset bit of the disabled interface; asks once. */
  boolean takePageRequestReset() {
    boolean written = pageRequestResetWritten;
    pageRequestResetWritten = false;
    return written;
  }

  /** log2 of the smallest translation that software promises (STU). */
  int smallestUnitLog2() {
    return 12 + ((read(ats + 4) >>> 16) & 0x1F);
  }

  /** Page requests that software lets the function have outstanding. */
  int pageRequestAllocation() {
    int allocation = read(pri + 0xC);
    int capacity = function.pageRequestCapacity();
    return Integer.compareUnsigned(allocation, capacity) < 0 ? allocation : capacity;
  }

  /** A response said Response Failure: disabled until software enables anew (10.4.2.1). */
  void pageResponseFailed() {
    pageRequestsFailed = true;
    values[pri / 4 + 1] |= PRI_RESPONSE_FAILURE;
  }

  /** A response matched no outstanding request group. */
  void unexpectedPageResponse() {
    if (pri != 0) {
      values[pri / 4 + 1] |= PRI_UNEXPECTED_INDEX;
    }
  }

  /** Whether the disabled interface has nothing outstanding any more. */
  void pageRequestsStopped(boolean stopped) {
    if (pri == 0) {
      return;
    }
    int control = read(pri + 4);
    values[pri / 4 + 1] = stopped ? control | PRI_STOPPED : control & ~PRI_STOPPED;
  }

  boolean pasidEnabled() {
    return pasid != 0 && (read(pasid + 4) & PASID_ENABLE) != 0;
  }

  private static int sizeCode(int bytes) {
    if (Integer.bitCount(bytes) != 1 || bytes < 128 || bytes > 4096) {
      throw new IllegalArgumentException("size " + bytes + ": 128, 256 ... 4096 is right");
    }
    return Integer.numberOfTrailingZeros(bytes) - 7;
  }
}
