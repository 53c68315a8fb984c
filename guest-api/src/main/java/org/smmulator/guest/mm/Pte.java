package org.smmulator.guest.mm;

import org.smmulator.arch.vmsa.Descriptor;

/**
 * What the kernel puts into a level 3 entry. A page that nobody may access (PROT_NONE) keeps frame
 * and bits in an invalid descriptor that bit 58 marks, as Linux has it on arm64: it must neither
 * translate, for privileged accesses either, nor be forgotten.
 */
final class Pte {
  static final long EMPTY = 0;

  /** In an invalid descriptor: a page is here all the same. */
  private static final long PRESENT_INVALID = 1L << 58;

  private static final long VALID_PAGE = Descriptor.VALID | Descriptor.TABLE_OR_PAGE;

  private Pte() {}

  /** A page in normal write-back memory (AttrIndx 0), accessed already. */
  static long page(long pa, Prot prot, boolean writable) {
    return pa
        | Descriptor.AP_UNPRIVILEGED
        | Descriptor.SH_INNER
        | Descriptor.AF
        | Descriptor.NG
        | Descriptor.PXN
        | (prot.read() ? VALID_PAGE : PRESENT_INVALID)
        | (prot.exec() ? 0 : Descriptor.UXN)
        | (writable ? 0 : Descriptor.AP_READ_ONLY);
  }

  /** The same page with other permissions, as young as before. */
  static long withProt(long pte, Prot prot, boolean writable) {
    return page(Descriptor.address(pte), prot, writable) & (pte | ~Descriptor.AF);
  }

  static boolean isPresent(long pte) {
    return Descriptor.isPage(pte)
        || (pte & (Descriptor.VALID | PRESENT_INVALID)) == PRESENT_INVALID;
  }

  static boolean isReadOnly(long pte) {
    return (pte & Descriptor.AP_READ_ONLY) != 0;
  }

  static boolean isYoung(long pte) {
    return (pte & Descriptor.AF) != 0;
  }

  /** Whether an unprivileged data access goes through. */
  static boolean permits(long pte, boolean write) {
    return Descriptor.isPage(pte)
        && isYoung(pte)
        && (pte & Descriptor.AP_UNPRIVILEGED) != 0
        && !(write && isReadOnly(pte));
  }
}
