package org.smmulator.device;

import static org.smmulator.bus.pcie.ConfigHeader.BAR0;
import static org.smmulator.bus.pcie.ConfigHeader.COMMAND;

import org.smmulator.bus.pcie.AtsCapability;
import org.smmulator.bus.pcie.ConfigHeader;
import org.smmulator.bus.pcie.ExpressCapability;
import org.smmulator.bus.pcie.MsiCapability;
import org.smmulator.bus.pcie.MsixCapability;
import org.smmulator.bus.pcie.PasidCapability;
import org.smmulator.bus.pcie.PriCapability;
import org.smmulator.device.PciFunction.Bar;
import org.smmulator.device.PciFunction.MsixLayout;

/**
 * The 4 KiB configuration space of one function (Base Specification, chapter 7): registers, the
 * bits of them that software may write, and what the written bits mean.
 *
 * <pre>
 *   000  type 0 header        040  PCI Express capability     080  MSI-X or MSI capability
 *   100  ATS (000F), then PRI (0013) and PASID (001B), those the function has, 10h bytes each
 * </pre>
 *
 * Registers are 32-bit and little-endian, as configuration requests carry them. Only the link's
 * thread may call it.
 */
final class ConfigSpace {
  private static final int REGISTERS = ConfigHeader.BYTES / Integer.BYTES;

  // Where this function has its capabilities.
  private static final int EXPRESS = 0x40;
  private static final int DEVICE_CONTROL = EXPRESS + ExpressCapability.DEVICE_CONTROL;
  private static final int MSIX = 0x80;
  private static final int MSI = 0x80;
  private static final int EXTENDED_BYTES = 0x10;

  private final int[] values = new int[REGISTERS];
  private final int[] writable = new int[REGISTERS];
  private final int[] clearedByOne = new int[REGISTERS];
  private final int[] resetValues;
  private final PciFunction function;
  private final int linkPayloadBytes;
  private final int linkReadRequestBytes;
  private int nextExtended = ConfigHeader.EXTENDED;
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
   * @param withAts whether it shows ATS and PRI, if the function has them
   * @param maxPayloadBytes Max_Payload_Size of the link, and at reset, 128 to 4096
   * @param maxReadRequestBytes Max_Read_Request_Size of the link, and at reset, 128 to 4096
   */
  ConfigSpace(PciFunction function, boolean withAts, int maxPayloadBytes, int maxReadRequestBytes) {
    this.function = function;
    this.linkPayloadBytes = maxPayloadBytes;
    this.linkReadRequestBytes = maxReadRequestBytes;
    header();
    function.bars().forEach(this::bar);
    express(maxPayloadBytes, maxReadRequestBytes);
    MsixLayout msix = function.msix();
    if (msix != null) {
      msix(msix);
    }
    if (function.msi()) {
      msi();
    }
    if (withAts && function.invalidateQueueDepth() > 0) {
      ats(function.invalidateQueueDepth());
    }
    if (withAts && function.pageRequestCapacity() > 0) {
      pri(function.pageRequestCapacity());
    }
    if (function.pasidBits() > 0) {
      pasid(function.pasidBits());
    }
    this.resetValues = values.clone();
  }

  private void header() {
    set(ConfigHeader.IDENTITY, function.deviceId() << 16 | function.vendorId(), 0);
    // There is no I/O space, but software exists that enables all spaces and looks whether it did.
    int spaces = ConfigHeader.IO_SPACE | ConfigHeader.MEMORY_SPACE;
    int errors = ConfigHeader.PARITY_ERROR_RESPONSE | ConfigHeader.SERR_ENABLE;
    int others = ConfigHeader.BUS_MASTER | ConfigHeader.INTERRUPT_DISABLE;
    set(COMMAND, ConfigHeader.STATUS_CAPABILITIES, spaces | errors | others);
    clearedByOne[COMMAND / 4] = ConfigHeader.STATUS_ERRORS;
    set(ConfigHeader.CLASS, function.classCode() << 8 | function.revision(), 0);
    set(ConfigHeader.HEADER_TYPE, 0, 0xFF);
    set(ConfigHeader.SUBSYSTEM, function.subsystem(), 0);
    set(ConfigHeader.CAPABILITIES, EXPRESS, 0);
    set(ConfigHeader.INTERRUPT, function.interruptPin() ? 1 << 8 : 0, 0xFF);
  }

  private void bar(Bar bar) {
    long address = -bar.sizeBytes();
    int register = BAR0 + 4 * bar.index();
    set(
        register,
        bar.is64Bit() ? ConfigHeader.BAR_64_BIT : 0,
        (int) address & ConfigHeader.BAR_ADDRESS);
    if (bar.is64Bit()) {
      set(register + 4, 0, (int) (address >>> 32));
    }
  }

