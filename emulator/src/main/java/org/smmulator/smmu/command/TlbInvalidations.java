package org.smmulator.smmu.command;

import org.smmulator.arch.command.CommandField;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.arch.register.Cr2;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.register.Registers;
import org.smmulator.smmu.tlb.AddressRange;
import org.smmulator.smmu.tlb.TranslationCaches;

/**
 * The TLBI commands (IHI 0070 4.4). Upper bytes of ASID and VMID do not count where the SMMU has 8
 * bits of them, and the VMID not at all without stage 2. Reserved fields are ignored, except that a
 * range or level hint is illegal without IDR3.RIL: ignoring it would invalidate less than was asked
 * for.
 */
public final class TlbInvalidations {
  private static final int TG_NONE = 0;
  private static final int TG_16K = 2;
  private static final long IPA_MASK = (1L << 52) - 1;

  private final boolean ranges;
  private final int asidBits;
  private final int vmidBits;
  private final Registers registers;
  private final TranslationCaches caches;
  private final AddressRange range = new AddressRange();

  public TlbInvalidations(SmmuFeatures features, Registers registers, TranslationCaches caches) {
    boolean stage2 = features.has(Feature.S2P);
    ranges = features.has(Feature.RIL);
    asidBits = features.has(Feature.ASID16) ? 0xffff : 0xff;
    vmidBits = !stage2 ? 0 : features.has(Feature.VMID16) ? 0xffff : 0xff;
    this.registers = registers;
    this.caches = caches;
  }

  /** Drops what a command that the SMMU has names, at once; or says that it is illegal. */
  public CommandResult execute(CommandOpcode opcode, Command command) {
    if (opcode.namesAddresses() && !setRange(opcode, command)) {
      return CommandResult.ILLEGAL;
    }
    int vmid = command.getInt(CommandField.VMID) & vmidBits;
    int vmidMask = vmidMask();
    int asid = command.getInt(CommandField.ASID) & asidBits;
    switch (opcode) {
      case TLBI_NH_ALL -> caches.nhAll(vmid, vmidMask);
      case TLBI_NH_ASID -> caches.nhAsid(vmid, vmidMask, asid);
      case TLBI_NH_VA -> caches.nhVa(vmid, vmidMask, asid, range);
      case TLBI_NH_VAA -> caches.nhVaa(vmid, vmidMask, range);
      case TLBI_EL2_ALL -> caches.el2All();
      case TLBI_EL2_ASID -> caches.el2Asid(asid);
      case TLBI_EL2_VA -> caches.el2Va(isE2h(), asid, range);
      case TLBI_EL2_VAA -> caches.el2Vaa(isE2h(), range);
      case TLBI_S12_VMALL -> caches.s12Vmall(vmid, vmidMask);
      case TLBI_S2_IPA -> caches.s2Ipa(vmid, vmidMask, range);
      case TLBI_NSNH_ALL -> caches.nsnhAll();
      case PREFETCH_CONFIG,
          PREFETCH_ADDR,
          CFGI_STE,
          CFGI_STE_RANGE,
          CFGI_CD,
          CFGI_CD_ALL,
          ATC_INV,
          PRI_RESP,
          RESUME,
          STALL_TERM,
          SYNC ->
          throw new IllegalStateException(opcode + " is no TLBI");
    }
    return CommandResult.DONE;
  }

  /** Takes over the addresses of a command, if it is legal. */
  private boolean setRange(CommandOpcode opcode, Command command) {
    long address = command.address();
    if (opcode == CommandOpcode.TLBI_S2_IPA) {
      address &= IPA_MASK;
    }
    boolean leafOnly = command.isSet(CommandField.LEAF);
    int tg = command.getInt(CommandField.TG);
    if (tg == TG_NONE) {
      range.page(address, leafOnly);
      return true;
    }
    int ttl = command.getInt(CommandField.TTL);
    // A block of level 1 needs DS with this granule.
    int level = tg == TG_16K && ttl == 1 ? 0 : ttl;
    int num = command.getInt(CommandField.NUM);
    int scale = command.getInt(CommandField.SCALE);
    if (!ranges || (num == 0 && scale == 0 && level == 0)) {
      return false;
    }
    int granuleLog2 = 2 * tg + 10;
    range.range(address, (num + 1L) << scale << granuleLog2, granuleLog2, level, leafOnly);
    return true;
  }

  /** CR0.VMW: how many low bits of a VMID do not count. */
  private int vmidMask() {
    return TranslationCaches.EXACT_VMID << registers.ignoredVmidBits()
        & TranslationCaches.EXACT_VMID;
  }

  private boolean isE2h() {
    return Cr2.E2H.isSet(registers.get(SmmuRegister.CR2));
  }
}
