package org.smmulator.smmu.register;

import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.BitField;
import org.smmulator.arch.register.Cr0;
import org.smmulator.arch.register.Cr2;
import org.smmulator.arch.register.Gatos;
import org.smmulator.arch.register.Gbpa;
import org.smmulator.arch.register.IrqCfg;
import org.smmulator.arch.register.IrqCtrl;
import org.smmulator.arch.register.QueueBase;
import org.smmulator.arch.register.QueueIndex;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.arch.register.StrtabBase;
import org.smmulator.smmu.feature.Architecture;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.SmmuOutputs;

/**
 * The values of all registers (IHI 0070 6.2). The hardware's thread is the only one that stores,
 * each time with release, so that any other thread may read a register at any time and sees what
 * the hardware had written to memory before.
 */
public final class Registers {
  private static final int PAGE_SHIFT = 16;
  private static final int ROW_BYTES = 0x200;
  private static final int MAX_IGNORED_VMID_BITS = 4;
  private static final long ADDRESS_BITS = (1L << 52) - 1;
  private static final @Nullable SmmuRegister[] ROWS =
      new @Nullable SmmuRegister[2 * ROW_BYTES / 4];

  static {
    for (SmmuRegister register : SmmuRegister.values()) {
      for (int at = 0; at < register.widthBytes(); at += 4) {
        ROWS[row(register.offset() + at)] = register;
      }
    }
  }

  private final AtomicLongArray values = new AtomicLongArray(SmmuRegister.values().length);
  private final SmmuFeatures features;
  private final SmmuOutputs outputs;

  public Registers(SmmuFeatures features, SmmuOutputs outputs) {
    this.features = features;
    this.outputs = outputs;
    setAll();
  }

  /** Power-on: every register has its reset value. */
  public void reset() {
    setAll();
    outputs.registersChanged();
  }

  private void setAll() {
    for (SmmuRegister register : SmmuRegister.values()) {
      set(register, ResetValues.of(register, features));
    }
  }

  /** The register of which the 4 bytes at {@code offset} are a part, if any. */
  static @Nullable SmmuRegister at(int offset) {
    boolean inRows =
        offset >= 0
            && offset < SmmuRegister.WINDOW_BYTES
            && (offset & ((1 << PAGE_SHIFT) - 1)) < ROW_BYTES;
    return inRows && (offset & 3) == 0 ? ROWS[row(offset)] : null;
  }

  private static int row(int offset) {
    return (offset >>> PAGE_SHIFT) * (ROW_BYTES / 4) + (offset & (ROW_BYTES - 1)) / 4;
  }

  /** What software reads with an access of 4 or 8 bytes; 0 where no register answers. */
  public long read(int offset, int sizeBytes) {
    SmmuRegister register = at(offset);
    if (register == null || !fits(register, offset, sizeBytes)) {
      return 0;
    }
    long value = values.getAcquire(slot(register));
    return sizeBytes == 8 ? value : (value >>> shift(register, offset)) & 0xffff_ffffL;
  }

  /** Registers answer accesses of their own size, 64-bit ones to each half as well. */
  static boolean fits(SmmuRegister register, int offset, int sizeBytes) {
    return sizeBytes == 4
        || (sizeBytes == 8 && register.widthBytes() == 8 && offset == register.offset());
  }

  static int shift(SmmuRegister register, int offset) {
    return (offset - register.offset()) * 8;
  }

  @SuppressWarnings("EnumOrdinal") // A place for each; which one is all the same.
  private static int slot(SmmuRegister register) {
    return register.ordinal();
  }

  public long get(SmmuRegister register) {
    return values.getPlain(slot(register));
  }

  void set(SmmuRegister register, long value) {
    values.setRelease(slot(register), value);
  }

  /** Stores a register that software polls, and says so if it changed. */
  public void publish(SmmuRegister register, long value) {
    if (get(register) != value) {
      set(register, value);
      outputs.registersChanged();
    }
  }

  /** The bits of a register that exist with these features; long as there are registers. */
  long mask(SmmuRegister register) {
    return switch (register) {
      case CR0 -> cr0Mask();
      case CR2 ->
          Cr2.RECINVSID.mask()
              | ifHas(Feature.HYP, Cr2.E2H.mask())
              | ifHas(Feature.BTM, Cr2.PTM.mask())
              | ifHas(Feature.ATSRECERR, Cr2.REC_CFG_ATS.mask());
      case GBPA -> gbpaMask();
      case IRQ_CTRL ->
          (register.mask() & ~IrqCtrl.PRIQ_IRQEN.mask())
              | ifHas(Feature.PRI, IrqCtrl.PRIQ_IRQEN.mask());
      case STRTAB_BASE, CMDQ_BASE, EVENTQ_BASE -> addressMask(register);
      case STRTAB_BASE_CFG ->
          StrtabBase.LOG2SIZE.mask()
              | ifHas(
                  Feature.TWO_LEVEL_STREAM_TABLE, StrtabBase.FMT.mask() | StrtabBase.SPLIT.mask());
      case CMDQ_PROD, CMDQ_CONS ->
          indexMask(SmmuRegister.CMDQ_BASE, features.queues().commandLog2());
      case EVENTQ_PROD, EVENTQ_CONS ->
          indexMask(SmmuRegister.EVENTQ_BASE, features.queues().eventLog2())
              | QueueIndex.OVERFLOW.mask();
      case PRIQ_PROD, PRIQ_CONS ->
          ifHas(
              Feature.PRI,
              indexMask(SmmuRegister.PRIQ_BASE, features.queues().pageRequestLog2())
                  | QueueIndex.OVERFLOW.mask());
      case PRIQ_BASE -> ifHas(Feature.PRI, addressMask(register));
      case GERROR_IRQ_CFG0, EVENTQ_IRQ_CFG0 -> ifHas(Feature.MSI, addressMask(register));
      case GERROR_IRQ_CFG1, GERROR_IRQ_CFG2, EVENTQ_IRQ_CFG1, EVENTQ_IRQ_CFG2 ->
          ifHas(Feature.MSI, register.mask());
      case PRIQ_IRQ_CFG0, PRIQ_IRQ_CFG1 ->
          ifHas(Feature.PRI, ifHas(Feature.MSI, addressMask(register)));
      // LO means the wire as much as the message.
      case PRIQ_IRQ_CFG2 ->
          ifHas(Feature.PRI, IrqCfg.LO.mask() | ifHas(Feature.MSI, register.mask()));
      case GATOS_SID -> ifHas(Feature.ATOS, gatosSidMask());
      case GATOS_CTRL, GATOS_ADDR -> ifHas(Feature.ATOS, register.mask());
      default -> register.mask();
    };
  }