  private void express(int maxPayload, int maxReadRequest) {
    int next = function.msix() != null || function.msi() ? MSIX : 0;
    set(EXPRESS, ExpressCapability.header(next), 0);
    int ability = ExpressCapability.FUNCTION_RESET_CAPABLE | ExpressCapability.ROLE_BASED_ERRORS;
    int largestPayload = ExpressCapability.LARGEST_SIZE_CODE;
    set(EXPRESS + ExpressCapability.DEVICE_CAPABILITIES, ability | largestPayload, 0);
    int control = ExpressCapability.deviceControl(maxPayload, maxReadRequest);
    set(DEVICE_CONTROL, control, ExpressCapability.DEVICE_CONTROL_WRITABLE);
    int oneLaneAtFirstSpeed = 0x11;
    set(EXPRESS + ExpressCapability.LINK_CAPABILITIES, oneLaneAtFirstSpeed, 0);
    set(EXPRESS + ExpressCapability.LINK_CONTROL, oneLaneAtFirstSpeed << 16, 0);
    int prefixes = ExpressCapability.ONE_PREFIX | ExpressCapability.END_TO_END_PREFIXES;
    int ability2 = function.pasidBits() > 0 ? prefixes : 0;
    set(EXPRESS + ExpressCapability.DEVICE_CAPABILITIES_2, ability2, 0);
  }

  private void msix(MsixLayout layout) {
    int writable = MsixCapability.ENABLE | MsixCapability.FUNCTION_MASK;
    set(MSIX, MsixCapability.header(layout.vectors()), writable);
    set(MSIX + MsixCapability.TABLE, layout.tableOffset() | layout.bar(), 0);
    set(MSIX + MsixCapability.PENDING, layout.pendingOffset() | layout.bar(), 0);
  }

  private void msi() {
    set(MSI, MsiCapability.ADDRESS_64_BIT | MsiCapability.ID, MsiCapability.ENABLE);
    set(MSI + MsiCapability.ADDRESS, 0, ~3);
    set(MSI + MsiCapability.UPPER_ADDRESS, 0, ~0);
    set(MSI + MsiCapability.DATA, 0, 0xFFFF);
  }

  private void ats(int queueDepth) {
    ats = extended(AtsCapability.ID);
    int ability = AtsCapability.GLOBAL_INVALIDATE | AtsCapability.PAGE_ALIGNED_REQUEST;
    int writable = AtsCapability.ENABLE | AtsCapability.SMALLEST_UNIT;
    set(atsControl(), ability | AtsCapability.ofQueueDepth(queueDepth), writable);
  }

  private void pri(int capacity) {
    pri = extended(PriCapability.ID);
    set(priControl(), PriCapability.STOPPED, PriCapability.ENABLE | PriCapability.RESET);
    clearedByOne[priControl() / 4] =
        PriCapability.RESPONSE_FAILURE | PriCapability.UNEXPECTED_INDEX;
    set(pri + PriCapability.CAPACITY, capacity, 0);
    set(pri + PriCapability.ALLOCATION, 0, ~0);
  }

  private void pasid(int bits) {
    pasid = extended(PasidCapability.ID);
    set(pasid + PasidCapability.CONTROL, PasidCapability.ofWidth(bits), PasidCapability.ENABLE);
  }

  private int atsControl() {
    return ats + AtsCapability.CONTROL;
  }

  private int priControl() {
    return pri + PriCapability.CONTROL;
  }

  /** Adds an extended capability to the chain; its offset. */
  private int extended(int id) {
    int offset = nextExtended;
    set(offset, ConfigHeader.extendedHeader(id), 0);
    if (lastExtended != 0) {
      values[lastExtended / 4] = ConfigHeader.withNextExtended(read(lastExtended), offset);
    }
    lastExtended = offset;
    nextExtended += EXTENDED_BYTES;
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
    if (pri != 0 && offset == priControl()) {
      pageRequestControlWritten(old);
    }
    if (offset == DEVICE_CONTROL
        && (value & enabled & ExpressCapability.INITIATE_FUNCTION_RESET) != 0) {
      functionResetWritten = true;
    }
  }

  /** Some bits may only change while their capability is disabled (10.5.1.3, 10.5.2.5, 7.8.9.3). */
  private int writableNow(int offset, int old) {
    int mask = writable[offset / 4];
    if (pri != 0 && offset == pri + PriCapability.ALLOCATION && pageRequestsEnabled()) {
      return 0;
    }
    if (ats != 0 && offset == atsControl() && (old & AtsCapability.ENABLE) != 0) {
      return mask & AtsCapability.ENABLE;
    }
    return mask;
  }

