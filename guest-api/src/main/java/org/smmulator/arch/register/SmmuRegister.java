package org.smmulator.arch.register;

/**
 * The SMMU's registers, a row each: offset in bytes from the SMMU's base, width in bytes, whether
 * software may write, and the bits that exist (IHI 0070 6.2, 6.3). Registers of the queues that
 * change at run time (EVENTQ_*, PRIQ_*) stand in the second 64 KiB page.
 */
public enum SmmuRegister {
  IDR0(0x0, 4, false, 0x0L),
  IDR1(0x4, 4, false, 0x0L),
  IDR2(0x8, 4, false, 0x0L),
  IDR3(0xc, 4, false, 0x0L),
  IDR4(0x10, 4, false, 0x0L),
  IDR5(0x14, 4, false, 0x0L),
  IIDR(0x18, 4, false, 0x0L),
  AIDR(0x1c, 4, false, 0x0L),
  CR0(0x20, 4, true, 0x1dfL),
  CR0ACK(0x24, 4, false, 0x0L),
  CR1(0x28, 4, true, 0xfffL),
  CR2(0x2c, 4, true, 0xfL),
  STATUSR(0x40, 4, false, 0x0L),
  GBPA(0x44, 4, true, 0x801f3f1fL),
  AGBPA(0x48, 4, false, 0x0L),
  IRQ_CTRL(0x50, 4, true, 0x7L),
  IRQ_CTRLACK(0x54, 4, false, 0x0L),
  GERROR(0x60, 4, false, 0x0L),
  GERRORN(0x64, 4, true, 0x1fdL),
  GERROR_IRQ_CFG0(0x68, 8, true, 0xffffffffffffcL),
  GERROR_IRQ_CFG1(0x70, 4, true, 0xffffffffL),
  GERROR_IRQ_CFG2(0x74, 4, true, 0x3fL),
  STRTAB_BASE(0x80, 8, true, 0x400fffffffffffc0L),
  STRTAB_BASE_CFG(0x88, 4, true, 0x307ffL),
  CMDQ_BASE(0x90, 8, true, 0x400fffffffffffffL),
  CMDQ_PROD(0x98, 4, true, 0xfffffL),
  CMDQ_CONS(0x9c, 4, true, 0xfffffL),
  EVENTQ_BASE(0xa0, 8, true, 0x400fffffffffffffL),
  EVENTQ_IRQ_CFG0(0xb0, 8, true, 0xffffffffffffcL),
  EVENTQ_IRQ_CFG1(0xb8, 4, true, 0xffffffffL),
  EVENTQ_IRQ_CFG2(0xbc, 4, true, 0x3fL),
  PRIQ_BASE(0xc0, 8, true, 0x400fffffffffffffL),
  PRIQ_IRQ_CFG0(0xd0, 8, true, 0xffffffffffffcL),
  PRIQ_IRQ_CFG1(0xd8, 4, true, 0xffffffffL),
  PRIQ_IRQ_CFG2(0xdc, 4, true, 0x8000003fL),
  GATOS_CTRL(0x100, 4, true, 0x1L),
  GATOS_SID(0x108, 8, true, 0x1fffffffffffffL),
  GATOS_ADDR(0x110, 8, true, 0xffffffffffffffc0L),
  GATOS_PAR(0x118, 8, false, 0x0L),
  EVENTQ_PROD(0x100a8, 4, true, 0x800fffffL),
  EVENTQ_CONS(0x100ac, 4, true, 0x800fffffL),
  PRIQ_PROD(0x100c8, 4, true, 0x800fffffL),
  PRIQ_CONS(0x100cc, 4, true, 0x800fffffL);

  /** Bytes of the two register pages. */
  public static final int WINDOW_BYTES = 0x20000;

  private final int offset;
  private final int widthBytes;
  private final boolean writable;
  private final long mask;

  SmmuRegister(int offset, int widthBytes, boolean writable, long mask) {
    this.offset = offset;
    this.widthBytes = widthBytes;
    this.writable = writable;
    this.mask = mask;
  }

  public int offset() {
    return offset;
  }

  public int widthBytes() {
    return widthBytes;
  }

  public boolean writable() {
    return writable;
  }

  /** Writable bits; all others read as zero and ignore writes. */
  public long mask() {
    return mask;
  }
}