  private long ifHas(Feature feature, long bits) {
    return features.has(feature) ? bits : 0;
  }

  private long cr0Mask() {
    return Cr0.SMMUEN.mask()
        | Cr0.EVENTQEN.mask()
        | Cr0.CMDQEN.mask()
        | ifHas(Feature.PRI, Cr0.PRIQEN.mask())
        | ifHas(Feature.ATS, Cr0.ATSCHK.mask())
        | ifHas(Feature.VMW, Cr0.VMW.mask());
  }

  private long gbpaMask() {
    return Gbpa.ABORT.mask()
        | Gbpa.UPDATE.mask()
        | ifHas(
            Feature.ATTR_TYPES_OVR,
            Gbpa.MEM_ATTR.mask() | Gbpa.MTCFG.mask() | Gbpa.ALLOCCFG.mask() | Gbpa.SHCFG.mask())
        | ifHas(Feature.ATTR_PERMS_OVR, Gbpa.PRIVCFG.mask() | Gbpa.INSTCFG.mask());
  }

  private long gatosSidMask() {
    int substreamBits = features.substreamIdBits();
    return Gatos.STREAM_ID.of((1L << features.streamIdBits()) - 1)
        | Gatos.SUBSTREAM_ID.of((1L << substreamBits) - 1)
        | (substreamBits == 0 ? 0 : Gatos.SSID_VALID.mask());
  }

  /** An address has no bits above the output size, and SMMUv3.0 none above 48 bits. */
  private long addressMask(SmmuRegister register) {
    int bits = features.outputAddressBits();
    int limit = features.architecture() == Architecture.V3_0 ? Math.min(bits, 48) : bits;
    return register.mask() & ~(ADDRESS_BITS & -(1L << limit));
  }

  /** Index and wrap bit, as wide as the queue's size makes them. */
  private long indexMask(SmmuRegister base, int maxLog2) {
    int log2 = Math.min(QueueBase.LOG2SIZE.getInt(get(base)), maxLog2);
    return (2L << log2) - 1;
  }

  private boolean isSet(SmmuRegister register, BitField field) {
    return field.isSet(get(register));
  }

  public boolean smmuEnabled() {
    return isSet(SmmuRegister.CR0, Cr0.SMMUEN);
  }

  public boolean commandQueueEnabled() {
    return isSet(SmmuRegister.CR0, Cr0.CMDQEN);
  }

  public boolean eventQueueEnabled() {
    return isSet(SmmuRegister.CR0, Cr0.EVENTQEN);
  }

  /** The effective PRIQEN: only with the SMMU enabled as well. */
  public boolean pageRequestQueueEnabled() {
    return isSet(SmmuRegister.CR0, Cr0.PRIQEN) && smmuEnabled();
  }

  public boolean checksTranslatedAccesses() {
    return isSet(SmmuRegister.CR0, Cr0.ATSCHK);
  }

  /** CR0.VMW: low bits of a VMID that invalidations do not compare. */
  public int ignoredVmidBits() {
    int bits = Cr0.VMW.getInt(get(SmmuRegister.CR0));
    return bits <= MAX_IGNORED_VMID_BITS ? bits : 0;
  }

  /** CR2.PTM: TLB maintenance that CPUs broadcast is not for this SMMU. */
  public boolean ignoresBroadcasts() {
    return isSet(SmmuRegister.CR2, Cr2.PTM);
  }

  /** CR2.E2H: streams of EL2 use the regime with ASIDs. */
  public boolean hostExtensions() {
    return isSet(SmmuRegister.CR2, Cr2.E2H);
  }

  /** CR2.RECINVSID: a StreamID without an entry is worth an event. */
  public boolean recordsBadStreamIds() {
    return isSet(SmmuRegister.CR2, Cr2.RECINVSID);
  }

  /** CR2.REC_CFG_ATS: a configuration error that ATS meets is worth an event. */
  public boolean recordsAtsConfigurationErrors() {
    return isSet(SmmuRegister.CR2, Cr2.REC_CFG_ATS);
  }
}