  private void pageRequestControlWritten(int old) {
    int now = read(priControl());
    boolean enabled = (now & PriCapability.ENABLE) != 0;
    if (enabled && (old & PriCapability.ENABLE) == 0) {
      pageRequestsFailed = false;
      now &= ~PriCapability.STOPPED;
    }
    pageRequestResetWritten = !enabled && (now & PriCapability.RESET) != 0;
    values[priControl() / 4] = now & ~PriCapability.RESET;
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
    int payloadSize = read(DEVICE_CONTROL) & ExpressCapability.PAYLOAD_SIZE;
    System.arraycopy(resetValues, 0, values, 0, REGISTERS);
    if (functionLevel) {
      values[DEVICE_CONTROL / 4] =
          (read(DEVICE_CONTROL) & ~ExpressCapability.PAYLOAD_SIZE) | payloadSize;
    }
    pageRequestsFailed = false;
  }

  boolean memoryEnabled() {
    return (read(COMMAND) & ConfigHeader.MEMORY_SPACE) != 0;
  }

  boolean busMaster() {
    return (read(COMMAND) & ConfigHeader.BUS_MASTER) != 0;
  }

  /** Where a BAR stands, or 0 while it has no address. */
  long barAddress(Bar bar) {
    int register = BAR0 + 4 * bar.index();
    long low = Integer.toUnsignedLong(read(register) & ConfigHeader.BAR_ADDRESS);
    return bar.is64Bit() ? low | ((long) read(register + 4) << 32) : low;
  }

  /** What software set, within what the link carries. */
  int maxPayloadBytes() {
    return Math.min(linkPayloadBytes, ExpressCapability.maxPayloadBytes(read(DEVICE_CONTROL)));
  }

  int maxReadRequestBytes() {
    return Math.min(
        linkReadRequestBytes, ExpressCapability.maxReadRequestBytes(read(DEVICE_CONTROL)));
  }

  boolean msixEnabled() {
    return function.msix() != null && (read(MSIX) & MsixCapability.ENABLE) != 0;
  }

  boolean msiEnabled() {
    return function.msi() && (read(MSI) & MsiCapability.ENABLE) != 0;
  }

  long msiAddress() {
    return (read(MSI + MsiCapability.ADDRESS) & 0xFFFF_FFFFL)
        | ((long) read(MSI + MsiCapability.UPPER_ADDRESS) << 32);
  }

  int msiMessage() {
    return read(MSI + MsiCapability.DATA);
  }

  /** Shows the level behind the interrupt pin in Interrupt Status. */
  void interruptStatus(boolean asserted) {
    int status = read(COMMAND);
    values[COMMAND / 4] =
        asserted ? status | ConfigHeader.STATUS_INTERRUPT : status & ~ConfigHeader.STATUS_INTERRUPT;
  }

  /** Whether the pin's level may be sent. */
  boolean interruptPinEnabled() {
    boolean disabled = (read(COMMAND) & ConfigHeader.INTERRUPT_DISABLE) != 0;
    return function.interruptPin() && !disabled && !msiEnabled() && !msixEnabled();
  }

  boolean msixFunctionMasked() {
    return (read(MSIX) & MsixCapability.FUNCTION_MASK) != 0;
  }

  boolean atsEnabled() {
    return ats != 0 && (read(atsControl()) & AtsCapability.ENABLE) != 0;
  }

  boolean pageRequestsEnabled() {
    return pri != 0 && (read(priControl()) & PriCapability.ENABLE) != 0 && !pageRequestsFailed;
  }

  /** Whether the last write set the Reset bit of the disabled interface; asks once. */
  boolean takePageRequestReset() {
    boolean written = pageRequestResetWritten;
    pageRequestResetWritten = false;
    return written;
  }

  /** log2 of the smallest translation that software promises (STU). */
  int smallestUnitLog2() {
    return AtsCapability.smallestUnitLog2(read(atsControl()));
  }

  /** Page requests that software lets the function have outstanding. */
  int pageRequestAllocation() {
    int allocation = read(pri + PriCapability.ALLOCATION);
    int capacity = function.pageRequestCapacity();
    return Integer.compareUnsigned(allocation, capacity) < 0 ? allocation : capacity;
  }

  /** A response said Response Failure: disabled until software enables anew (10.4.2.1). */
  void pageResponseFailed() {
    pageRequestsFailed = true;
    values[priControl() / 4] |= PriCapability.RESPONSE_FAILURE;
  }

  /** A response matched no outstanding request group. */
  void unexpectedPageResponse() {
    if (pri != 0) {
      values[priControl() / 4] |= PriCapability.UNEXPECTED_INDEX;
    }
  }

  /** Whether the disabled interface has nothing outstanding any more. */
  void pageRequestsStopped(boolean stopped) {
    if (pri == 0) {
      return;
    }
    int control = read(priControl());
    values[priControl() / 4] =
        stopped ? control | PriCapability.STOPPED : control & ~PriCapability.STOPPED;
  }

  boolean pasidEnabled() {
    return pasid != 0 && (read(pasid + PasidCapability.CONTROL) & PasidCapability.ENABLE) != 0;
  }
}
